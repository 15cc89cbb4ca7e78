"""A load profile of soak/scenarios by Locust, which spreads over as many machines as a load needs.

    PROFILE=light SCALE=0.1 locust --headless --host http://127.0.0.1:8000 --locustfile deploy/locust/locustfile.py

`make locust` runs it beside `soak load` and holds the two to each other. OUT names a file for the result as JSON;
BEARER_TOKEN is sent where it is set. The exit code is 1 when a threshold of the profile is broken or nothing was asked.
"""

import json
import os
import random
import statistics
import time
from collections import Counter, defaultdict

import gevent
from locust import FastHttpUser, LoadTestShape, events, task

from scenario import from_environment, seconds

SCENARIO = from_environment()
JOBS = SCENARIO.jobs
POLL, PATIENCE, DEADLINE = (seconds(JOBS[name]) for name in ("poll", "patience", "deadline"))
WORDS = "amber anchor barley beacon bridge candle canyon cedar clover cobalt copper coral delta ember falcon".split()
ENDED = {"complete", "complete_with_errors", "error", "canceled"}
RANDOM = random.Random(20_260_101)

# What was seen, by step; samples are bounded by what a run of this length can ask.
OUTCOMES = defaultdict(Counter)
TIMES = defaultdict(list)
TRENDS = defaultdict(list)
CHECKS = defaultdict(Counter)
# How long all requests of a home page took; it is no step of one request.
OVERVIEW = []
LIBRARY = []


def outcome_of(status):
    if status == 0:
        return "broken"
    if status in (202, 429):
        return {202: "accepted", 429: "rate_limited"}[status]
    if status >= 500:
        return "server_error"
    return "refused" if status >= 400 else "ok"


def check(name, passed):
    CHECKS[name]["passed" if passed else "failed"] += 1


def text_of(number, segments):
    words = random.Random(number)
    sentences = []
    for sentence in range(segments):
        begin = f"Take {number}" if sentence == 0 else "Then"
        while len(begin) < 200:
            begin += " " + words.choice(WORDS)
        sentences.append(begin + ".")
    return " ".join(sentences)


