from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from platewright.errors import ConfigError
from platewright.geometry import homography, project
from platewright.record import SceneRecord
from platewright.synth.scene import draw_camera
from platewright.synth.street.picture import DriveSettings, _draw_moment, _draw_path, draw_drive
from platewright.synth.street.scenery import Frame
from platewright.synth.street.vehicle import BODIES

SMALL = DriveSettings(size=(180, 320))


def drive(
    seed: int, settings: DriveSettings = SMALL, take: int = 2
) -> list[tuple[np.ndarray, SceneRecord]]:
    """Return the first frames of a drive."""
    return list(islice(draw_drive(np.random.default_rng(seed), settings, seed=(seed, 0)), take))


@pytest.mark.slow
def test_the_same_seed_draws_the_same_drive_and_another_another() -> None:
    first, again, other = drive(1), drive(1), drive(2)
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(first, again, strict=True))
    assert not np.array_equal(first[0][0], other[0][0])
    assert first[0][1].seed == (1, 0)


@pytest.mark.parametrize("hardness", [0.0, pytest.param(1.0, marks=pytest.mark.slow)])
def test_one_whole_plate_with_one_text_in_every_frame(hardness: float) -> None:
    settings = DriveSettings(size=(180, 320), frames=3, hardness=hardness, fps=10)
    for seed in range(2):
        frames = drive(seed, settings, take=9)
        assert len(frames) == 3
        texts = {record.plates[0].text for _, record in frames}
        assert len(texts) == 1
        assert len(texts.pop()) >= 2
        for k, (picture, record) in enumerate(frames):
            assert picture.shape == (180, 320, 3)
            assert picture.dtype == np.uint8
            assert len(record.plates) == 1
            x0, y0, x1, y1 = record.plates[0].box
            assert 0 <= x0 < x1 <= 320
            assert 0 <= y0 < y1 <= 180
            assert (record.drawn["frame"], record.drawn["time_s"]) == (k, k / 10)


@pytest.mark.slow
def test_the_plate_lies_where_its_quad_says() -> None:
    for seed in (0, 1):
        settings = DriveSettings(size=(360, 640), regions=("GB",), hardness=0)
        picture, record = drive(seed, settings)[-1]
        plate = record.plates[0]
        matrix = homography(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float), plate.quad)
        ink = np.mean([patch(picture, c.quad.mean(axis=0), 3).min() for c in plate.characters])
        rim = project(matrix, [[0.5, 0.07], [0.5, 0.93], [0.96, 0.07], [0.96, 0.93]])
        level = np.mean([patch(picture, point, 0).max() for point in rim])
        assert level > 1.2 * ink  # black on white or yellow, and so are its edges


def patch(picture: np.ndarray, point: np.ndarray, reach: int) -> np.ndarray:
    x, y = np.floor(point).astype(int)
    return picture[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1].mean(-1)


def test_a_front_comes_nearer_and_a_rear_goes_away() -> None:
    rng = np.random.default_rng(3)
    for body in BODIES.values():
        path = _draw_path(rng, DriveSettings(frames=9), body, 0.52)
        depths = [place.z for place in path]
        assert len(path) == 9
        assert all(isinstance(place, Frame) for place in path)
        assert depths == sorted(depths, reverse=body.front)
        assert 1.15 < max(depths) / min(depths) < 1.65


def test_hard_drives_are_farther_off_noisier_and_less_sharp() -> None:
    rng = np.random.default_rng(5)
    lens = draw_camera(rng, detail_px=60, strength=0.3)
    body = next(iter(BODIES.values()))

    def of(hardness: float) -> tuple[float, float, float]:
        settings = DriveSettings(hardness=hardness)
        nearest = [min(f.z for f in _draw_path(rng, settings, body, 0.52)) for _ in range(60)]
        moments = [_draw_moment(rng, lens, hardness, np.zeros(2), 60) for _ in range(60)]
        return (
            float(np.mean(nearest)),
            float(np.mean([moment["noise"].sd for moment in moments])),
            float(np.mean([moment["blur"].px for moment in moments])),
        )

    easy, hard = of(0.0), of(1.0)
    assert hard[0] > 1.03 * easy[0]
    assert hard[1] > easy[1] + 2
    assert hard[2] > easy[2] + 0.1


@pytest.mark.parametrize(
    "wrong", [{"hardness": 1.5}, {"size": (60, 640)}, {"frames": 0}, {"fps": 0}]
)
def test_drives_that_can_not_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="drive"):
        DriveSettings(**wrong)  # type: ignore[arg-type]
