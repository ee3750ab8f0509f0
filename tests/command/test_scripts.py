"""The root scripts as a person runs them: the README's commands, and what bad input gets."""

from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from platewright.image import save_image
from tests.script import Done, run_here, run_process

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    path.name for path in ROOT.glob("*.py") if path.name not in ("conftest.py", "setup.py")
)
COMMANDS = re.findall(
    r"^ {4}python (\S+\.py.*?)(?: +#.*)?$", (ROOT / "README.md").read_text(), re.M
)
HEAVY = {
    "numpy", "cv2", "PIL", "fontTools", "onnxruntime", "tensorflow", "keras", "pandas", "django",
    "joblib", "av", "lmdb",
}  # fmt: skip
MOST_MODULES = 400


def run(*arguments: str, cwd: Path = ROOT) -> Done:
    """Run a script of the root."""
    name, *rest = arguments
    return run_here(cwd, name, *rest)


def test_the_five_stages_stand_in_the_readme_in_order() -> None:
    stages = ["extractbgs.py", "gen.py", "model.py", "train.py", "detect.py"]
    scripts = [shlex.split(command)[0] for command in COMMANDS]
    first = scripts.index(stages[0])
    assert scripts[first : first + 5] == stages
    assert "weights.npz" in COMMANDS[first + 4]


@pytest.mark.parametrize("name", sorted({*SCRIPTS, *(shlex.split(c)[0] for c in COMMANDS)}))
def test_help_answers_at_once(name: str) -> None:
    """A process loads nothing that takes long, and not much of the rest."""
    code = (
        "import runpy, sys; sys.argv = [sys.argv[1], '--help']\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as left: assert left.code == 0\n"
        "print('modules:', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / name)], capture_output=True, text=True, check=True,
        cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.startswith("usage:")
    loaded = {*done.stdout.rpartition("modules:")[2].split()}
    assert not HEAVY & loaded
    assert len(loaded) < MOST_MODULES


def test_a_photo_is_read_by_what_reading_needs() -> None:
    """The first start keeps what later ones needn't work out; none loads what others need."""
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as left: assert left.code == 0\n"
        "from platewright.reading.template_table import all_regions\n"
        "print('kept:', all_regions.cache_info().hits, 'modules:', *sys.modules)"
    )
    loaded: set[str] = set()
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code, str(ROOT / "detect.py"), str(ROOT / "docs/street.jpg")],
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        loaded = {*done.stdout.rpartition("modules:")[2].split()}
    assert "GB" in done.stdout
    other = "tensorflow keras django matplotlib pandas scipy rapidfuzz tqdm http.client joblib av"
    assert not {*other.split(), "numpy.ma"} & loaded
    rooms = ["region", "mark", "synth", "training", "web", "tracking", "generation", "dataset"]
    assert not {f"platewright.{room}" for room in rooms} & loaded


@functools.cache
def help_of(name: str) -> str:
    return run_process(ROOT, name, "--help").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_options_exist(command: str) -> None:
    name, *arguments = shlex.split(command)
    told = help_of(name)
    for option in (a for a in arguments if a.startswith("--")):
        assert re.search(rf"{option}\b", told), f"{name} has no {option}"


