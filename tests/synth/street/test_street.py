"""The street picture: its plates lie where the record says, whole and in sight."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from platewright.geometry import homography, to_pixel_centres
from platewright.image import load_image
from platewright.record import SceneRecord
from platewright.region import load_region
from platewright.synth.street import picture as street
from platewright.synth.street.picture import draw_street
from platewright.synth.street.scenery import Canvas, Frame, View, rounded
from platewright.synth.street.vehicle import BODIES, Vehicle

ROOT = Path(__file__).resolve().parents[3]


@cache
def drawn(seed: int) -> tuple[NDArray[np.uint8], SceneRecord, list[Vehicle]]:
    """Return a street's picture and record, and its vehicles in the order they are painted."""
    seen: list[Vehicle] = []
    paint = Vehicle.paint_on

    def paint_on(vehicle: Vehicle, *args: Any) -> None:
        seen.append(vehicle)
        paint(vehicle, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Vehicle, "paint_on", paint_on)
        picture, record = draw_street(np.random.default_rng([seed, 0]), seed=(seed, 0))
    return picture, record, seen


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2, 3))])
def test_plates_are_whole_large_and_of_four_regions(seed: int) -> None:
    picture, record, _ = drawn(seed)
    assert picture.shape == (720, 1280, 3)
    assert picture.dtype == np.uint8
    assert record.size == (720, 1280)
    assert len({plate.region for plate in record.plates}) == 4
    for plate in record.plates:
        x0, y0, x1, y1 = plate.box
        assert x0 >= 0 and y0 >= 0 and x1 <= 1280 and y1 <= 720
        assert 65 <= x1 - x0 <= 200
        assert load_region(plate.region).match(plate.text)
        assert "".join(c.char for c in plate.characters) == plate.text
    (indian,) = (plate for plate in record.plates if plate.region == "IN")
    assert {c.line for c in indian.characters} == {0, 1}


def test_characters_stand_out_where_the_record_says() -> None:
    picture, record, _ = drawn(0)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    for plate in record.plates:
        for character in plate.characters:
            unit = np.array([[0, 0], [12, 0], [12, 20], [0, 20]], float)
            matrix = to_pixel_centres(homography(character.quad, unit))
            ink = cv2.warpPerspective(grey, matrix, (12, 20)).astype(float)
            assert np.ptp(ink) > 50, (plate.region, character.char)


@pytest.mark.slow
def test_no_vehicle_hides_a_plate_behind_it() -> None:
    view = View()
    for seed in range(5):
        seen = drawn(seed)[2]
        assert [v.frame.z for v in seen] == sorted((v.frame.z for v in seen), reverse=True)
        for k, vehicle in enumerate(seen):
            for nearer in seen[k + 1 :]:
                hull = cv2.convexHull(nearer.outline(view).astype(np.float32))
                for corner in vehicle.plate_quad(view):
                    away = cv2.pointPolygonTest(hull, (float(corner[0]), float(corner[1])), True)
                    assert away < 0, f"seed {seed}"


@pytest.mark.slow
def test_same_seed_same_street() -> None:
    again, _ = draw_street(np.random.default_rng([3, 0]))
    assert np.array_equal(again, drawn(3)[0])
    assert not np.array_equal(again, drawn(4)[0])


def test_spots_run_from_far_to_near_with_known_bodies() -> None:
    assert {kind for kind, *_ in street.SPOTS} == set(BODIES)


def test_a_vehicle_turned_left_shows_its_end_in_perspective() -> None:
    view = View()
    straight = Vehicle(
        body=BODIES["saloon"], frame=Frame(x=0, z=10), paint=(9, 9, 9), plate_m=(0.11, 0.52)
    )
    quad = straight.plate_quad(view)
    # 3 cm before the end face, 10 m away
    assert quad[1, 0] - quad[0, 0] == pytest.approx(1400 * 0.52 / 9.97)
    turned = Vehicle(
        body=BODIES["saloon"],
        frame=Frame(x=0, z=10, yaw_rad=0.5),
        paint=(9, 9, 9),
        plate_m=(0.11, 0.52),
    )
    quad = turned.plate_quad(view)
    assert quad[2, 1] - quad[1, 1] > quad[3, 1] - quad[0, 1]  # its right end is nearer


def test_fill_covers_just_its_polygon() -> None:
    canvas = Canvas((20, 30))
    canvas.fill([[5, 4], [25, 4], [25, 14], [5, 14]], (200, 100, 50))
    picture = canvas.finished()
    expected = np.zeros((20, 30, 3), int)
    expected[4:14, 5:25] = (200, 100, 50)
    inner = np.ones((20, 30), bool)
    inner[3:15, [4, 5, 24, 25]] = False
    inner[[3, 4, 13, 14], 4:26] = False
    assert np.array_equal(picture[inner], expected[inner])
    assert abs(picture.astype(int) - expected).max() <= 100


def test_rounding_stays_inside_and_keeps_the_sides() -> None:
    curve = rounded([[0, 0], [10, 0], [10, 4], [0, 4]], 1.0)
    assert curve.min() == 0 and curve[:, 0].max() == 10 and curve[:, 1].max() == 4
    assert not any(np.array_equal(p, [0, 0]) for p in curve)


@pytest.mark.process
def test_module_writes_the_picture(tmp_path: Path) -> None:
    target = tmp_path / "street.png"
    command = [sys.executable, "-m", "platewright.synth.street.picture", str(target), "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    picture, record, _ = drawn(3)
    assert np.array_equal(load_image(target), picture)
    assert all(plate.text in done.stderr for plate in record.plates)
    command[3] = str(tmp_path / "street.xyz")
    wrong = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert wrong.returncode == 1
    assert len(wrong.stderr.splitlines()) == 1 and "street.xyz" in wrong.stderr
