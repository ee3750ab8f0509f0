from __future__ import annotations

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.network.part import ScanSettings
from platewright.record import PlateRecord
from platewright.training.sample import SampleSettings
from platewright.training.task import IGNORE
from platewright.training.task.scan import CENTRE, NEAR, SLACK, scan_scene, scan_target
from tests.network.conftest import looks

SCAN = looks().scan or ScanSettings()
HEIGHT, WIDTH = SCAN.grid.window
LOW, HIGH = SCAN.extent
SIZE = (192, 320)
EPS = 1e-6


def plate_at(x: float, y: float, width: float, height: float = 12.0) -> PlateRecord:
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return PlateRecord(text="AB", quad=quad_of_box(box))


def centre(row: int, col: int) -> tuple[float, float]:
    x0, y0, x1, y1 = SCAN.grid.box(row, col)
    return (x0 + x1) / 2, (y0 + y1) / 2


def expected(x: float, y: float, slack: float) -> np.ndarray:
    """Cells whose window's centre lies within `slack` times CENTRE of the plate's."""
    rows, cols = SCAN.grid.shape(*SIZE)
    out = np.zeros((rows, cols), bool)
    for row in range(rows):
        for col in range(cols):
            cx, cy = centre(row, col)
            out[row, col] = (
                abs(cy - y) <= CENTRE[0] * slack * HEIGHT
                and abs(cx - x) <= CENTRE[1] * slack * WIDTH
            )
    return out


def test_positives_and_their_ring_are_where_the_definition_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        x, y = rng.uniform([0, 0], [SIZE[1], SIZE[0]])
        plate = plate_at(x, y, rng.uniform(LOW + 0.01, HIGH - 0.01) * WIDTH)
        presence, _ = scan_target([plate], SIZE, SCAN)
        hit, near = expected(x, y, 1.0), expected(x, y, NEAR)
        assert ((presence == 1) == hit).all()
        assert ((presence == IGNORE) == (near & ~hit)).all()
        assert ((presence == 0) == ~near).all()


@pytest.mark.parametrize(
    ("extent", "value"),
    [
        (LOW + EPS, 1),
        (LOW - EPS, IGNORE),
        (HIGH - EPS, 1),
        (HIGH + EPS, IGNORE),
        (LOW / SLACK + EPS, IGNORE),
        (LOW / SLACK - EPS, 0),
        (HIGH * SLACK - EPS, IGNORE),
        (HIGH * SLACK + EPS, 0),
    ],
)
def test_the_scale_just_inside_and_just_outside(extent: float, value: int) -> None:
    x, y = centre(5, 7)
    for plate in (
        plate_at(x, y, extent * WIDTH),
        plate_at(x, y, 10.0, extent * HEIGHT),  # a tall one counts by its height
    ):
        presence, _ = scan_target([plate], SIZE, SCAN)
        assert presence[5, 7] == value
        assert (presence == 1).any() == (value == 1)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("side", [-1, 1])
def test_the_centre_just_inside_and_just_outside(axis: int, side: int) -> None:
    x, y = centre(5, 7)
    reach = CENTRE[0] * HEIGHT if axis == 0 else CENTRE[1] * WIDTH
    for part, value in ((1 - EPS, 1), (1 + EPS, IGNORE), (NEAR - EPS, IGNORE), (NEAR + EPS, 0)):
        off = side * part * reach
        plate = plate_at(x + off * axis, y + off * (1 - axis), 55.0)
        presence, _ = scan_target([plate], SIZE, SCAN)
        assert presence[5, 7] == value


def test_corners_are_offsets_from_the_windows_centre_in_half_windows() -> None:
    x, y = centre(4, 9)
    quad = np.array([[x - 25, y - 6], [x + 27, y - 9], [x + 28, y + 5], [x - 26, y + 8]])
    presence, corners = scan_target([PlateRecord(text="", quad=quad)], SIZE, SCAN)
    rows, cols = np.nonzero(presence == 1)
    assert rows.size >= 2
    for row, col in zip(rows, cols, strict=True):
        back = corners[row, col, :8].reshape(4, 2) * (WIDTH / 2, HEIGHT / 2) + centre(row, col)
        assert back == pytest.approx(quad, abs=1e-4)
    assert (corners[presence == 0] == 0).all()
    assert (corners[..., 8] == (presence != 0)).all()


def test_two_plates_have_each_their_own_cells() -> None:
    first, second = plate_at(*centre(3, 4), 50.0), plate_at(*centre(14, 20), 60.0)
    presence, corners = scan_target([first, second], SIZE, SCAN)
    alone, corners_alone = scan_target([first], SIZE, SCAN)
    other, corners_other = scan_target([second], SIZE, SCAN)
    assert (presence == np.where(alone != 0, alone, other)).all()
    assert (corners == corners_alone + corners_other).all()
    swapped, _ = scan_target([second, first], SIZE, SCAN)
    assert (swapped == presence).all()


def test_a_positive_is_not_ignored_for_a_neighbours_sake() -> None:
    x, y = centre(6, 8)
    small = plate_at(x + 6, y, WIDTH * LOW / 1.1)  # too small: only its ring
    for plates in ([plate_at(x, y, 50.0), small], [small, plate_at(x, y, 50.0)]):
        presence, _ = scan_target(plates, SIZE, SCAN)
        assert ((presence == 1) == expected(x, y, 1.0)).all()


def test_an_empty_scene_is_all_negative() -> None:
    presence, corners = scan_target([], SIZE, SCAN)
    assert presence.shape == SCAN.grid.shape(*SIZE)
    assert not presence.any() and not corners.any()


def test_scenes_have_plates_as_large_as_the_scan_wants_them() -> None:
    scene = SampleSettings().scene
    assert scan_scene(scene, ScanSettings()) == scene
    for scan in (ScanSettings(), SCAN):
        width, (low, high) = scan.grid.window[1], scan.extent
        seen = scan_scene(scene, scan).focus_px
        assert seen[0] <= low * width and high * width <= seen[1]
        assert seen[1] - seen[0] < 2.2 * (high - low) * width
