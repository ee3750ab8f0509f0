"""model.py as a person runs it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from platewright.image import load_image
from platewright.network.part import LineSettings, ScanSettings
from tests.script import Done, run_here

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str) -> Done:
    return run_here(folder, "model.py", *arguments)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What it prints and the plot that it draws."""
    folder = tmp_path_factory.mktemp("model")
    done = run(folder, "--plot", "net.png")
    assert done.returncode == 0, done.stderr
    return done.stdout, folder / "net.png"


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_table_adds_up(described: tuple[str, Path]) -> None:
    lines = described[0].splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("layer"))
    assert lines[start].split() == ["layer", "kind", "output", "parameters", "MACs"]
    end = next(k for k, line in enumerate(lines) if line.startswith("total"))
    rows = [line.split() for line in lines[start + 1 : end]]
    assert sum(number(row[-2]) for row in rows) == number(lines[end].split()[-1])
    for name in ("scan", "frame", "line"):
        macs = sum(number(row[-1]) for row in rows if row[0].startswith(f"{name}_"))
        assert re.search(rf"^{name} cost +{macs / 1e6:.2f} MMAC for one window", described[0], re.M)


def test_window_stride_text_and_scale_are_the_networks(described: tuple[str, Path]) -> None:
    settings, line = ScanSettings(), LineSettings()
    height, width = settings.grid.window
    said = described[0]
    assert re.search(rf"^scan window +{width} x {height} pixels", said, re.M)
    assert re.search(r"^scan stride +8 x 8 pixels", said, re.M)
    low, high = settings.extent
    assert f"{low * width:.0f} to {high * width:.0f} pixels wide" in said
    assert f"range {high / low:.2f}" in said
    most = f"at most {line.longest} of {line.characters}, and unseen"
    assert re.search(rf"^line text +{most}", said, re.M)
    assert re.search(r"^a photo of 1280x720 +\d+\.\d\d GMAC", said, re.M)


def test_a_small_network_costs_less(described: tuple[str, Path], tmp_path: Path) -> None:
    done = run(tmp_path, "--recipe", "small")
    assert done.returncode == 0, done.stderr
    small, full = (
        [float(re.search(pattern, text, re.M).group(1).replace(",", "")) for pattern in (  # type: ignore[union-attr]
            r"^total +([\d,]+)$", r"^line cost +([\d.]+) MMAC", r"^scan cost +([\d.]+) MMAC for one"
        )]
        for text in (done.stdout, described[0])
    )  # fmt: skip
    assert all(a < 0.7 * b for a, b in zip(small, full, strict=True))


def test_the_plot_is_a_picture(described: tuple[str, Path]) -> None:
    assert "net.png: drawn" in described[0]
    assert load_image(described[1]).shape[1] == 3 * 620 + 24


def test_another_network_is_told_with_its_recipes(tmp_path: Path) -> None:
    done = run(tmp_path, "--network", "crnn-lstm")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    end = next(k for k, line in enumerate(lines) if line.startswith("total"))
    start = next(k for k, line in enumerate(lines) if line.startswith("layer"))
    rows = [line.split() for line in lines[start + 1 : end]]
    assert sum(number(row[-2]) for row in rows) == number(lines[end].split()[-1])
    cost = sum(number(row[-1]) for row in rows)
    assert f"crnn-lstm cost          {cost / 1e6:.2f} MMAC for one window" in lines
    assert re.search(r"^crnn-lstm window +128 x 32 pixels$", done.stdout, re.M)
    assert re.search(
        r"^crnn-lstm --recipe small +adamw 0\.002 falling, batch 64", done.stdout, re.M
    )
    assert re.search(
        r"^crnn-lstm --recipe original +rmsprop 0\.001, batch 16, 100 epochs", done.stdout, re.M
    )


def test_weights_are_told_by_what_they_hold(tmp_path: Path) -> None:
    done = run(tmp_path, "--weights", str(ROOT / "weights.npz"))
    assert done.returncode == 0, done.stderr
    height, width = ScanSettings().grid.window
    assert re.search(rf"^scan window +{width} x {height} pixels", done.stdout, re.M)
    assert re.search(r"^frame window +\d+ x \d+ pixels", done.stdout, re.M)
    assert re.search(r"^line text +at most 12 of \w+, and unseen", done.stdout, re.M)
    done = run(tmp_path, "--weights", str(ROOT / "weights.npz"), "--network", "slots")
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert "is of the network scan,frame,line,origin: --network names it" in told


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--network", "other"],
            2,
            "model.py: --network: no network other; known: attention, box, crnn-gru, crnn-lstm, "
            "frame, line, origin, scan, slots",
        ),
        (
            ["--network", "box,line"],
            2,
            "model.py: --network: box has a weights file of its own: name it alone",
        ),
        (
            ["--network", "box", "--recipe", "big"],
            2,
            "model.py: --recipe: box has no recipe big; known: small, original",
        ),
        (
            ["--recipe", "big"],
            2,
            "model.py: --recipe: scan has no recipe big; known: full, small, first",
        ),
        (["--weights", "none.npz"], 1, "model.py: none.npz: no such weights file"),
        (
            ["--plot", "there.png"],
            1,
            "model.py: there.png: there already; give another name or --force",
        ),
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
