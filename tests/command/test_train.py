"""train.py as a person runs it, on a small network that `--init` brings."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from platewright.command import train
from platewright.image import load_image
from platewright.network.kind import build, joined
from platewright.network.part import FrameSettings
from platewright.network.weights import load_weights, model_arrays, save_weights, set_arrays
from platewright.training import checkpoint
from platewright.training.checkpoint import load_checkpoint
from tests.network.conftest import looks, random_weights, tiny
from tests.script import PATIENCE_S, Done, caught, run_here, run_process
from tests.training.conftest import tasks_of

ROOT = Path(__file__).resolve().parents[2]
SMALL = looks((4, 4, 8), (4, 4, 8, 8), slots=11)
BACKENDS = [n for n in ("tensorflow", "torch", "jax") if importlib.util.find_spec(n) is not None]
BRIEF = ["--scenes", "1", "--windows", "2", "--report-every", "1", "--workers", "0"]


def run(folder: Path, *arguments: str) -> Done:
    return run_here(folder, "train.py", *arguments)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def init(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a network that takes a second to compile."""
    import keras

    keras.utils.set_random_seed(5)
    path = tmp_path_factory.mktemp("init") / "small.npz"
    save_weights(path, model_arrays(build(SMALL).teach), SMALL)
    return path


@pytest.fixture(scope="module", params=BACKENDS)
def trained(
    request: pytest.FixtureRequest, init: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Done, str]:
    """Three steps under each installed back end, with one check, in a folder of its own."""
    backend = str(request.param)
    folder = tmp_path_factory.mktemp(backend)
    done = run_process(
        folder, "train.py", *BRIEF, "--steps", "3", "--init", str(init), "--region", "GB,RS",
        "--copy-to", "mine/gate.npz", environment={"KERAS_BACKEND": backend},
    )  # fmt: skip
    return folder, done, backend


def test_three_steps_leave_weights_log_and_curves(
    trained: tuple[Path, Done, str], init: Path
) -> None:
    folder, done, backend = trained
    assert done.returncode == 0, done.stderr
    assert f"Keras on {backend}, from step 0" in done.stderr
    out = folder / "runs" / "default"
    names = {"weights.npz", "weights.onnx", "checkpoint.npz", "log.csv", "curves.png"}
    assert {p.name for p in out.iterdir()} == names
    arrays, settings, note = load_weights(out / "weights.npz")
    assert settings == SMALL
    assert (note["steps"], note["seed"]) == (3, 0)
    set_arrays(build(SMALL).teach, arrays, "weights")
    weights, _, _, progress = load_checkpoint(out / "checkpoint.npz")
    assert progress.step == 3
    first = load_weights(init)[0]
    moved = [name for name in first if (weights[name] != first[name]).any()]
    assert {"scan_conv0/kernel", "slots_stem_conv/kernel", "slots_pooled/kernel"} <= set(moved)
    log = rows(out)
    assert [row["step"] for row in log] == ["1", "2", "3"]
    assert all(np.isfinite(float(row["loss"])) for row in log)
    assert log[2]["drawn_slots_text"] and not log[1]["drawn_slots_text"]
    assert load_image(out / "curves.png").shape[1] > 1000


def test_a_run_tells_its_pace_and_how_to_read_with_its_own_weights(
    trained: tuple[Path, Done, str],
) -> None:
    folder, done, _ = trained
    assert done.stdout == "python detect.py in.jpg runs/default/weights.onnx out.jpg\n"
    told = done.stderr.splitlines()
    assert told[0] == "bgs: no photos; drawing backgrounds (photos are better)"
    assert told[1].startswith("RS: drawn and not learnt") and told[1].endswith("Đ")
    assert any(re.match(r"3 steps take some .* at this machine's speed, ", line) for line in told)
    assert told[-2] == "copied to mine/gate.npz and mine/gate.onnx"
    assert told[-1].startswith("not useful yet after 3 steps (")
    assert len(told) == 12 and max(map(len, told)) < 100  # and no word of TensorFlow's
    for name, copy in (("weights.npz", "gate.npz"), ("weights.onnx", "gate.onnx")):
        run_file = folder / "runs" / "default" / name
        assert (folder / "mine" / copy).read_bytes() == run_file.read_bytes()
    assert {p.name for p in folder.iterdir()} == {"runs", "mine"}