class ApiUser(FastHttpUser):
    """One user: an action by its weight, a pause, and again."""

    def wait_time(self):
        return RANDOM.uniform(*SCENARIO.think)

    def on_start(self):
        self.headers = {}
        if os.environ.get("BEARER_TOKEN"):
            self.headers["Authorization"] = "Bearer " + os.environ["BEARER_TOKEN"]
        self.turn = RANDOM.randrange(1_000)
        self.own = []

    @task
    def act(self):
        if SCENARIO.in_turn:
            actions = [action for action, weight in SCENARIO.mix for _ in range(weight)]
            action = actions[self.turn % len(actions)]
            self.turn += 1
        else:
            actions, weights = zip(*SCENARIO.mix)
            action = RANDOM.choices(actions, weights)[0]
        getattr(self, "do_" + action)()

    def ask(self, step, method, path, **more):
        headers = self.headers | more.pop("headers", {})
        begun = time.perf_counter()
        with self.client.request(
            method, path, name=step, headers=headers, catch_response=True, **more
        ) as answer:
            content = answer.content
            took = time.perf_counter() - begun
            outcome = outcome_of(answer.status_code)
            OUTCOMES[step][outcome] += 1
            if outcome in ("ok", "accepted"):
                TIMES[step].append(took * 1000)
            # 429 and 202 are outcomes of their own, and no failures.
            if outcome in ("ok", "accepted", "rate_limited"):
                answer.success()
            return answer, content

    def job(self):
        return RANDOM.choice(LIBRARY)

    # Single looks.

    def do_health(self):
        self.ask("health", "GET", "/health")

    def do_ready(self):
        self.ask("ready", "GET", "/ready")

    def do_status(self):
        self.ask("status", "GET", "/v1/admin/status")

    def do_list(self):
        self.ask("list", "GET", "/v1/tts/jobs")

    def do_metrics(self):
        self.ask("metrics", "GET", "/metrics")

    def do_flat_metrics(self):
        self.ask("flat_metrics", "GET", "/v1/metrics")

    def do_openapi(self):
        self.ask("openapi", "GET", "/openapi.json")

    def do_job(self, job=None):
        self.ask("job", "GET", f"/v1/tts/jobs/{(job or self.job())['id']}")

    def do_playlist(self, job=None):
        job = job or self.job()
        answer, content = self.ask("playlist", "GET", f"/v1/tts/jobs/{job['id']}/playlist.json")
        if answer.status_code == 200:
            ready = [entry for entry in json.loads(content)["playlist"] if entry["ready"]]
            check("playlist", len(ready) == len(job["segments"]))

    def do_segment(self):
        job = self.job()
        segment, size = RANDOM.choice(job["segments"])
        answer, content = self.ask("segment", "GET", f"/v1/tts/jobs/{job['id']}/segments/{segment}")
        if answer.status_code == 200:
            check("audio", content[:4] == b"OggS" and len(content) == size)

    def do_range(self, job=None):
        job = job or self.job()
        segment, size = RANDOM.choice(job["segments"])
        first = RANDOM.randrange(size)
        last = RANDOM.randrange(first, size)
        answer, content = self.ask(
            "range",
            "GET",
            f"/v1/tts/jobs/{job['id']}/segments/{segment}",
            headers={"Range": f"bytes={first}-{last}"},
        )
        if answer.status_code < 300:
            said = answer.headers.get("Content-Range")
            check("range", said == f"bytes {first}-{last}/{size}" and len(content) == last - first + 1)

    def do_merged(self, job=None):
        job = job or self.job()
        begun = time.perf_counter()
        while True:
            answer, content = self.ask("merged", "GET", f"/v1/tts/jobs/{job['id']}/audio.ogg")
            if answer.status_code != 202 or time.perf_counter() - begun > PATIENCE:
                break
            gevent.sleep(float(answer.headers.get("Retry-After", 1)))
        if answer.status_code == 200:
            check("audio", content[:4] == b"OggS")
            return True
        return False

    # Several.

    def do_overview(self):
        job = self.job()
        parts = [
            gevent.spawn(self.do_status),
            gevent.spawn(self.do_list),
            gevent.spawn(self.do_job, job),
            gevent.spawn(self.do_playlist, job),
        ]
        begun = time.perf_counter()
        gevent.joinall(parts)
        OVERVIEW.append((time.perf_counter() - begun) * 1000)

    def do_query(self):
        RANDOM.choice([self.do_list, self.do_status, self.do_playlist, self.do_job])()

    def hear(self, job):
        self.do_playlist(job)
        for _ in range(JOBS["ranges"]):
            self.do_range(job)

    def do_listen(self):
        job = self.job()
        self.hear(job)
        self.do_merged(job)

    # Jobs.

    def body(self):
        fresh = RANDOM.random() < JOBS["fresh"]
        number = RANDOM.getrandbits(63) if fresh else RANDOM.randrange(JOBS["repeated_texts"])
        body = {"text": text_of(number, RANDOM.randint(*JOBS["segments"]) if fresh else JOBS["segments"][0])}
        return body | ({"model": JOBS["model"]} if JOBS["model"] else {})

    def submit(self, step="submit", path="/v1/tts/jobs"):
        body, begun = self.body(), time.perf_counter()
        while True:
            sent = time.perf_counter()
            answer, content = self.ask(step, "POST", path, json=body)
            if answer.status_code != 429:
                break
            check("retry_after", "Retry-After" in answer.headers)
            wait = float(answer.headers.get("Retry-After", 1)) * RANDOM.uniform(1, 1.25)
            if time.perf_counter() - begun + wait > PATIENCE:
                check("accepted", False)
                return None
            gevent.sleep(wait)
        if answer.status_code != 200:
            return None
        check("accepted", True)
        return json.loads(content)["job_id"], sent

    def until_ready(self, accepted):
        job_id, sent = accepted
        while time.perf_counter() - sent < DEADLINE:
            answer, content = self.ask("poll", "GET", f"/v1/tts/jobs/{job_id}")
            if answer.status_code == 200:
                manifest = json.loads(content)["manifest"]
                if manifest["status"] in ENDED:
                    check("job_complete", manifest["status"] == "complete")
                    ready = [one for one in manifest["segments"] if one["status"] == "ready"]
                    if not ready:
                        return None
                    TRENDS["submit_to_ready"].append((time.perf_counter() - sent) * 1000)
                    return {"id": job_id, "segments": [(one["segment_id"], one["size_bytes"]) for one in ready]}
            elif answer.status_code >= 400 and answer.status_code != 429:
                break
            gevent.sleep(POLL)
        check("job_complete", False)
        return None

    def produce(self, step="submit", path="/v1/tts/jobs"):
        accepted = self.submit(step, path)
        return accepted and self.until_ready(accepted)

    def remember(self, job):
        if job:
            self.own = [*self.own[-15:], job]

    def do_submit(self):
        self.remember(self.produce())

    def do_reader(self):
        self.remember(self.produce("reader", "/v1/reader/synthesize"))

    def take(self, job):
        ready = time.perf_counter()
        if self.do_merged(job):
            TRENDS["ready_to_merged"].append((time.perf_counter() - ready) * 1000)
        self.hear(job)

    def regenerate(self, job):
        sent = time.perf_counter()
        answer, content = self.ask("regenerate", "POST", f"/v1/tts/jobs/{job['id']}/regenerate")
        if answer.status_code != 200:
            return None
        return self.until_ready((json.loads(content)["job_id"], sent))

    def delete(self, job):
        self.ask("delete", "DELETE", f"/v1/tts/jobs/{job['id']}")

    def do_create(self):
        job = self.produce()
        if not job:
            return
        self.take(job)
        if RANDOM.random() < JOBS["regenerate"]:
            job = self.regenerate(job) or job
            self.take(job)
        if RANDOM.random() < JOBS["delete"]:
            self.delete(job)
        else:
            self.remember(job)

    def do_cancel(self):
        accepted = self.submit()
        if accepted:
            self.ask("cancel", "POST", f"/v1/tts/jobs/{accepted[0]}/cancel")

    def do_regenerate(self):
        self.remember(self.regenerate(self.job()))

    def do_delete(self):
        job = self.own.pop() if self.own else self.produce()
        if job:
            self.delete(job)


