"""Runs one profile by `soak load` and by Locust, each against a fresh reference server, and holds the two to each other.

    python3 deploy/locust/compare.py --bin target/release --locust VENV/bin/locust --profile light --scale 0.25 --out DIR

What has to agree: the steps that occurred; how they ended (nothing failed in one that did not in the other); how many requests each
made, to within a quarter (users of a closed load who pause equally long ask equally often); and the median of each step, to within
a factor of four and 10 ms, for an interpreter of its own takes its time. Exit codes: 0 they agree, 1 they do not, 3 `soak load`
does not trust its figures, 4 one could not be run.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from scenario import Scenario

FACTOR = 4.0
ROOM_MS = 10.0
SHARE = 0.25
# Below this many requests chance alone moves a count by a quarter.
ENOUGH = 60


class Server:
    """A reference server on a free port, with what the profile needs."""

    def __init__(self, program, scenario):
        words = [program, "serve", "--listen", "127.0.0.1:0", *scenario.server_args()]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        for line in self.process.stdout:
            if line.startswith("listening on "):
                return line.removeprefix("listening on ").strip()
        raise SystemExit("the server did not come up")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def could_not(why):
    print(f"error: {why}", file=sys.stderr)
    sys.exit(4)


def by_soak(args, scenario, out):
    with Server(args.bin / "mock-server", scenario) as base:
        # The server is as the profile needs it, and started by us; a target profile would only say so once more.
        words = [args.bin / "soak", "load", args.profile, "--scale", str(args.scale), "--out-json", out]
        # Medians are held to each other by a factor of four: a lag of some milliseconds decides nothing.
        words += ["--max-send-lag", "100ms"]
        target = args.out / "target.toml"
        if scenario.server.get("max_active_jobs"):
            reference = Path(__file__).resolve().parents[2] / "golden" / "targets" / "reference.toml"
            limit = scenario.server["max_active_jobs"]
            lines = reference.read_text(encoding="utf-8").splitlines()
            lines = [f"max_active_jobs = {limit}" if line.startswith("max_active_jobs") else line for line in lines]
            target.write_text("\n".join(lines) + "\n", encoding="utf-8")
            words += ["--target", target]
        code = subprocess.run([*words, "--api-base", base], stdout=subprocess.DEVNULL, timeout=args.within).returncode
    if code == 3:
        print("soak load does not trust its own figures on this machine now: nothing is compared", file=sys.stderr)
        sys.exit(3)
    if code not in (0, 1):
        could_not(f"soak load ended with {code}")
    return json.loads(out.read_text(encoding="utf-8")), code


def by_locust(args, scenario, out):
    locustfile = Path(__file__).with_name("locustfile.py")
    with Server(args.bin / "mock-server", scenario) as base:
        around = os.environ | {"PROFILE": args.profile, "SCALE": str(args.scale), "OUT": str(out)}
        words = [args.locust, "--headless", "--host", base, "--locustfile", locustfile, "--stop-timeout", "60"]
        words += ["--loglevel", "WARNING", "--only-summary"]
        code = subprocess.run(words, env=around, timeout=args.within).returncode
    if code not in (0, 1) or not out.is_file():
        could_not(f"locust ended with {code}")
    return json.loads(out.read_text(encoding="utf-8")), code


def differences(soak, locust):
    steps = {
        step["step"]: step for step in soak["steps"] if step["requests"] and not step["composite"]
    }
    if not steps or not locust["steps"]:
        yield "one of them asked nothing at all"
        return
    print(f"{'step':<14} {'soak':>8} {'locust':>8} {'p50 soak':>10} {'p50 locust':>11}")
    for name in sorted(steps.keys() | locust["steps"].keys()):
        if name not in steps or name not in locust["steps"]:
            yield f"{name} occurred in {'soak' if name in steps else 'locust'} alone"
            continue
        ours, theirs = steps[name], locust["steps"][name]
        failed = {"refused", "server_error", "timed_out", "broken"}
        their_failed = sum(count for outcome, count in theirs["outcomes"].items() if outcome in failed)
        if (ours["failed"] > 0) != (their_failed > 0):
            yield f"{name}: {ours['failed']} requests failed by soak, {their_failed} by locust"
        most = max(ours["requests"], theirs["requests"])
        if most >= ENOUGH and abs(ours["requests"] - theirs["requests"]) > SHARE * most:
            yield f"{name}: {ours['requests']} requests by soak, {theirs['requests']} by locust"
        if not ours["response"] or not theirs["times"]:
            continue
        p50, their_p50 = ours["response"]["p50_ms"], theirs["times"]["p50_ms"]
        print(f"{name:<14} {ours['requests']:>8} {theirs['requests']:>8} {p50:>7.1f} ms {their_p50:>8.1f} ms")
        low, high = sorted((p50, their_p50))
        if high > low * FACTOR + ROOM_MS:
            yield f"{name}: the median is {p50:.1f} ms by soak, {their_p50:.1f} ms by locust"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="where mock-server and soak are")
    parser.add_argument("--locust", type=Path, required=True, help="the locust program")
    parser.add_argument("--profile", default="light")
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--out", type=Path, required=True, help="where results go")
    args = parser.parse_args()
    scenario = Scenario(args.profile, args.scale)
    args.within = scenario.lasts() + scenario.graceful + 120
    args.out.mkdir(parents=True, exist_ok=True)
    ours, our_code = by_soak(args, scenario, args.out / f"soak-{args.profile}.json")
    out = args.out / f"locust-{args.profile}.json"
    out.unlink(missing_ok=True)
    theirs, their_code = by_locust(args, scenario, out)
    found = list(differences(ours, theirs))
    if our_code != their_code:
        print(f"the profile's thresholds: soak ended with {our_code}, locust with {their_code}")
    for difference in found:
        print(f"DIFFERS {difference}")
    print(f"{args.profile}: soak and locust {'differ' if found else 'agree'}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