def test_every_back_end_draws_the_same_first_batches(
    trained: tuple[Path, Done, str],
) -> None:
    """The first loss is that of the same weights on the same drawings, whoever computes it."""
    import keras

    from platewright.synth.background import Backgrounds
    from platewright.synth.settings import SynthSettings
    from platewright.training.fit import losses_of
    from platewright.training.sample import SampleSettings, Stock
    from platewright.training.stream import draw_batch, prepare

    out = trained[0] / "runs" / "default"
    tasks = tasks_of(SMALL, 1, 2)
    stock = Stock(Backgrounds(seed=0))
    samples = SampleSettings().of(("GB", "RS"), SynthSettings())
    inputs, targets = draw_batch(0, 0, stock, samples, tasks)
    keras.utils.set_random_seed(5)
    model = build(SMALL).teach
    outputs = model(prepare(inputs), training=True)
    losses = losses_of(tasks)
    want = sum(w * float(loss(targets[k], outputs[k])) for k, (loss, w) in losses.items())
    assert float(rows(out)[0]["loss"]) == pytest.approx(want, rel=2e-3)


@pytest.mark.parametrize("trained", ["tensorflow"], indirect=True)
def test_stored_scenes_teach_as_well_and_a_run_goes_on_and_is_never_overwritten_by_accident(
    trained: tuple[Path, Done, str], init: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from platewright.generation.engine import Engine
    from platewright.generation.job import DrawingJob
    from platewright.generation.shard import ShardJob, assemble
    from platewright.synth.scene import SceneSettings

    scenes = SceneSettings(regions=("GB",), size=(120, 200), width_px=(40.0, 90.0), grey=False)
    drawing = DrawingJob(seed=1, scenes=True, settings=scenes, backgrounds=None)
    job = ShardJob(
        drawing=drawing, count=40, shard_size=20, formats=("webdataset",),
        out=str(tmp_path / "stored"),
    )  # fmt: skip
    assemble(job, Engine())
    exported = trained[0] / "runs" / "default" / "weights.onnx"

    def export_once(weights: Path) -> list[Path]:  # how it exports shows in `trained`
        return [Path(shutil.copy(exported, weights.with_suffix(".onnx")))]

    monkeypatch.setattr(checkpoint, "export_beside", export_once)
    options = [*BRIEF, "--region", "GB,RS", "--data", "stored", "--data-share", "1"]
    copied = ["--copy-to", "mine/gate.npz"]
    done = run(tmp_path, *options, "--steps", "3", "--init", str(init), *copied)
    assert done.returncode == 0, done.stderr
    stored, out = tmp_path / "stored", tmp_path / "runs" / "default"
    assert [row["step"] for row in rows(out)] == ["1", "2", "3"]
    # Other pictures, another loss than the same weights' on drawn ones: they were really taken.
    first, live = (float(rows(each)[0]["loss"]) for each in (out, trained[0] / "runs" / "default"))
    assert first != pytest.approx(live, rel=1e-2)

    kept = {p.name: p.read_bytes() for p in out.iterdir()}
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "weights.npz").write_text("mine")
    with monkeypatch.context() as patch:  # who is refused needn't wait for TensorFlow
        patch.setattr(train, "load_keras", pytest.fail)
        for arguments, message in (
            (["--steps", "3"], "runs/default holds a run: --resume goes on with it, --force begins"
                " anew"),
            (["--out", "other", *copied], "mine/gate.npz and mine/gate.onnx: there already; "
                "--force replaces them"),
            (["--out", "own"], "own: weights.npz: there already; give another --out, or replace it"
                ": --force"),
        ):  # fmt: skip
            done = run(tmp_path, *BRIEF, *arguments)
            assert done.returncode == 2
            assert done.stderr.splitlines()[-1] == f"train.py: {message}"
    assert {p.name: p.read_bytes() for p in out.iterdir()} == kept

    done = run(tmp_path, *options, "--steps", "5", "--resume", "--report-every", "2")
    assert done.returncode == 0, done.stderr
    assert "from step 3" in done.stderr
    assert (tmp_path / "mine" / "gate.npz").read_bytes() == kept["weights.npz"]
    assert rows(out)[-1]["drawn_slots_text"]
    assert [row["step"] for row in rows(out)] == ["1", "2", "3", "4", "5"]
    assert load_checkpoint(out / "checkpoint.npz")[-1].step == 5
    assert load_weights(out / "weights.npz")[2]["steps"] == 5
    assert {p.name for p in stored.iterdir()} == {".gen", "00000.tar", "00001.tar"}


QUICK = {"box": tiny("box"), "frame": joined([FrameSettings(channels=(4, 4, 8))])}
"""Networks that are soonest ready to learn."""


