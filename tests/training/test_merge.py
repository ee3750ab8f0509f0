"""Weights of several runs become one file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import OutputError, WeightsError
from platewright.network.weights import BundleSettings, load_weights, save_weights
from platewright.training.merge import main, merge

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The frame and the line of the bundled weights, and a line that learnt other figures."""
    folder = tmp_path_factory.mktemp("merge")
    arrays, settings, _ = load_weights(ROOT / "weights.npz")
    assert isinstance(settings, BundleSettings) and settings.line and settings.frame
    both = {k: v for k, v in arrays.items() if k.startswith(("line_", "frame_"))}
    save_weights(
        folder / "a.npz", both, BundleSettings(line=settings.line, frame=settings.frame), {"a": 1}
    )
    line = {k: v + 0.25 for k, v in both.items() if k.startswith("line_")}
    warmer = replace(settings.line, temperature=2.0)
    save_weights(folder / "b.npz", line, BundleSettings(line=warmer), {"b": 2})
    return folder / "a.npz", folder / "b.npz"


def test_what_both_have_is_averaged_and_the_rest_taken_over(
    runs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "out.npz"
    exported: list[tuple[Path, Path]] = []
    monkeypatch.setattr("platewright.training.merge.export", lambda *paths: exported.append(paths))
    monkeypatch.setattr(sys, "argv", ["merge", *map(str, runs), str(out)])
    assert main() == 0 and "mean of line" in capsys.readouterr().out
    first, _, _ = load_weights(runs[0])
    arrays, settings, note = load_weights(out)
    assert settings.names == ("frame", "line") and note == {
        "frame": {"a": 1},
        "line": [{"a": 1}, {"b": 2}],
    }
    for name, value in arrays.items():
        more = 0.125 if name.startswith("line_") else 0.0
        np.testing.assert_allclose(value, first[name] + more, atol=1e-5)
    assert exported == [(out, tmp_path / "out.onnx")]
    with pytest.raises(OutputError, match="there already"):
        main()


def test_the_last_may_take_the_place_of_the_others(runs: tuple[Path, Path], tmp_path: Path) -> None:
    assert merge(runs, tmp_path / "out.npz", replaces=True) == ()
    arrays, _, note = load_weights(tmp_path / "out.npz")
    wanted, _, _ = load_weights(runs[1])
    assert note["line"] == {"b": 2}
    assert all((arrays[name] == value).all() for name, value in wanted.items())


def test_what_can_not_be_merged(runs: tuple[Path, Path], tmp_path: Path) -> None:
    arrays, settings, _ = load_weights(runs[1])
    assert isinstance(settings, BundleSettings) and settings.line
    other = tmp_path / "other.npz"
    save_weights(other, arrays, BundleSettings(line=replace(settings.line, longest=9)), {})
    with pytest.raises(
        WeightsError, match=r"other\.npz: its line is of another size than .*a\.npz's"
    ):
        merge((runs[0], other), tmp_path / "out.npz")
    with pytest.raises(WeightsError, match=r"crnn-lstm\.npz: crnn-lstm stands alone"):
        merge((ROOT / "readers" / "crnn-lstm.npz",), tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()
