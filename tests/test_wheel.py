"""The wheel in a fresh environment does from an empty folder what the checkout does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from platewright import __version__
from platewright.image import load_image, save_image
from tests.script import PATIENCE_S, run_here, wait_until

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 20_000_000
PARTS = (
    "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "synth.toml",
    "weights.onnx", "weights.float.onnx", "weights.npz", "platewright", "fonts", "regions",
    "readers",
)  # fmt: skip
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = [pytest.mark.slow, pytest.mark.process]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of a copy, so that the checkout gets no build folder."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in PARTS:
        if (ROOT / name).is_dir():
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=hidden)
        else:
            shutil.copy(ROOT / name, source)
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(out), "."]
    subprocess.run(command, cwd=source, check=True)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; what it needs besides comes from this one."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    own = folder / "bin/python"
    options = ["--no-deps", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "--python", str(own), "install", *options, str(wheel)]
    subprocess.run(command, check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return own


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PLATEWRIGHT_", "DJANGO_"))}
    kept.pop("PYTHONPATH", None)
    kept.pop("DATABASE_URL", None)
    return kept | {"TF_CPP_MIN_LOG_LEVEL": "3"}


def begun(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment(), capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (command, done.stderr)
    return done


@pytest.fixture
def installed(python: Path, tmp_path: Path) -> Run:
    """Run the installed command in an empty folder."""
    folder = tmp_path / "empty"
    folder.mkdir()
    command = python.with_name("platewright")
    return lambda *arguments: begun(command, *arguments, folder=folder)


@pytest.fixture
def checkout(tmp_path: Path) -> Run:
    """Run a root script in another empty folder, in this process: that one is no part of it."""
    folder = tmp_path / "checkout"
    folder.mkdir()

    def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        done = run_here(folder, f"{name}.py", *map(str, arguments))
        assert done.returncode == 0, (name, done.stderr)
        return done

    return run


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "a.png"
    save_image(path, load_image(ROOT / "docs/street.jpg")[420:660, 400:880])
    return path


def test_what_the_wheel_carries(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = {*archive.namelist()}
    for folder, patterns in {
        "regions": ["*.toml"], "fonts": ["*.ttf"], "fonts/licences": ["*.txt"],
        "readers": ["*.onnx", "default.json"], "fonts/scripts": ["*"],
    }.items():  # fmt: skip
        for pattern in patterns:
            files = [path for path in (ROOT / folder).glob(pattern) if path.is_file()]
            assert files, (folder, pattern)
            for path in files:
                assert f"platewright/_data/{folder}/{path.name}" in names
    for name in ("weights.onnx", "weights.float.onnx", "synth.toml"):
        assert f"platewright/_data/{name}" in names
    for name in ("py.typed", "web/static/web/style.css", "web/templates/web/base.html"):
        assert f"platewright/{name}" in names
    package = {p for p in (ROOT / "platewright").rglob("*") if p.is_file()}
    package = {p for p in package if "__pycache__" not in p.parts and "_data" not in p.parts}
    assert {p.relative_to(ROOT).as_posix() for p in package} <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_it_says_what_it_is(python: Path, installed: Run, tmp_path: Path) -> None:
    assert installed("--version").stdout == f"platewright {__version__}\n"
    told = begun(python, "-m", "platewright", "--version", folder=tmp_path)
    assert told.stdout == f"platewright {__version__}\n"
    where = begun(python, "-c", "import platewright; print(platewright.__file__)", folder=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(python.parents[1])


def test_detect_and_python_read_the_same(
    python: Path, installed: Run, checkout: Run, photo: Path, tmp_path: Path
) -> None:
    for run in (installed, checkout):
        run("detect", photo, "--json", "a.json", "-o", "out.png")
    plates = [json.loads((tmp_path / n / "a.json").read_text())["plates"] for n in
              ("empty", "checkout")]  # fmt: skip
    assert plates[0] == plates[1] and plates[0]
    assert (tmp_path / "empty/out.png").read_bytes() == (tmp_path / "checkout/out.png").read_bytes()
    code = (
        "import json, sys, platewright\n"
        "print(json.dumps([plate.as_dict() for plate in platewright.read(sys.argv[1])]))\n"
        "assert platewright.draw('GB', 1).picture.shape == (480, 640, 3)"
    )
    told = begun(python, "-c", code, photo, folder=tmp_path / "empty")
    assert json.loads(told.stdout) == plates[0]


def test_gen_draws_the_same(installed: Run, checkout: Run, tmp_path: Path) -> None:
    for run in (installed, checkout):
        run("gen", "3", "--workers", "1", "--region", "gb,FR", "--preset", "street")
    made = [
        {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        for folder in (tmp_path / "empty/test", tmp_path / "checkout/test")
    ]
    assert made[0] == made[1]
    assert len([path for path in made[0] if path.suffix == ".png"]) == 3


def test_model_describes_the_same(installed: Run, checkout: Run) -> None:
    pytest.importorskip("keras")
    words = ("model", "--network", "frame")  # which is soonest built
    assert installed(*words).stdout == checkout(*words).stdout != ""


def test_watch_sees_the_same(installed: Run, checkout: Run, photo: Path, tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for k in range(3):
        shutil.copy(photo, frames / f"{k}.png")
    told = [run("watch", frames, "--fps", "5").stdout for run in (installed, checkout)]
    assert told[0] == told[1] != ""


@pytest.fixture
def server(python: Path, tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("waitress")
    from tests.web.conftest import address_in

    folder, log = tmp_path / "serving", tmp_path / "server.log"
    folder.mkdir()
    options = ["--bind", "127.0.0.1:0", "--workers", "1"]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [str(python.with_name("platewright")), "serve", *options], cwd=folder,
            env=environment(), stdout=stream, stderr=stream,
        )  # fmt: skip
    try:
        wait_until(lambda: address_in(log) or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield address_in(log)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def test_serve_serves(server: str, photo: Path, checkout: Run, tmp_path: Path) -> None:
    checkout("detect", photo, "--json", "a.json")
    wanted = json.loads((tmp_path / "checkout/a.json").read_text())["plates"]
    headers = {"Content-Type": "image/png"}
    request = urllib.request.Request(f"{server}/api/v1/read", photo.read_bytes(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        plates = json.load(answer)["pictures"][0]["plates"]
    assert [plate["text"] for plate in plates] == [plate["text"] for plate in wanted]
    for path in ("/", "/static/web/style.css", "/static/faces/JetBrainsMono-SemiBold.ttf"):
        with urllib.request.urlopen(server + path, timeout=PATIENCE_S) as answer:
            assert answer.status == 200
    assert (tmp_path / "serving/instance/registry.sqlite3").is_file()