# A thousand steps and more are compiled where the network pays for it, fewer are not.
@pytest.mark.parametrize(
    ("network", "workers", "steps", "use"),
    [
        ("box", "0", "900", "python detect.py in.jpg --reader run/weights"),
        ("frame", "1", "1000000", "run/weights.onnx: frame alone; "),
    ],
)
def test_ctrl_c_leaves_weights_that_resume(
    tmp_path: Path, network: str, workers: str, steps: str, use: str
) -> None:
    random_weights(QUICK[network], tmp_path / "init.npz")
    command = [
        sys.executable, str(ROOT / "train.py"), *BRIEF[:-1], workers, "--network", network,
        "--init", "init.npz", "--out", "run", "--steps", steps,
    ]  # fmt: skip

    def begin() -> subprocess.Popen[str]:
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        with (tmp_path / "said").open("w") as stderr:
            return subprocess.Popen(
                command, cwd=tmp_path, env=os.environ | {"KERAS_BACKEND": "tensorflow"}, text=True,
                stdout=subprocess.PIPE, stderr=stderr, start_new_session=True,
            )  # fmt: skip

    log = tmp_path / "run" / "log.csv"

    def done() -> int:
        """Return how many steps are, once there are two."""
        count = log.read_text().count("\n") - 1 if log.exists() else 0
        return count if count > 1 else 0

    running = caught(begin, done, int(steps) - 100)
    running.send_signal(signal.SIGINT)
    running.send_signal(signal.SIGCONT)
    out, _ = running.communicate(timeout=PATIENCE_S)
    said = (tmp_path / "said").read_text()
    assert running.returncode == 0, said
    assert "stopped; --resume goes on from here" in said
    assert "Traceback" not in said
    assert out.startswith(use)
    taken = load_weights(tmp_path / "run" / "weights.npz")[2]["steps"]
    assert 2 <= taken < int(steps)
    assert load_checkpoint(tmp_path / "run" / "checkpoint.npz")[-1].step == taken
    assert not [p.name for p in (tmp_path / "run").iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenes", "0"], "argument --scenes: must be at least 1, not 0"),
        (["--check-every", "0"], "argument --check-every: must be at least 1, not 0"),
        (["--steps", "0"], "argument --steps: must be at least 1, not 0"),
        (["--hours", "-1"], "--hours must be positive"),
        (["--workers", "-1"], "argument --workers: must be at least 0, not -1"),
        (["--data", "d", "--data-share", "0"], "--data-share must be above 0, and 1 at most"),
        (["--data", "d", "--data-share", "1.5"], "--data-share must be above 0, and 1 at most"),
        (["--init", "w.npz", "--resume"], "give one of them"),
        (["--bgs", "nope"], "--bgs nope: no such folder; extractbgs.py makes one, --bgs none"),
        (["--bgs", "."], "--bgs .: no .jpg in it"),
        (["--characters", "ABBA"], "--characters: 'A': twice"),
        (["--characters", "AB?"], "--characters: '?': stands for hidden signs"),
        (["--network", "scan", "--characters", "AB"], "--characters: scan reads no text"),
        (["--copy-to", "gate.onnx"], "--copy-to gate.onnx: give the name of an .npz file"),
        (["--copy-to", "run/weights.npz", "--out", "run"], "is what the run itself writes"),
        (["--copy-to", str(ROOT / "weights.npz"), "--force"], "weights that the program ships"),
        (["--out", str(ROOT), "--force"], "weights that the program ships"),
    ],
)
def test_arguments_that_are_off(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--region", "GB,XX"], 2, "--region: no region XX; known: "),
        (["--init", "none.npz"], 1, "none.npz: no such weights file"),
        (["--recipe", "big"], 2, "--recipe: scan has no recipe big; known: full, small, first"),
        (
            ["--init", str(ROOT / "weights.npz"), "--recipe", "small"],
            2,
            "weights.npz is of another size than --recipe small",
        ),
        (["--init", "text.npz"], 1, "text.npz: not a weights file of this program"),
        (["--data", "."], 1, ".: no pictures with records here: give a folder or .tar that gen.py"),
        (["--data", "text.npz"], 1, "text.npz: no plain tar, or cut off"),
        (["--out", "text.npz"], 2, "text.npz: a file is there; --out is the folder of the run"),
        (["--resume"], 1, "runs/default/checkpoint.npz: no checkpoint here to resume from"),
        (["--watch", "none.csv", "--windows", "1", "--scenes", "1"], 1, "none.csv"),
    ],
)
def test_files_that_are_off(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    (tmp_path / "text.npz").write_text(json.dumps("text"))
    done = run(tmp_path, *arguments)
    assert done.returncode == code, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("train.py: ") and message in last
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["text.npz"]
