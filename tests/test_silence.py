"""What libraries would tell their makers, and keep of the machine, unless they are told not to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.script import ROOT


@pytest.mark.process
def test_reading_a_photo_leaves_nothing_at_home(tmp_path: Path) -> None:
    """ONNX Runtime 1.31 had made a number of the machine there, and a file of what to tell."""
    places = {name: tmp_path / name for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    for place in places.values():
        place.mkdir()
    kept = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    program = "import platewright; print(len(platewright.read('docs/street.jpg')))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True,
        env=kept | {name: str(place) for name, place in places.items()} | {"PLATEWRIGHT_CACHE": ""},
    )  # fmt: skip
    assert done.stdout == "4\n"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
