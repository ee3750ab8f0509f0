"""What benchmarks share: the checkout, an older one beside it, and how a result is written."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from platewright.evaluation.report import default_digests, processor  # noqa: E402
from platewright.file import make_folder, write_file  # noqa: E402


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the older checkout, and the folder of the result."""
    parser.add_argument("--against", type=Path, required=True, help="an older checkout")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")


def facts(against: Path) -> dict[str, Any]:
    """Return what was compared, on which processor and how busy it is."""
    state = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=against, capture_output=True, text=True,
        check=False,
    ).stdout.strip()  # fmt: skip
    return {
        **default_digests(ROOT / "weights.onnx"),
        "against": state or against.name,
        "processor": processor(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def children_s() -> float:
    """Return the processor's seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_result(path: Path, result: dict[str, Any], shown: object = None) -> None:
    """Write a result as JSON, and print it, or what of it is to be shown."""
    make_folder(path.parent)
    write_file(path, f"{json.dumps(result, indent=1)}\n".encode())
    print(json.dumps(shown or result, indent=1))