class Shape(LoadTestShape):
    """The stages of the profile."""

    use_common_options = False

    def tick(self):
        users = SCENARIO.users_at(self.get_run_time())
        return None if users is None else (max(round(users), 0), 1_000)


class Maker(ApiUser):
    """Makes the jobs that are there before the load begins; never a user of the load itself."""

    abstract = True


@events.test_start.add_listener
def make_library(environment, **_):
    Maker.host = environment.host
    maker = Maker(environment)
    maker.on_start()
    while len(LIBRARY) < JOBS["library"]:
        job = maker.produce()
        if not job:
            raise SystemExit("a job of the library did not become ready")
        LIBRARY.append(job)
    for action in SCENARIO.optional:
        getattr(maker, "do_" + action)()
        if OUTCOMES[action]["refused"]:
            print(f"{action} is left out: the server does not have it")
            SCENARIO.mix = [(name, weight) for name, weight in SCENARIO.mix if name != action]
    for seen in (OUTCOMES, TIMES, TRENDS, CHECKS, OVERVIEW):
        seen.clear()
    environment.stats.reset_all()


def quantile(values, share):
    """The value that this share of them does not exceed, as an HdrHistogram counts."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))
    return ordered[int(rank) - 1]


def measured(threshold):
    """The value that a threshold is about; None where it never occurred."""
    if threshold.metric in ("http_req_duration", "trend"):
        if threshold.metric == "trend":
            values = TRENDS.get(threshold.of, [])
        elif threshold.of is None:
            values = [took for step in TIMES.values() for took in step]
        elif threshold.label == "step":
            values = OVERVIEW if threshold.of == "overview" else TIMES.get(threshold.of, [])
        else:
            raise SystemExit(f"threshold {threshold.text!r}: routes are not told apart here, use a step")
        if not values:
            return None
        if threshold.quantile is not None:
            return quantile(values, threshold.quantile)
        return max(values) if threshold.how == "max" else statistics.fmean(values)
    if threshold.metric == "checks":
        counts = [seen for name, seen in CHECKS.items() if threshold.of in (None, name)]
        all_of_them = sum(seen.total() for seen in counts)
        return sum(seen["passed"] for seen in counts) / all_of_them if all_of_them else None
    counts = [seen for step, seen in OUTCOMES.items() if threshold.of in (None, step)]
    all_of_them = sum(seen.total() for seen in counts)
    which = ["rate_limited"] if threshold.metric == "rate_limited" else ["refused", "server_error", "broken"]
    return sum(seen[name] for seen in counts for name in which) / all_of_them if all_of_them else None


@events.quitting.add_listener
def conclude(environment, **_):
    judged = []
    for threshold in SCENARIO.thresholds:
        value = measured(threshold)
        judged.append({"threshold": threshold.text, "value": value, "held": value is not None and threshold.holds(value)})
    steps = {}
    for step, outcomes in sorted(OUTCOMES.items()):
        times = TIMES.get(step)
        steps[step] = {
            "requests": outcomes.total(),
            "outcomes": dict(outcomes),
            "times": times
            and {
                "p50_ms": quantile(times, 0.5),
                "p95_ms": quantile(times, 0.95),
                "p99_ms": quantile(times, 0.99),
                "max_ms": max(times),
            },
        }
    result = {
        "profile": SCENARIO.name,
        "lasts_s": SCENARIO.lasts(),
        "steps": steps,
        "checks": {name: dict(seen) for name, seen in sorted(CHECKS.items())},
        "thresholds": judged,
    }
    if os.environ.get("OUT"):
        with open(os.environ["OUT"], "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
    for one in judged:
        print(f"{'held  ' if one['held'] else 'BROKEN'} {one['threshold']}: {one['value']}")
    held = steps and all(one["held"] for one in judged)
    environment.process_exit_code = 0 if held else 1
