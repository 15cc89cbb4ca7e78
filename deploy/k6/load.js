// A load profile of soak/scenarios by k6, for load past one machine (k6's cloud, its operator, or several hosts).
//
//     k6 run -e BASE=http://127.0.0.1:8000 -e PROFILE=light -e SCALE=0.1 deploy/k6/load.js
//
// scenarios.json holds the profiles as they stand in soak/scenarios; a test keeps the two alike. BEARER_TOKEN is sent where it is
// set. k6 ends with 99 when a threshold of the profile is broken.

import http from "k6/http";
import { check, sleep } from "k6";
import { Rate, Trend } from "k6/metrics";

const SCENARIOS = JSON.parse(open("./scenarios.json"));
const PROFILE = __ENV.PROFILE || "light";
const SCALE = Number(__ENV.SCALE || "1");
const BASE = (__ENV.BASE || "http://127.0.0.1:8000").replace(/\/$/, "");
const SCENARIO = SCENARIOS[PROFILE];
if (!SCENARIO) {
  throw new Error(`PROFILE is ${PROFILE}; legal: ${Object.keys(SCENARIOS).join(", ")}`);
}
if (!(SCALE > 0 && SCALE <= 1)) {
  throw new Error(`SCALE is ${SCALE}; legal: above 0, at most 1`);
}
const JOBS = Object.assign(
  {
    segments: [1, 3],
    fresh: 0.5,
    repeated_texts: 16,
    model: null,
    poll: "100ms",
    patience: "30s",
    deadline: "60s",
    ranges: 2,
    regenerate: 0,
    delete: 0,
    library: 4,
  },
  SCENARIO.workload.jobs || {},
);

export function seconds(text) {
  const units = { ms: 0.001, s: 1, m: 60, h: 3600 };
  return [...text.matchAll(/([0-9.]+)(ms|h|m|s)/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0);
}

const THINK = (SCENARIO.think || ["0ms", "0ms"]).map(seconds);
const POLL = seconds(JOBS.poll);
const PATIENCE = seconds(JOBS.patience);
const DEADLINE = seconds(JOBS.deadline);

// k6 counts every 4xx as failed; here 429 and 202 are outcomes of their own.
const failed = new Rate("failed");
const rateLimited = new Rate("rate_limited");
const checked = new Rate("checks_held");
const submitToReady = new Trend("submit_to_ready", true);
const readyToMerged = new Trend("ready_to_merged", true);
const overview = new Trend("overview", true);

/// The profile's thresholds in k6's terms.
export function thresholds(lines) {
  const form =
    /^(http_req_duration|trend|checks|failed|rate_limited)(?:\{(?:(step|route):)?([^}]+)\})?:?\s*(p\([0-9.]+\)|avg|max)?\s*(<=|>=|<|>)\s*([0-9.]+)\s*(ms|s|m|%)$/;
  const found = {};
  for (const line of lines) {
    const parts = line.match(form);
    if (!parts) {
      throw new Error(`threshold ${line} is not understood here`);
    }
    const [, metric, label, of, how, compare, bound, unit] = parts;
    const value = unit === "%" ? Number(bound) / 100 : Number(bound) * { ms: 1, s: 1000, m: 60000 }[unit];
    let name = { checks: "checks_held", trend: of }[metric] || metric;
    // Several requests at once are no step of k6's, so their time is one of our own.
    if (metric === "http_req_duration" && of === "overview") {
      found.overview = [...(found.overview || []), `${how}${compare}${value}`];
      continue;
    }
    if (metric === "checks" && of) {
      name += `{check:${of}}`;
    } else if (metric !== "trend" && of) {
      name += `{${label || "step"}:${of}}`;
    }
    const aggregate = ["http_req_duration", "trend"].includes(metric) ? how : "rate";
    (found[name] = found[name] || []).push(`${aggregate}${compare}${value}`);
  }
  return found;
}

function stages() {
  return SCENARIO.stages.map((stage) => ({
    duration: `${Math.round(seconds(stage.lasts) * SCALE * 1000)}ms`,
    target: stage.to,
  }));
}

export const options = {
  scenarios: {
    [PROFILE]:
      SCENARIO.model === "open"
        ? {
            executor: "ramping-arrival-rate",
            startRate: SCENARIO.start,
            stages: stages(),
            preAllocatedVUs: SCENARIO.users || 100,
          }
        : {
            executor: "ramping-vus",
            startVUs: SCENARIO.start,
            stages: stages(),
            gracefulStop: SCENARIO.graceful || "30s",
          },
  },
  thresholds: thresholds(SCENARIO.thresholds),
  summaryTrendStats: ["count", "avg", "p(50)", "p(95)", "p(99)", "max"],
};

const HEADERS = __ENV.BEARER_TOKEN ? { Authorization: `Bearer ${__ENV.BEARER_TOKEN}` } : {};

