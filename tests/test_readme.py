"""The README's lines, and those of a page, pasted one after the other into one folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest

from platewright.image import save_image
from platewright.network.kind import build
from platewright.network.weights import model_arrays, save_weights
from platewright.output.clip import ClipWriter
from platewright.training import checkpoint
from platewright.training.fit import Trainer
from platewright.web.environment import SECRETS
from tests.network.conftest import looks
from tests.page import shell_lines, words_of
from tests.script import run_here, run_process

ROOT = Path(__file__).resolve().parents[1]
LINES = [
    shlex.join(words_of(line))
    for line in shell_lines((ROOT / "README.md").read_text("utf-8"))
    if line.startswith("python ")
]
ELSEWHERE = ("data/", "benchmarks/", "bgs --skip", "s3://", "rtsp://")
"""What takes photos that aren't public, a cluster, or a camera."""
BRIEF = ["--scenes", "1", "--windows", "2", "--workers", "0"]
ANNOTATIONS = """<annotations><version>1.1</version>
<image id="0" name="in.jpg" width="320" height="240">
<box label="plate" xtl="80" ytl="100" xbr="160" ybr="120">
<attribute name="text">AB12</attribute></box>
</image></annotations>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader of the README has, small, and a network that learns in seconds."""
    rgb = np.full((240, 320, 3), 70, np.uint8)
    rgb[100:120, 80:160] = 255
    for name in ("in.jpg", "car.jpg", "photos/a.jpg", "photos/more/b.jpg", "images/in.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        save_image(tmp_path / name, rgb)
    with tarfile.open(tmp_path / "SUN397.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "car.jpg", "SUN397/a.jpg")
    with ClipWriter(tmp_path / "drive.mp4") as clip:
        for k in range(2):
            clip.add(rgb, k / 10)
    rows = "file,x,y,w,h,text,country\nin.jpg,80,100,80,20,AB12,GB\n"
    (tmp_path / "labels.csv").write_text(rows)
    (tmp_path / "cars.csv").write_text("plate\nAB12CDE\n")
    (tmp_path / "annotations.xml").write_text(ANNOTATIONS)
    for name in ("weights.npz", "weights.onnx", "weights.float.onnx", "readers", "regions"):
        (tmp_path / name).symlink_to(ROOT / name)
    keras.utils.set_random_seed(5)
    small = looks((4, 4, 8), (4, 4, 8, 8), slots=11)
    save_weights(tmp_path / "small.npz", model_arrays(build(small).teach), small)
    return tmp_path


@pytest.fixture
def exports_once(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights of the small network are exported by the first run of all, and serve the others."""
    export, first = checkpoint.export_beside, tmp_path_factory.getbasetemp() / "readme.onnx"

    def export_once(weights: Path) -> list[Path]:
        if first.exists():
            return [Path(shutil.copy(first, weights.with_suffix(".onnx")))]
        (made,) = export(weights)
        shutil.copy(made, first)
        return [made]

    monkeypatch.setattr(checkpoint, "export_beside", export_once)


def scaled(words: list[str]) -> list[str]:
    """Return a line's words with small numbers."""
    name, *rest = words
    if name == "gen.py":
        rest = ["2" if word.isdigit() and k == 0 else word for k, word in enumerate(rest)]
        rest += ["--workers", "1"] if "--check" not in rest else []
        rest += ["--size", "160x96"] if "--video" in rest else []
    elif name == "train.py":
        rest += [*BRIEF, "--steps", "3" if "--resume" in rest else "2"]
        rest += [] if {"--network", "--resume"} & {*rest} else ["--init", "small.npz"]
    elif name in ("detect.py", "extractbgs.py"):
        rest += ["--workers", "1"]
    return [name, *rest]


def run_line(
    folder: Path, words: list[str], own: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a line's words, scaled."""
    if words[0] == "-m":
        return subprocess.run(
            [sys.executable, *words, "--batches", "1", "--bgs", "none"], cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    if words[0] == "manage.py":
        return run_process(folder, *words, environment=own)
    return run_here(folder, *words)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.usefixtures("exports_once")
def test_the_lines_of_the_readme_run_in_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = Trainer.fit
    done: list[str] = []

    def learn(trainer: Trainer) -> None:
        if str(trainer.folder) == "runs/default":
            fit(trainer)
        elif not trainer.checkpoint.exists():  # steps are taken once, and serve all runs
            shutil.copytree("runs/default", trainer.folder)

    monkeypatch.setattr(Trainer, "fit", learn)
    own = {"PLATEWRIGHT_DATA": str(folder / "instance")} | dict.fromkeys(SECRETS, "")
    for line in LINES:
        if any(word in line for word in ELSEWHERE):
            continue
        words = scaled(shlex.split(line))
        made = run_line(folder, words, own)
        assert made.returncode == 0, (line, made.stderr)
        assert "Traceback" not in made.stderr, (line, made.stderr)
        done.append(words[0])
    assert {"extractbgs.py", "gen.py", "model.py", "train.py", "detect.py"} <= {*done}
    assert len(done) > 30
    (read,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    monkeypatch.chdir(folder)
    exec(compile(read, "README.md", "exec"), {})
    for made_file in ("bgs/00000000.jpg", "runs/default/curves.png", "gate.onnx", "seen.mp4"):
        assert (folder / made_file).is_file(), made_file
    assert len((folder / "instance/token").read_text()) > 32


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.usefixtures("exports_once")
def test_the_lines_of_train_your_own_run_in_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a region file to figures on photos that somebody labelled, with the weights made."""
    page = (ROOT / "docs/train-your-own.md").read_text("utf-8")
    (folder / "my").mkdir()
    (folder / "my/GI.toml").write_text(re.findall(r"```toml\n(.*?)^```", page, re.M | re.S)[0])
    with tarfile.open(folder / "photos.tar.gz", "w:gz") as archive:
        for k in range(6):
            save_image(folder / "b.jpg", np.full((240, 320, 3), 40 + k, np.uint8))
            archive.add(folder / "b.jpg", f"photos/{k}.jpg")
    (folder / "twenty").mkdir()
    shutil.move(folder / "in.jpg", folder / "twenty")
    shutil.copy(folder / "car.jpg", folder / "in.jpg")
    (folder / "cvat").mkdir()
    shutil.move(folder / "annotations.xml", folder / "cvat")
    labels = ["convert.py", "cvat/annotations.xml", "ls", "--map", "twenty"]
    assert run_here(folder, *labels, "--to-format", "label-studio").returncode == 0
    shutil.move(folder / "ls/label-studio.json", folder)
    done = []
    for line in shell_lines(page):
        words = words_of(line)
        if words[0] == "make" or words[:2] == ["-m", "pip"]:
            continue
        if words[0] == "extractbgs.py":
            made = run_line(folder, scaled(words), {})
            (folder / "unseen").mkdir()
            (folder / "bgs/00000005.jpg").rename(folder / "unseen/00000005.jpg")
        elif words[0] == "-m":  # weights of two steps read nothing that could be calibrated on
            made = subprocess.CompletedProcess(words, not (folder / words[2]).is_file(), "", "")
        elif words[0] == "train.py":  # small.npz is smaller than the recipe's
            made = run_line(
                folder, [w for w in scaled(words) if w not in ("--recipe", "small")], {}
            )
        else:
            made = run_line(folder, scaled(words), {})
        assert made and made.returncode == 0, (line, made and made.stderr)
        assert "Traceback" not in made.stderr, (line, made.stderr)
        done.append(words[0])
    assert done.count("evaluate.py") == 4 and {"gen.py", "train.py", "detect.py"} <= {*done}
    assert json.loads((folder / "twenty.json").read_text())["images"][0]["file_name"] == "in.jpg"
