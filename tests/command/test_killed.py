"""Long commands that are killed at a random moment: nothing of them stays, and they go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from platewright.image import save_image
from platewright.output.clip import ClipWriter
from tests.script import ROOT, below, gone, run_process, wait_until

COUNT = 60
Made = Callable[[Path], None]

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc"),
]


def picture(k: int) -> np.ndarray:
    """Return a small photo with a white rectangle."""
    rgb = np.random.default_rng(k).integers(0, 120, (120, 200, 3), np.uint8)
    rgb[50:64, 60 + k % 9 : 130] = 255
    return rgb


def photos(folder: Path) -> None:
    """Make `photos/`, an archive of them, and a data set of them."""
    (folder / "photos").mkdir()
    (folder / "set").mkdir()
    rows = ["file,x,y,w,h,text,country"]
    for k in range(COUNT):
        save_image(folder / f"photos/{k:02d}.jpg", picture(k))
        rows.append(f"{k:02d}.jpg,60,50,70,14,AB{k:02d},GB")
    (folder / "set/images").symlink_to(folder / "photos")
    (folder / "set/labels.csv").write_text("\n".join(rows) + "\n")
    with tarfile.open(folder / "photos.tar.gz", "w:gz") as archive:
        archive.add(folder / "photos", "photos")


def film(folder: Path) -> None:
    """Make `film.mp4`."""
    with ClipWriter(folder / "film.mp4") as clip:
        for k in range(COUNT):
            clip.add(picture(k), k / 10)


def nothing(folder: Path) -> None:
    """Make nothing."""


NAMES = {f"{k:02d}.jpg" for k in range(COUNT)}
BRIEF = "--network frame --bgs none --windows 2 --workers 1 --steps 3 --out out"
LONG: dict[str, tuple[Made, str, set[str]]] = {
    "gen": (
        nothing, "gen.py 2 --video --size 160x96 --bgs none --workers 2 --out out",
        {"drives.jsonl", *(f"{k:08d}.mp4" for k in range(2))},
    ),
    "extractbgs": (photos, "extractbgs.py photos.tar.gz --size 64 --workers 2 --out out", set()),
    "convert": (photos, "convert.py set out --to-format coco", NAMES),
    "detect": (photos, "detect.py photos weights.onnx out --workers 2", {*NAMES, "readings.jsonl"}),
    "watch": (film, "watch.py film.mp4 weights.onnx --jsonl out/cars.jsonl --out out/seen.mp4",
        {"cars.jsonl", "seen.mp4"}),
    "train": (nothing, f"train.py {BRIEF}", {"weights.npz", "weights.onnx", "log.csv"}),
}  # fmt: skip
"""What makes the input, the command, and what must be there at its end."""


def there(folder: Path) -> set[str]:
    """Return the names of all files but a command's own books."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {p.name for p in files if not p.relative_to(folder).as_posix().startswith(".gen/")}


@pytest.mark.parametrize("name", LONG)
def test_a_killed_command_goes_on(name: str, tmp_path: Path) -> None:
    make, line, wanted = LONG[name]
    make(tmp_path)
    (tmp_path / "weights.onnx").symlink_to(ROOT / "weights.onnx")
    if name == "watch":
        (tmp_path / "out").mkdir()
    words = line.split()
    running = subprocess.Popen(
        [sys.executable, str(ROOT / words[0]), *words[1:]], cwd=tmp_path,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    begun = tmp_path / "out"
    wait_until(lambda: begun.is_dir() and [*begun.iterdir()], running, 0.01)
    moment = np.random.default_rng(int.from_bytes(os.urandom(4), "big")).uniform(0, 1.5)
    try:
        running.wait(moment)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGSTOP)  # it starts no more of them
        children = below(running.pid)
        running.send_signal(signal.SIGKILL)
        running.wait()
        wait_until(lambda: all(map(gone, children)))
    again = run_process(tmp_path, *words)
    if again.returncode:  # what is there is asked for: one line says how
        assert again.returncode in (1, 2) and again.stderr.count("\n") == 1, (moment, again.stderr)
        ways = [way for way in ("--resume", "--force") if way in again.stderr]
        assert ways and "Traceback" not in again.stderr, (moment, again.stderr)
        again = run_process(tmp_path, *words, ways[0])
    assert again.returncode == 0 and "Traceback" not in again.stderr, (moment, again.stderr)
    made = there(begun)
    assert made >= wanted and not [n for n in made if ".part" in n], (moment, made)
    if name == "extractbgs":
        assert len([one for one in made if one.endswith(".jpg")]) == COUNT
