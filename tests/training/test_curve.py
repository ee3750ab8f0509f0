from __future__ import annotations

from pathlib import Path

import pytest

from platewright.image import load_image
from platewright.training.checkpoint import draw_curves

LOG = """step,elapsed_s,rate,loss,slots_loss,drawn_text,real_boxes_folded
1,1,0.1,9.5,3.0,,
2,2,0.1,4.0,0.0,0.25,
3,3,0.1,2.0,1.0,0.5,0.1
"""


@pytest.fixture(autouse=True)
def needs_matplotlib() -> None:
    pytest.importorskip("matplotlib")


def test_losses_and_measurements_become_a_picture(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    assert draw_curves(log, tmp_path / "curves.png")
    picture = load_image(tmp_path / "curves.png")
    assert picture.shape[0] > 400 and picture.shape[1] > 1000
    half = picture.shape[1] // 2
    for side in (picture[:, :half], picture[:, half:]):  # coloured lines on both
        assert (abs(side.astype(int) - side.mean(axis=-1, keepdims=True)).max(axis=-1) > 40).any()


@pytest.mark.parametrize("text", ["", "step,loss\n", "\n"])
def test_a_log_without_rows_draws_nothing(tmp_path: Path, text: str) -> None:
    log = tmp_path / "log.csv"
    log.write_text(text)
    assert not draw_curves(log, tmp_path / "curves.png")
    assert not draw_curves(tmp_path / "none.csv", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()
