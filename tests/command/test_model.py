"""model.py as a person runs it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from platewright.image import load_image
from platewright.recognizer.settings import NetworkSettings
from tests.script import Done, run_here, run_process


def run(folder: Path, *arguments: str) -> Done:
    return run_here(folder, "model.py", *arguments)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What it prints and the plot that it draws."""
    folder = tmp_path_factory.mktemp("model")
    done = run_process(folder, "model.py", "--plot", "net.png")
    assert done.returncode == 0, done.stderr
    return done.stdout, folder / "net.png"


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_table_adds_up(described: tuple[str, Path]) -> None:
    lines = described[0].splitlines()
    assert lines[0].split() == ["layer", "kind", "output", "parameters", "MACs"]
    end = next(k for k, line in enumerate(lines) if line.startswith("total"))
    rows = [line.split() for line in lines[1:end]]
    assert sum(number(row[-2]) for row in rows) == number(lines[end].split()[-1])
    scan = sum(number(row[-1]) for row in rows if row[0].startswith("scan"))
    assert f"{scan / 1e6:.2f} MMAC for one window" in described[0]
    read = sum(number(row[-1]) for row in rows if row[0].startswith("read"))
    assert f"{read / 1e6:.1f} MMAC for one plate" in described[0]


def test_window_stride_slots_and_scale_are_the_networks(described: tuple[str, Path]) -> None:
    settings = NetworkSettings()
    height, width = settings.grid.window
    said = described[0]
    assert re.search(rf"^scan window +{width} x {height} pixels", said, re.M)
    assert re.search(r"^scan stride +8 x 8 pixels", said, re.M)
    low, high = settings.extent
    assert f"{low * width:.0f} to {high * width:.0f} pixels wide" in said
    assert f"range {high / low:.2f}" in said
    assert re.search(rf"^slots +{settings.slots} of {settings.characters} and pad", said, re.M)
    assert re.search(r"^a photo of 1280x720 +\d+\.\d\d GMAC", said, re.M)


def test_a_small_network_costs_less(described: tuple[str, Path], tmp_path: Path) -> None:
    done = run(tmp_path, "--recipe", "small")
    assert done.returncode == 0, done.stderr
    small, full = (
        [float(re.search(pattern, text, re.M).group(1).replace(",", "")) for pattern in (  # type: ignore[union-attr]
            r"^total +([\d,]+)$", r"^read +([\d.]+) MMAC", r"^scan  +([\d.]+) MMAC for one"
        )]
        for text in (done.stdout, described[0])
    )  # fmt: skip
    assert all(a < 0.7 * b for a, b in zip(small, full, strict=True))


def test_the_plot_is_a_picture(described: tuple[str, Path]) -> None:
    assert "net.png: drawn" in described[0]
    assert load_image(described[1]).shape[1] == 1264


def test_another_network_is_told_with_its_recipes(tmp_path: Path) -> None:
    done = run(tmp_path, "--network", "crnn-lstm")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    end = next(k for k, line in enumerate(lines) if line.startswith("total"))
    rows = [line.split() for line in lines[3:end]]
    assert sum(number(row[-2]) for row in rows) == number(lines[end].split()[-1])
    cost = sum(number(row[-1]) for row in rows)
    assert f"cost                  {cost / 1e6:.1f} MMAC for one picture" in lines
    assert re.search(r"^window +128 x 32 pixels$", done.stdout, re.M)
    assert re.search(r"^--recipe small +adamw 0\.002 falling, batch 64", done.stdout, re.M)
    assert re.search(r"^--recipe original +rmsprop 0\.001, batch 16, 100 epochs", done.stdout, re.M)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--network", "other"],
            2,
            "model.py: --network: no network other; known: window, attention, box, crnn-gru, "
            "crnn-lstm",
        ),
        (
            ["--network", "box", "--plot", "net.png"],
            2,
            "model.py: --plot is for the network window alone",
        ),
        (
            ["--network", "box", "--recipe", "big"],
            2,
            "model.py: --recipe: box has no recipe big; known: small, original",
        ),
        (
            ["--recipe", "big"],
            2,
            "model.py: --recipe: the network window has no big, only full, small",
        ),
        (["--weights", "none.npz"], 1, "model.py: none.npz: no such weights file"),
        (["--plot", "there.png"], 1, "model.py: there.png exists: --force replaces it"),
    ],
)
def test_what_is_off_is_told_in_a_line(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "there.png").write_text("mine")
    done = run(tmp_path, *arguments)
    assert done.returncode == code
    assert done.stderr.splitlines()[-1] == message
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert (tmp_path / "there.png").read_text() == "mine"
