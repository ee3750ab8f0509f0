from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platewright.synth.effect import Drawn, effects, move_points, read_effects
from platewright.synth.effect.motion import motion_kernel
from platewright.synth.scene import apply_camera, draw_camera

GREY = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (96, 160), np.uint8), (0, 0), 1.2)
COLOUR = np.stack([GREY, 255 - GREY, GREY[::-1]], axis=-1)
BOTH = pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])


def camera(**drawn: dict[str, object]) -> Drawn:
    return read_effects(drawn)


@BOTH
def test_a_neutral_camera_changes_nothing(picture: np.ndarray) -> None:
    before = picture.copy()
    assert (apply_camera(picture, camera()) == picture).all()
    apply_camera(picture, camera(noise={"sd": 20.0}, exposure={"gain": 1.4}, shadow={"angle": 0.3}))
    assert (picture == before).all()  # what goes in is left alone


@settings(max_examples=100, deadline=None)
@given(st.floats(2, 40), st.floats(0, np.pi))
def test_a_motion_kernel_sums_to_one_and_lies_in_the_middle(length: float, angle: float) -> None:
    kernel = motion_kernel(length, angle)
    assert kernel.shape[0] == kernel.shape[1] and kernel.shape[0] % 2 == 1
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert kernel.min() >= 0
    y, x = np.indices(kernel.shape)
    assert (x * kernel).sum() == pytest.approx(kernel.shape[1] // 2, abs=1e-3)
    assert (y * kernel).sum() == pytest.approx(kernel.shape[0] // 2, abs=1e-3)


def spread(picture: np.ndarray, axis: int) -> float:
    """How far a single white pixel is smeared along an axis, standard deviation."""
    weight = picture.astype(float).sum(axis=1 - axis)
    at = np.arange(weight.size)
    mean = (weight * at).sum() / weight.sum()
    return float(np.sqrt((weight * (at - mean) ** 2).sum() / weight.sum()))


def dot() -> np.ndarray:
    picture = np.zeros((61, 61), np.uint8)
    picture[30, 30] = 255
    return cv2.dilate(picture, np.ones((3, 3), np.uint8))


def test_defocus_smears_alike_in_all_directions_as_far_as_it_says() -> None:
    blurred = apply_camera(dot(), camera(blur={"px": 2.0}))
    for axis in (0, 1):
        assert spread(blurred, axis) == pytest.approx(np.hypot(2.0, (8 / 12) ** 0.5), rel=0.1)
    assert int(blurred.sum()) == pytest.approx(int(dot().sum()), rel=0.05)


def test_motion_smears_along_its_angle_alone() -> None:
    level = apply_camera(dot(), camera(motion={"px": 11.0}))
    assert spread(level, 1) > 3.0
    assert spread(level, 0) == pytest.approx(spread(dot(), 0), abs=0.1)
    upright = apply_camera(dot(), camera(motion={"px": 11.0, "angle": np.pi / 2}))
    assert spread(upright, 0) > 3.0 > spread(upright, 1)


@BOTH
def test_shadow_darkens_one_side_and_nothing_else(picture: np.ndarray) -> None:
    shaded = apply_camera(picture, camera(shadow={"angle": 0.0}))  # the right half
    assert (shaded[:, :78] == picture[:, :78]).all()
    assert np.abs(shaded[:, 82:].astype(float) - picture[:, 82:] * 0.5).max() <= 1.0
    assert (shaded <= picture).all()


@BOTH
def test_glare_brightens_round_its_spot_and_vignette_darkens_the_corners(
    picture: np.ndarray,
) -> None:
    lit = (
        apply_camera(
            picture, camera(glare={"x": 0.25, "y": 0.5, "radius": 0.1, "level": 60.0})
        ).astype(int)
        - picture
    )
    assert lit.min() >= 0
    spot = lit[48, 40][picture[48, 40] < 190] if picture.ndim == 3 else lit[48, 40]
    assert np.all(spot >= min(55, 255 - int(np.max(picture[48, 40]))))
    assert np.abs(lit[:, 120:]).max() <= 1
    dark = apply_camera(picture, camera(vignette={"weight": 0.5}))
    assert np.abs(dark[48, 80].astype(int) - picture[48, 80]).max() <= 1
    assert np.abs(dark[0, 0] - picture[0, 0] * 0.5).max() <= 1.5


def test_gamma_gain_and_bias_by_hand() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert apply_camera(ramp, camera(exposure={"gain": 0.5})).ravel()[[0, 100, 255]].tolist() == [
        0,
        50,
        127,
    ]
    assert apply_camera(ramp, camera(exposure={"bias": 10.0})).ravel()[[0, 100, 250]].tolist() == [
        10,
        110,
        255,
    ]
    assert apply_camera(ramp, camera(exposure={"bias": -10.0})).ravel()[[0, 100]].tolist() == [
        0,
        90,
    ]
    bent = apply_camera(ramp, camera(exposure={"gamma": 2.0})).ravel()
    assert bent[[0, 51, 255]].tolist() == [0, 10, 255]  # 51 is a fifth: a twenty-fifth of 255


@BOTH
@pytest.mark.parametrize("grain", [1, 2])
def test_noise_has_its_deviation_and_no_bias(picture: np.ndarray, grain: int) -> None:
    flat = np.full_like(picture, 128)
    noisy = apply_camera(flat, camera(noise={"sd": 9.0, "grain_px": grain, "start": 77})).astype(
        float
    )
    assert noisy.std() == pytest.approx(9.0, rel=0.2)
    assert noisy.mean() == pytest.approx(127.5, abs=0.8)
    again = apply_camera(flat, camera(noise={"sd": 9.0, "grain_px": grain, "start": 77}))
    other = apply_camera(flat, camera(noise={"sd": 9.0, "grain_px": grain, "start": 78}))
    assert (again == noisy).all() and (other != noisy).any()


@pytest.mark.parametrize("size", [(8, 16), (1200, 40), (30, 2500)])
def test_noise_covers_pictures_of_any_size(size: tuple[int, int]) -> None:
    flat = np.full(size, 128, np.uint8)
    noisy = apply_camera(flat, camera(noise={"sd": 9.0, "start": 2**29})).astype(float)
    assert noisy.shape == size
    assert noisy.std() == pytest.approx(9.0, rel=0.35)


def test_sharpening_overshoots_at_an_edge() -> None:
    edge = np.full((20, 40), 80, np.uint8)
    edge[:, 20:] = 160
    sharp = apply_camera(edge, camera(sharpen={"weight": 1.0}))
    assert sharp[10, 19] < 70 and sharp[10, 20] > 170
    assert sharp[10, 2] == 80 and sharp[10, 37] == 160


@BOTH
def test_jpeg_loses_more_at_lower_quality_and_keeps_the_colours(picture: np.ndarray) -> None:
    loss = [
        np.abs(apply_camera(picture, camera(jpeg={"quality": q})).astype(float) - picture).mean()
        for q in (95, 60, 15)
    ]
    assert 0 < loss[0] < loss[1] < loss[2] < 40
    assert apply_camera(picture, camera(jpeg={"quality": 60})).shape == picture.shape


def test_drawn_cameras_repeat_and_vary() -> None:
    first, second = (draw_camera(np.random.default_rng(5)) for _ in range(2))
    assert first == second
    rng = np.random.default_rng(6)
    cameras = [draw_camera(rng) for _ in range(800)]
    shares = {
        "shadow": 0.28, "blur": 0.5, "motion": 0.1, "noise": 0.5, "sharpen": 0.18, "jpeg": 0.7,
    }  # fmt: skip
    for name, share in shares.items():
        assert np.mean([name in c for c in cameras]) == pytest.approx(share, abs=0.06), name
    assert all(15 <= c["jpeg"].quality <= 95 for c in cameras if "jpeg" in c)
    assert set().union(*cameras) <= {effect.name for effect in effects()}


def test_without_strength_there_is_neither_blur_nor_noise() -> None:
    rng = np.random.default_rng(6)
    for _ in range(60):
        drawn = draw_camera(rng, strength=0.0)
        assert not {"barrel", "drops"} & set(drawn)
        blurred = [drawn[name].px for name in ("blur", "motion") if name in drawn]
        assert [*blurred, drawn["noise"].sd if "noise" in drawn else 0] == [0] * (len(blurred) + 1)


@BOTH
def test_barrel_distortion_moves_points_where_bend_says(picture: np.ndarray) -> None:
    canvas = np.zeros_like(picture)
    spots = [(30, 20), (80, 48), (140, 80), (12, 90)]
    for barrel in (0.08, -0.05):
        canvas[:] = 0
        for x, y in spots:
            canvas[y - 1 : y + 2, x - 1 : x + 2] = 255
        drawn = camera(barrel={"bend": barrel})
        seen = apply_camera(canvas, drawn)
        seen = seen if seen.ndim == 2 else seen[..., 0]
        for x, y in spots:
            want = move_points(np.array([x + 0.5, y + 0.5]), canvas.shape[:2], drawn)
            x0, y0 = (max(int(v) - 5, 0) for v in want)
            part = seen[y0 : y0 + 11, x0 : x0 + 11].astype(float)
            rows, cols = np.indices(part.shape)
            found = (
                (part * cols).sum() / part.sum() + x0 + 0.5,
                (part * rows).sum() / part.sum() + y0 + 0.5,
            )
            assert np.hypot(*np.subtract(found, want)) < 0.35
    corner = move_points(np.zeros(2), (96, 160), camera(barrel={"bend": 0.08}))
    assert corner[0] > 0 and corner[1] > 0  # barrel pulls the corners in


@BOTH
def test_drops_change_the_picture_where_they_are_and_nowhere_else(picture: np.ndarray) -> None:
    wet = apply_camera(picture, camera(drops={"places": [[0.5, 0.5, 0.06]]}))
    changed = np.abs(wet.astype(int) - picture).reshape(*picture.shape[:2], -1).max(axis=2)
    assert changed[40:56, 72:88].mean() > 4
    changed[36:60, 68:92] = 0
    assert changed.max() == 0


def test_a_smaller_sensor_loses_detail_and_keeps_the_size() -> None:
    fine = np.random.default_rng(0).integers(0, 256, (96, 160), np.uint8)
    small = apply_camera(fine, camera(resample={"size": 0.5}))
    assert small.shape == fine.shape
    assert small.std() < 0.6 * fine.std()
