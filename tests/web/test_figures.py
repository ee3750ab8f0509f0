from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_figures_of_the_look_up_are_those_of_the_results() -> None:
    results = json.loads((ROOT / "results/lookup.json").read_text())
    page = (ROOT / "docs/web.md").read_text()
    told = re.search(r"<!-- lookup -->(.*)<!-- /lookup -->", page, re.S)
    assert told
    way, one, two = (results[name] for name in ("likelihood", "edits_1", "edits_2"))
    assert way["misread"].get("wrong", 0) == 0  # "all of them rightly"
    wanted = [
        *(way["misread"]["readings"], way["strangers"]["readings"]),
        *(results["registered"]["drawn"], way["misread"]["right"]),
        *(one["misread"]["right"], one["misread"]["wrong"]),
        *(two["misread"]["right"], two["misread"]["wrong"]),
        *(way["strangers"]["readings"], way["strangers"]["taken_for_registered"]),
        *(row["strangers"]["taken_for_registered"] for row in (one, two)),
    ]
    text = told[1].split("(`python")[0].replace("10,000", "10000")
    assert [int(number) for number in re.findall(r"\d+", text)] == wanted
