"""The recipes for others' networks: their own programs take what is drawn, and train on it."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.script import PATIENCE_S, run_here

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/other-models.md").read_text("utf-8").replace("\\\n", " ")
pytestmark = [pytest.mark.slow, pytest.mark.process]


def line(start: str) -> list[str]:
    """Return the words of the page's line that begins so."""
    (found,) = re.findall(rf"^ {{4}}({re.escape(start)}.*)$", PAGE, re.M)
    return shlex.split(found)


def draw(folder: Path, start: str, count: str, *more: str) -> None:
    """Draw what the page tells, and less of it."""
    words = line(start)[1:]
    assert words[1].isdigit()
    made = run_here(folder, words[0], count, *words[2:], "--workers", "1", "--bgs", "none", *more)
    assert made.returncode == 0, made.stderr


def train(folder: Path, start: str, *more: str) -> str:
    """Run another program's line, shortened; return what it said."""
    words = line(start)
    program = Path(sys.executable).parent / words[0]
    own = {"YOLO_CONFIG_DIR": str(folder), "YOLO_OFFLINE": "true", "TF_CPP_MIN_LOG_LEVEL": "3"}
    made = subprocess.run(
        [str(program), *words[1:], *more], cwd=folder, env=os.environ | own, text=True,
        capture_output=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-2000:]
    return made.stdout + made.stderr


def test_ultralytics_trains_on_data_yaml_as_it_is(tmp_path: Path) -> None:
    if find_spec("ultralytics") is None:
        pytest.skip("needs Ultralytics: pip install ultralytics")
    draw(tmp_path, "python gen.py 5000", "24", "--size", "160x96")
    train(
        tmp_path, "yolo detect train", "model=yolo11n.yaml", "imgsz=96", "epochs=1", "batch=8",
        "device=cpu", "workers=0", "plots=False", f"project={tmp_path / 'runs'}",
    )  # fmt: skip
    (results,) = (tmp_path / "runs").rglob("results.csv")
    (row,) = csv.DictReader(results.read_text().splitlines())
    seen = {name.strip(): float(value) for name, value in row.items()}
    assert seen["train/box_loss"] > 0
    assert [*(tmp_path / "runs").rglob("best.pt")]


def test_fast_plate_ocr_trains_on_its_files(tmp_path: Path) -> None:
    for name in ("fast_plate_ocr", "albumentations", "tensorboard", "keras"):
        if find_spec(name) is None:
            pytest.skip('needs fast-plate-ocr: pip install "fast-plate-ocr[train,onnx]"')
    draw(tmp_path, "python gen.py 20000", "60")
    (config,) = re.findall(r"```yaml\n(.*?)^```", PAGE, re.M | re.S)
    (tmp_path / "model.yaml").write_text(config)
    said = train(tmp_path, "fast-plate-ocr train", "--epochs", "1", "--batch-size", "16")
    assert "val_loss" in said
    assert [*(tmp_path / "trained").rglob("*.keras")]
