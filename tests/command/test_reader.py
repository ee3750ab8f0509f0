"""Other readers as a person uses them: train.py, detect.py and evaluate.py."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platewright.image import save_image
from platewright.network.kind import build, load_kind
from platewright.network.weights import model_arrays, save_weights
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_closeup
from tests.script import Done, run_here

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photo, its labels, and the first weights of a small network."""
    path = tmp_path_factory.mktemp("readers")
    settings = replace(
        load_kind("crnn-gru").recipe().settings,
        window=(24, 64), channels=(6, 8, 8, 8), width=12, units=(12, 12), slots=8,
    )  # fmt: skip
    save_weights(path / "small.npz", model_arrays(build(settings).teach), settings)
    easy = SceneSettings(
        regions=("GB",), width_px=(150.0, 160.0), focus_px=(150.0, 160.0), pose=0.0, camera=0.0,
        grey=False,
    )  # fmt: skip
    rng = np.random.default_rng(3)
    image, record = draw_closeup(rng, Backgrounds(num_drawn=2), easy, margin=(1.0, 1.2))
    (path / "images").mkdir()
    save_image(path / "images" / "a.png", image)
    x0, y0, x1, y1 = record.plates[0].box
    row = f"a.png,{x0},{y0},{x1 - x0},{y1 - y0},{record.plates[0].text},GB"
    (path / "labels.csv").write_text(f"file,x,y,w,h,text,country\n{row}\n")
    return path


@pytest.fixture(scope="module")
def trained(folder: Path) -> Done:
    """Two steps with `train.py --network crnn-gru`."""
    return run_here(
        folder, "train.py", "--network", "crnn-gru", "--init", "small.npz", "--steps", "2",
        "--windows", "2", "--workers", "0", "--report-every", "1", "--bgs", "none",
        "--copy-to", "readers/crnn-gru.npz",
    )  # fmt: skip


def test_two_steps_leave_a_run_and_a_reader(folder: Path, trained: Done) -> None:
    assert trained.returncode == 0, trained.stderr
    out = folder / "runs" / "crnn-gru"
    names = {"weights.npz", "weights.onnx", "checkpoint.npz", "log.csv", "curves.png"}
    assert {p.name for p in out.iterdir()} == names
    assert (
        trained.stdout == "python detect.py in.jpg --reader runs/crnn-gru/weights.onnx -o out.jpg\n"
    )
    for suffix in (".npz", ".onnx"):
        made = (folder / "readers" / f"crnn-gru{suffix}").read_bytes()
        assert made == (out / f"weights{suffix}").read_bytes()
    with (out / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert all(np.isfinite(float(row["loss"])) for row in rows)


def test_detect_reads_with_it_by_name(folder: Path, trained: Done) -> None:
    options = ["--json", "out.json", "--beams", "2", "--force"]
    plain = run_here(folder, "detect.py", "images/a.png", "--json", "plain.json", "--force")
    done = run_here(folder, "detect.py", "images/a.png", "--reader", "crnn-gru", *options)
    assert (plain.returncode, done.returncode) == (0, 0), plain.stderr + done.stderr
    (first,) = json.loads((folder / "plain.json").read_text())["plates"]
    found = json.loads((folder / "out.json").read_text())["plates"]
    if found:  # an untaught reader may say nothing, and what has no text is no reading
        assert found[0]["box"] == pytest.approx(first["box"], abs=6)
        assert len(found[0]["characters"]) == len(found[0]["text"])


def test_evaluate_scores_it(folder: Path, trained: Done) -> None:
    done = run_here(
        folder, "evaluate.py", "labels.csv", "--given-boxes", "--reader", "readers/crnn-gru.onnx",
        "--json", "score.json", "--force",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    score = json.loads((folder / "score.json").read_text())
    assert score["all"]["texts"] == 1 and "--reader readers/crnn-gru.onnx" in score["command"]
    digest = hashlib.sha256((folder / "readers/crnn-gru.onnx").read_bytes()).hexdigest()
    assert (score["reader"], score["reader_sha256"]) == ("crnn-gru.onnx", digest)


@pytest.mark.parametrize(
    ("script", "arguments", "code", "message"),
    [
        ("train.py", ["--network", "crnn"], 2, "no network crnn; known: attention, box, crnn-gru"),
        ("train.py", ["--recipe", "original"], 2, "--recipe: scan has no recipe original"),
        ("detect.py", ["images/a.png", "--reader", "other"], 2, "no reader other; "),
        (
            "detect.py", ["images/a.png", "--reader", "crnn-gru", "--show-attention", "x.png"], 2,
            "--show-attention needs a reader with attention: --reader attention",
        ),
        (
            "detect.py",
            ["images/a.png", "--reader", "attention", "--show-attention", "images/a.png"], 2,
            "images/a.png: is what is read; give the output another place",
        ),
        (
            "detect.py", ["images/a.png", "readers/crnn-gru.onnx", "o.png"], 1,
            "weights of the reader crnn-gru find no plates: detect.py takes them with --reader",
        ),
        ("detect.py", ["images/a.png", "--reader", "api"], 1, "PLATEWRIGHT_OCR_URL is not set"),
        (
            "detect.py", ["images/a.png", "--reader", str(ROOT / "weights.onnx")], 2,
            "weights.onnx: weights that find plates: give them as the weights",
        ),
        (
            "detect.py", ["images/a.png", "--show-attention", "x.png"], 2,
            "--show-attention needs --reader attention",
        ),
        (
            "detect.py", ["images/a.png", "-o", "o.png", "--redact", "--reader", "crnn-gru"], 2,
            "--redact reads no text",
        ),
    ],
)  # fmt: skip
def test_what_is_off_is_told_in_a_line(
    folder: Path, trained: object, script: str, arguments: list[str], code: int, message: str
) -> None:
    done = run_here(folder, script, *arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