def bad_photos(folder: Path) -> dict[str, Path]:
    """Write photos that can't be read; their names say why."""
    good = folder / "good.jpg"
    save_image(good, np.full((60, 120, 3), 90, np.uint8))
    data = good.read_bytes()
    contents = {
        "cut.jpg": data[: len(data) // 2],
        "empty.jpg": b"",
        "text.jpg": b"not a picture\n" * 9,
        # a PNG of 60,000 x 60,000 pixels, by its head
        "huge.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in [*contents, "good.jpg"]}


def assert_one_line(done: Done, *words: str, code: int) -> None:
    """Check that a failure is told in one line, the last, that holds all the words.

    Before it may stand argparse's usage, a notice, and what TensorFlow says on loading.
    """
    assert done.returncode == code, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    told = [line for line in lines if line.startswith(f"{Path(done.args[1]).name}: ")]
    assert told == lines[-1:], done.stderr
    for word in words:
        assert word in told[0], done.stderr


@pytest.mark.parametrize("name", ["cut.jpg", "empty.jpg", "text.jpg", "huge.png", "missing.jpg"])
def test_detect_says_which_photo_is_bad(tmp_path: Path, name: str) -> None:
    photos = bad_photos(tmp_path)
    photo = photos.get(name, tmp_path / name)
    out = tmp_path / "out.png"
    done = run("detect.py", str(photo), str(ROOT / "weights.onnx"), str(out))
    assert_one_line(done, name, code=done.returncode or -1)
    assert done.returncode in (1, 2)
    assert not out.exists()


def test_detect_refuses_foreign_weights(tmp_path: Path) -> None:
    photo = bad_photos(tmp_path)["good.jpg"]
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, settings=np.array([{"a": 1}], dtype=object))
    other = tmp_path / "other.npz"
    np.savez(other, a=np.zeros(3))
    cut = tmp_path / "cut.npz"
    cut.write_bytes(other.read_bytes()[:-40])
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    for weights in (pickled, other, cut, text, tmp_path / "none.onnx"):
        out = tmp_path / "out.png"
        done = run("detect.py", str(photo), str(weights), str(out))
        assert_one_line(done, weights.name, code=1)
        assert not out.exists()


def test_detect_never_overwrites(tmp_path: Path) -> None:
    photo = bad_photos(tmp_path)["good.jpg"]
    out = tmp_path / "out.png"
    out.write_text("mine")
    done = run("detect.py", str(photo), str(ROOT / "weights.onnx"), str(out))
    assert done.returncode in (1, 2)
    assert "out.png" in done.stderr and "--force" in done.stderr
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gen.py",), ("how many",)),
        (("gen.py", "0"), ("at least 1",)),
        (("gen.py", "many"), ("many",)),
        (("gen.py", "1", "--region", "QQ"), ("--region", "QQ", "GB")),
        (("gen.py", "1", "--size", "5x5"), ("--size", "5x5")),
        (("gen.py", "1", "--workers", "0"), ("--workers",)),
        (("train.py", "--steps", "0"), ("--steps",)),
        (("train.py", "--rate", "-1"), ("--rate",)),
        (("train.py", "--init", "a.npz", "--resume"), ("--init", "--resume")),
        (("train.py", "--region", "QQ"), ("--region", "QQ", "GB")),
        (("train.py", "--regions", "QQ"), ("--region", "QQ", "GB")),
        (("detect.py", "a.jpg", "--region", "gb,qq"), ("--region", "QQ", "GB")),
        (("watch.py", "a.mp4", "--region", "QQ"), ("--region", "QQ", "GB")),
        (("evaluate.py", "a.csv", "--region", "QQ"), ("--region", "QQ", "GB")),
        (("model.py", "--network", "magic"), ("--network", "magic")),
        (("detect.py",), ("PATH",)),
        (("detect.py", "weights.onnx"), ("no photo",)),
        (("detect.py", "a.jpg", "b.jpg"), ("b.jpg",)),
        (("detect.py", "a.jpg", "--min-presence", "2"), ("--min-presence", "2")),
        (("extractbgs.py",), ("required",)),
    ],
)
def test_wrong_arguments(
    tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert_one_line(done, *words, code=2)
    assert list(tmp_path.iterdir()) == []


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a data set's files without the books of its run, which are a folder."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_gen_keeps_what_is_there(tmp_path: Path) -> None:
    first = run("gen.py", "2", "--workers", "1", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    made = files_of(tmp_path / "test")
    assert len(made) == 3
    mine = tmp_path / "test" / "mine.txt"
    mine.write_text("mine")
    again = run("gen.py", "2", "--seed", "1", cwd=tmp_path)
    assert_one_line(again, "test", "--force", code=1)
    assert files_of(mine.parent) == made | {"mine.txt": b"mine"}
    forced = run("gen.py", "1", "--seed", "1", "--workers", "1", "--force", cwd=tmp_path)
    assert forced.returncode == 0, forced.stderr
    assert len(files_of(mine.parent)) == 3
    assert mine.read_text() == "mine"


def test_gen_says_when_a_file_is_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "test").write_text("mine")
    done = run("gen.py", "1", "--workers", "1", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr and "test" in done.stderr.splitlines()[-1]
    assert (tmp_path / "test").read_text() == "mine"


def test_train_keeps_an_earlier_run(tmp_path: Path) -> None:
    checkpoint = tmp_path / "runs" / "default" / "checkpoint.npz"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_text("mine")
    done = run("train.py", "--steps", "1", cwd=tmp_path)
    assert_one_line(done, "--resume", "--force", code=2)
    assert checkpoint.read_text() == "mine"


def test_train_names_bad_weights(tmp_path: Path) -> None:
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"PK\x03\x04 nothing")
    done = run("train.py", "--init", str(bad), cwd=tmp_path)
    assert_one_line(done, "bad.npz", code=1)


def test_model_keeps_its_plot(tmp_path: Path) -> None:
    plot = tmp_path / "net.png"
    plot.write_text("mine")
    done = run("model.py", "--plot", str(plot), cwd=tmp_path)
    assert_one_line(done, "net.png", "--force", code=1)
    assert plot.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\x00cut", b"no archive at all"])
def test_extractbgs_names_a_bad_archive(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "photos.tar.gz"
    archive.write_bytes(content)
    done = run("extractbgs.py", str(archive), "--workers", "1", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "photos.tar.gz" in done.stderr


def test_extractbgs_names_a_missing_archive(tmp_path: Path) -> None:
    done = run("extractbgs.py", "none.tar", cwd=tmp_path)
    assert_one_line(done, "none.tar", code=done.returncode or -1)
    assert done.returncode in (1, 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    target = tmp_path / "full.png"
    os.symlink("/dev/full", target)
    done = run("gen.py", "--sheet", str(target), "--force", "--region", "GB", cwd=tmp_path)
    told = done.stderr.strip().splitlines()
    assert done.returncode == 1
    assert "full.png" in told[-1] and "Traceback" not in done.stderr