function ask(step, method, path, body = null, headers = {}, responseType = "text") {
  const answer = http.request(method, BASE + path, body, {
    headers: Object.assign({}, HEADERS, headers),
    tags: { step, name: step },
    responseType,
    responseCallback: http.expectedStatuses({ min: 200, max: 399 }, 429),
  });
  failed.add(answer.status === 0 || (answer.status >= 400 && answer.status !== 429), { step });
  rateLimited.add(answer.status === 429, { step });
  return answer;
}

function held(name, passed) {
  checked.add(passed, { check: name });
  check(null, { [name]: () => passed });
}

function between(least, most) {
  return least + Math.random() * (most - least);
}

function below(n) {
  return Math.floor(Math.random() * n);
}

function oneOf(list) {
  return list[below(list.length)];
}

const WORDS = "amber anchor barley beacon bridge candle canyon cedar clover cobalt copper coral delta ember falcon".split(" ");

function textOf(number, segments) {
  let state = number >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  const sentences = [];
  for (let n = 0; n < segments; n++) {
    let sentence = n === 0 ? `Take ${number}` : "Then";
    while (sentence.length < 200) {
      sentence += ` ${WORDS[next() % WORDS.length]}`;
    }
    sentences.push(`${sentence}.`);
  }
  return sentences.join(" ");
}

function submit(step = "submit", path = "/v1/tts/jobs") {
  const fresh = Math.random() < JOBS.fresh;
  const [least, most] = JOBS.segments;
  const number = fresh ? JOBS.repeated_texts + below(4294967295 - JOBS.repeated_texts) : below(JOBS.repeated_texts);
  const body = { text: textOf(number, fresh ? least + below(most - least + 1) : least) };
  if (JOBS.model) {
    body.model = JOBS.model;
  }
  const begun = Date.now();
  for (;;) {
    const sent = Date.now();
    const answer = ask(step, "POST", path, JSON.stringify(body), { "Content-Type": "application/json" });
    if (answer.status !== 429) {
      if (answer.status === 200) {
        held("accepted", true);
        return { id: answer.json("job_id"), sent };
      }
      return null;
    }
    const asked = answer.headers["Retry-After"];
    held("retry_after", asked !== undefined);
    const wait = Number(asked || 1) * between(1, 1.25);
    if ((Date.now() - begun) / 1000 + wait > PATIENCE) {
      held("accepted", false);
      return null;
    }
    sleep(wait);
  }
}

function untilReady(accepted) {
  while (accepted && (Date.now() - accepted.sent) / 1000 < DEADLINE) {
    const answer = ask("poll", "GET", `/v1/tts/jobs/${accepted.id}`);
    if (answer.status === 200) {
      const manifest = answer.json("manifest");
      if (["complete", "complete_with_errors", "error", "canceled"].includes(manifest.status)) {
        held("job_complete", manifest.status === "complete");
        const ready = manifest.segments.filter((one) => one.status === "ready");
        if (ready.length === 0) {
          return null;
        }
        submitToReady.add(Date.now() - accepted.sent);
        return { id: accepted.id, segments: ready.map((one) => [one.segment_id, one.size_bytes]) };
      }
    } else if (answer.status >= 400 && answer.status !== 429) {
      break;
    }
    sleep(POLL);
  }
  if (accepted) {
    held("job_complete", false);
  }
  return null;
}

function startsAsAudio(body) {
  const bytes = new Uint8Array(body).subarray(0, 4);
  return String.fromCharCode(...bytes) === "OggS";
}

function range(job) {
  const [segment, size] = oneOf(job.segments);
  const first = below(size);
  const last = first + below(size - first);
  const headers = { Range: `bytes=${first}-${last}` };
  const answer = ask("range", "GET", `/v1/tts/jobs/${job.id}/segments/${segment}`, null, headers, "binary");
  if (answer.status < 300) {
    const said = answer.headers["Content-Range"];
    held("range", said === `bytes ${first}-${last}/${size}` && answer.body.byteLength === last - first + 1);
  }
}

function playlist(job) {
  const answer = ask("playlist", "GET", `/v1/tts/jobs/${job.id}/playlist.json`);
  if (answer.status === 200) {
    held("playlist", answer.json("playlist").filter((entry) => entry.ready).length === job.segments.length);
  }
}

function merged(job) {
  const begun = Date.now();
  for (;;) {
    const answer = ask("merged", "GET", `/v1/tts/jobs/${job.id}/audio.ogg`, null, {}, "binary");
    if (answer.status === 202 && (Date.now() - begun) / 1000 < PATIENCE) {
      sleep(Number(answer.headers["Retry-After"] || 1));
      continue;
    }
    if (answer.status === 200) {
      held("audio", startsAsAudio(answer.body));
    }
    return answer.status === 200;
  }
}

