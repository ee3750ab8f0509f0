"""Where the program's data lie, and what is told where they don't."""

from __future__ import annotations

from pathlib import Path

import pytest

from platewright import resource
from platewright.errors import ResourceError
from platewright.resource import bundled, is_bundled, work_folder

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "name", ["weights.onnx", "readers/default.json", "fonts", "regions/GB.toml", "synth.toml"]
)
def test_a_checkout_has_them_at_its_root(name: str) -> None:
    assert bundled(name) == ROOT / name
    assert work_folder() == ROOT


def test_what_is_missing_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "DATA", tmp_path)
    with pytest.raises(ResourceError, match=r"regions: missing.*git checkout") as found:
        bundled("regions")
    assert found.value.exit_code == 1
    monkeypatch.setattr(resource, "CARRIED", tmp_path)
    with pytest.raises(ResourceError, match="install platewright again"):
        bundled("regions")
    monkeypatch.chdir(tmp_path)
    assert work_folder() == tmp_path


def test_bundled_weights_are_told_from_others(tmp_path: Path) -> None:
    assert is_bundled(ROOT / "weights.npz")
    assert is_bundled(ROOT / "readers/crnn-lstm.onnx")
    assert is_bundled(ROOT / "docs/../weights.onnx")
    assert not is_bundled(ROOT / "runs/default/weights.npz")
    assert not is_bundled(tmp_path / "weights.npz")
