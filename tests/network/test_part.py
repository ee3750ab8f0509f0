from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platewright.network.part import Grid, receptive_field
from tests.network.conftest import looks

LAYERS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=5)


def slide(size: int, layers: list[tuple[int, int]]) -> int:
    """Size of a VALID chain's output, layer by layer."""
    for kernel, stride in layers:
        size = (size - kernel) // stride + 1 if size >= kernel else 0
    return size


@given(LAYERS)
def test_the_receptive_field_is_the_smallest_input_that_gives_a_cell(
    layers: list[tuple[int, int]],
) -> None:
    field, stride = receptive_field(layers)
    assert slide(field, layers) == 1
    assert slide(field - 1, layers) == 0
    assert slide(field + stride, layers) == 2
    assert slide(field + stride - 1, layers) == 1


def test_the_default_window_follows_from_its_layers() -> None:
    scan = looks().scan
    assert scan is not None
    grid = scan.grid
    assert (grid.window, grid.stride) == ((47, 95), (8, 8))


def test_cells_and_boxes_of_a_grid() -> None:
    grid = Grid((47, 95), (8, 8))
    assert grid.shape(47, 95) == (1, 1)
    assert grid.shape(46, 95) == (0, 1)
    assert grid.shape(63, 110) == (3, 2)
    assert grid.box(2, 3) == (24, 16, 119, 63)
    assert grid.box(2, 3, scale=0.5) == (12, 8, 59.5, 31.5)


@pytest.mark.parametrize("scale", [0.0, -1.0])
def test_a_scale_that_is_not_positive_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="scale must be positive"):
        Grid((4, 4), (2, 2)).box(0, 0, scale=scale)


def test_the_last_window_of_any_picture_lies_inside_it() -> None:
    grid = Grid((47, 95), (8, 8))
    for height, width in [(47, 95), (100, 101), (191, 322)]:
        rows, cols = grid.shape(height, width)
        x0, y0, x1, y1 = grid.box(rows - 1, cols - 1)
        assert x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height
        assert x1 + 8 > width and y1 + 8 > height