function hear(job) {
  playlist(job);
  for (let n = 0; n < JOBS.ranges; n++) {
    range(job);
  }
}

function take(job) {
  const ready = Date.now();
  if (merged(job)) {
    readyToMerged.add(Date.now() - ready);
  }
  hear(job);
}

// Jobs of this user that are still there.
let own = [];

function remember(job) {
  if (job) {
    own = [...own.slice(-15), job];
  }
}

function regenerate(job) {
  const sent = Date.now();
  const answer = ask("regenerate", "POST", `/v1/tts/jobs/${job.id}/regenerate`);
  return answer.status === 200 ? untilReady({ id: answer.json("job_id"), sent }) : null;
}

// Actions that a profile may mark as optional, with the route that a server may lack.
const OPTIONAL = { openapi: "/openapi.json" };

const get = (step, path) => () => ask(step, "GET", path);

const ACTIONS = {
  health: get("health", "/health"),
  ready: get("ready", "/ready"),
  status: get("status", "/v1/admin/status"),
  list: get("list", "/v1/tts/jobs"),
  metrics: get("metrics", "/metrics"),
  flat_metrics: get("flat_metrics", "/v1/metrics"),
  openapi: get("openapi", OPTIONAL.openapi),
  job: (library) => ask("job", "GET", `/v1/tts/jobs/${oneOf(library).id}`),
  playlist: (library) => playlist(oneOf(library)),
  range: (library) => range(oneOf(library)),
  merged: (library) => merged(oneOf(library)),
  segment: (library) => {
    const job = oneOf(library);
    const [segment, size] = oneOf(job.segments);
    const answer = ask("segment", "GET", `/v1/tts/jobs/${job.id}/segments/${segment}`, null, {}, "binary");
    if (answer.status === 200) {
      held("audio", startsAsAudio(answer.body) && answer.body.byteLength === size);
    }
  },
  overview: (library) => {
    const job = oneOf(library);
    const paths = {
      status: "/v1/admin/status",
      list: "/v1/tts/jobs",
      job: `/v1/tts/jobs/${job.id}`,
      playlist: `/v1/tts/jobs/${job.id}/playlist.json`,
    };
    const requests = Object.entries(paths).map(([step, path]) => [
      "GET",
      BASE + path,
      null,
      { headers: HEADERS, tags: { step, name: step } },
    ]);
    const begun = Date.now();
    const answers = http.batch(requests);
    overview.add(Date.now() - begun);
    for (const answer of answers) {
      failed.add(answer.status === 0 || (answer.status >= 400 && answer.status !== 429));
      rateLimited.add(answer.status === 429);
    }
  },
  query: (library) => oneOf([ACTIONS.list, ACTIONS.status, ACTIONS.playlist, ACTIONS.job])(library),
  listen: (library) => {
    const job = oneOf(library);
    hear(job);
    merged(job);
  },
  submit: () => remember(untilReady(submit())),
  reader: () => remember(untilReady(submit("reader", "/v1/reader/synthesize"))),
  create: () => {
    let job = untilReady(submit());
    if (!job) {
      return;
    }
    take(job);
    if (Math.random() < JOBS.regenerate) {
      job = regenerate(job) || job;
      take(job);
    }
    if (Math.random() < JOBS.delete) {
      ask("delete", "DELETE", `/v1/tts/jobs/${job.id}`);
    } else {
      remember(job);
    }
  },
  cancel: () => {
    const accepted = submit();
    if (accepted) {
      ask("cancel", "POST", `/v1/tts/jobs/${accepted.id}/cancel`);
    }
  },
  regenerate: (library) => remember(regenerate(oneOf(library))),
  delete: () => {
    const job = own.length > 0 ? own.pop() : untilReady(submit());
    if (job) {
      ask("delete", "DELETE", `/v1/tts/jobs/${job.id}`);
    }
  },
};

const DEALT = SCENARIO.workload.mix.flatMap(({ action, weight }) => Array(weight).fill(action));
for (const action of DEALT) {
  if (!ACTIONS[action]) {
    throw new Error(`action ${action} is not known here`);
  }
}
const IN_TURN = SCENARIO.workload.order === "in_turn";

export function setup() {
  const library = [];
  while (library.length < JOBS.library) {
    const job = untilReady(submit());
    if (!job) {
      throw new Error("a job of the library did not become ready");
    }
    library.push(job);
  }
  const optional = SCENARIO.workload.mix.filter((share) => share.optional).map(({ action }) => action);
  const missing = optional.filter(
    (action) => http.get(BASE + OPTIONAL[action], { headers: HEADERS }).status === 404,
  );
  return { library, dealt: DEALT.filter((action) => !missing.includes(action)) };
}

export default function ({ library, dealt }) {
  const action = IN_TURN ? dealt[(__VU + __ITER) % dealt.length] : oneOf(dealt);
  ACTIONS[action](library);
  sleep(between(...THINK));
}
