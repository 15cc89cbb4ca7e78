"""Writes scenarios.json, which k6 can read, from soak/scenarios: python3 deploy/k6/scenarios.py"""

import json
import tomllib
from pathlib import Path

here = Path(__file__).resolve()
files = sorted((here.parents[2] / "soak" / "scenarios").glob("*.toml"))
profiles = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}
here.with_name("scenarios.json").write_text(json.dumps(profiles, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
