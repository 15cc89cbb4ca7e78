"""The load profiles of soak/scenarios, read as they are, so that Locust and `soak load` do the same."""

import os
import re
import tomllib
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parents[2] / "soak" / "scenarios"
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

JOBS = {
    "segments": [1, 3],
    "fresh": 0.5,
    "repeated_texts": 16,
    "model": None,
    "poll": "100ms",
    "patience": "30s",
    "deadline": "60s",
    "ranges": 2,
    "regenerate": 0.0,
    "delete": 0.0,
    "library": 4,
}


def seconds(text):
    """`2m30s` in seconds."""
    parts = re.findall(r"([0-9.]+)\s*(ms|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        raise ValueError(f"{text!r} is no time; legal: as in 500ms, 10s, 2m")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


class Scenario:
    """One profile, with its times multiplied by `scale`."""

    def __init__(self, profile, scale=1.0):
        path = Path(profile) if profile.endswith(".toml") else SCENARIOS / f"{profile}.toml"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in SCENARIOS.glob("*.toml")))
            raise SystemExit(f"{path}: there is no such profile; legal: {known}, or a path")
        file = tomllib.loads(path.read_text(encoding="utf-8"))
        if file.get("model", "closed") != "closed":
            raise SystemExit(f"{path}: model is {file['model']}; Locust has users who wait for answers: closed")
        self.name = file["name"]
        self.start = file["start"]
        self.stages = [(seconds(stage["lasts"]) * scale, stage["to"]) for stage in file["stages"]]
        self.think = [seconds(pause) for pause in file.get("think", ["0ms", "0ms"])]
        self.graceful = seconds(file.get("graceful", "30s"))
        self.thresholds = [Threshold(text) for text in file["thresholds"]]
        self.server = file.get("server", {})
        self.faults = file.get("faults", [])
        self.mix = [(share["action"], share["weight"]) for share in file["workload"]["mix"]]
        self.optional = [share["action"] for share in file["workload"]["mix"] if share.get("optional")]
        self.in_turn = file["workload"].get("order", "random") == "in_turn"
        self.jobs = JOBS | file["workload"].get("jobs", {})

    def lasts(self):
        return sum(lasts for lasts, _ in self.stages)

    def users_at(self, time):
        """How many users there are; None when it is over."""
        users = self.start
        for lasts, to in self.stages:
            if time < lasts:
                return users + (to - users) * time / lasts
            time -= lasts
            users = to
        return None

    def server_args(self):
        names = ("max_active_jobs", "retain_jobs", "cache_bytes", "workers", "voice_cost")
        args = [f"--{name.replace('_', '-')}={self.server[name]}" for name in names if name in self.server]
        return args + [word for fault in self.faults for word in ("--fault", fault)]


class Threshold:
    """`METRIC[{label:value}]: [p(95)]<900ms`, as load-engine reads it."""

    FORM = re.compile(
        r"^(?P<metric>http_req_duration|trend|checks|failed|rate_limited)"
        r"(?:\{(?:(?P<label>step|route):)?(?P<of>[^}]+)\})?:?\s*"
        r"(?:(?P<how>p\((?P<quantile>[0-9.]+)\)|avg|max)\s*)?(?P<compare><=|>=|<|>)\s*(?P<bound>[0-9.]+)\s*(?P<unit>ms|s|m|%)$"
    )

    def __init__(self, text):
        found = self.FORM.match(text)
        if not found:
            raise SystemExit(f"threshold {text!r} is not understood here")
        self.text = text
        self.metric, self.of, self.how = found["metric"], found["of"], found["how"]
        self.label = found["label"]
        self.quantile = float(found["quantile"]) / 100 if found["quantile"] else None
        self.compare = found["compare"]
        unit = found["unit"]
        self.bound = float(found["bound"]) * (0.01 if unit == "%" else 1000 * UNITS[unit])

    def holds(self, value):
        return {"<": value < self.bound, "<=": value <= self.bound, ">": value > self.bound, ">=": value >= self.bound}[
            self.compare
        ]


def from_environment():
    scale = float(os.environ.get("SCALE", "1"))
    if not 0 < scale <= 1:
        raise SystemExit(f"SCALE is {scale}; legal: above 0, at most 1")
    return Scenario(os.environ.get("PROFILE", "light"), scale)
