from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.errors import ConfigError, OutputError
from platewright.output import clip as clip_module
from platewright.output.clip import ClipWriter, Display

av = pytest.importorskip("av")


def shade(level: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    return np.full((*size, 3), level, np.uint8)


def frames_of(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as container:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


@pytest.mark.parametrize("name", ["a.mp4", "a.MKV"])
def test_pictures_and_times_come_back(tmp_path: Path, name: str) -> None:
    times = [0.0, 0.04, 0.3, 0.301, 2.0]
    with ClipWriter(tmp_path / name) as clip:
        for k, time_s in enumerate(times):
            clip.add(shade(30 + 40 * k), time_s)
    found = frames_of(tmp_path / name)
    assert [time_s for time_s, _ in found] == pytest.approx(times)
    assert [p.mean() for _, p in found] == pytest.approx([30 + 40 * k for k in range(5)], abs=4)
    assert os.listdir(tmp_path) == [name]


def test_a_link_is_followed_and_a_pipe_is_neither_replaced_nor_waited_for(tmp_path: Path) -> None:
    pipe, link, other = (tmp_path / name for name in ("pipe.mp4", "link.mp4", "other"))
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match=r"pipe\.mp4: can't be written: a folder, a pipe or"):
        ClipWriter(pipe)
    link.symlink_to(tmp_path / "file.mp4")
    other.write_text("theirs")
    for decoy in (lambda part: part.symlink_to(other), os.mkfifo):
        decoy(tmp_path / "file.mp4.part")
        with ClipWriter(link) as clip:
            clip.add(shade(90), 0)
        assert link.is_symlink() and len(frames_of(tmp_path / "file.mp4")) == 1
    assert other.read_text() == "theirs" and pipe.is_fifo()


def test_the_clock_never_stands_still(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "a.mp4") as clip:
        for time_s in (1.0, 1.0, 0.5):
            clip.add(shade(90), time_s)
    times = [t for t, _ in frames_of(tmp_path / "a.mp4")]
    assert np.diff(times) == pytest.approx([0.001, 0.001])


def test_odd_sides_and_other_sizes_are_fitted(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "a.mp4") as clip:
        clip.add(shade(200, (49, 65)), 0)
        clip.add(shade(200, (96, 64)), 0.1)  # upright: bars at the sides
        clip.add(shade(200, (1, 1)), 0.2)
    first, second, third = (p for _, p in frames_of(tmp_path / "a.mp4"))
    assert first.shape == second.shape == (48, 64, 3)
    assert first.mean() == pytest.approx(200, abs=4)
    assert second[:, :12].mean() < 10 > second[:, -12:].mean()
    assert second[:, 20:44].mean() == pytest.approx(200, abs=6)
    assert third[:, 16:48].mean() == pytest.approx(200, abs=6)


def test_an_error_leaves_a_playable_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), ClipWriter(tmp_path / "a.mp4") as clip:
        for k in range(3):
            clip.add(shade(90), k / 25)
        raise KeyboardInterrupt
    assert len(frames_of(tmp_path / "a.mp4")) == 3


def test_a_killed_process_leaves_a_playable_part(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib, numpy as np\n"
        "from platewright.output.clip import ClipWriter\n"
        "with ClipWriter(pathlib.Path(sys.argv[1])) as clip:\n"
        "    for k in range(120): clip.add(np.full((48, 64, 3), k, np.uint8), k / 25)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[2]
    path = tmp_path / "a.mp4"
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=root, check=False)
    part = path.with_name("a.mp4.part")
    with av.open(str(part), format="mp4") as container:
        assert len(list(container.decode(video=0))) >= 50


def test_what_was_there_stays_until_the_first_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    with ClipWriter(path):
        pass
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.mp4"]


def test_what_can_not_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"a\.avi: a video must end in one of \.mp4, \.mkv"):
        ClipWriter(tmp_path / "a.avi")
    with (
        pytest.raises(OutputError, match=r"a\.mp4: can't be written: No such file"),
        ClipWriter(tmp_path / "none" / "a.mp4") as clip,
    ):
        clip.add(shade(0), 0)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ConfigError, match="video needs PyAV: pip install av"):
        clip_module.import_av()


def test_a_full_disk_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    clip = ClipWriter(Path("/nowhere/a.mkv"))
    clip.part = Path("/dev/full")
    rng = np.random.default_rng(0)
    with pytest.raises(OutputError, match="can't be written: No space left"), clip:
        for k in range(200):
            clip.add(rng.integers(0, 255, (96, 128, 3), np.uint8), k / 25)


def test_without_a_screen_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platewright.output.clip.sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(ConfigError, match="--show needs a screen"):
        Display("x")


def test_an_opencv_without_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(title: str, kind: int) -> None:
        raise cv2.error("not implemented")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", none)
    with pytest.raises(ConfigError, match="pip install opencv-python"):
        Display("x")


@pytest.mark.parametrize(
    ("key", "visible", "goes_on"),
    [
        (-1, 1.0, True),
        (ord("x"), 1.0, True),
        (ord("q"), 1.0, False),
        (27, 1.0, False),
        (-1, 0.0, False),
    ],
)
def test_it_is_closed_by_its_button_q_or_esc(
    monkeypatch: pytest.MonkeyPatch, key: int, visible: float, goes_on: bool
) -> None:
    shown: list[np.ndarray] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", lambda title, kind: None)
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: shown.append(picture))
    monkeypatch.setattr(cv2, "waitKey", lambda ms: key)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, what: visible)
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[..., 0] = 255
    assert Display("x").show(picture) is goes_on
    assert shown[0][0, 0].tolist() == [0, 0, 255]  # red, in OpenCV's order
