"""Eight scenes overfitted, saved, exported, reloaded, and read by detect.py as a person runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.geometry import iou, project
from platewright.image import save_image
from platewright.network.export import export_beside
from platewright.network.weights import load_weights, model_arrays
from platewright.reading.finder import RATIO
from platewright.reading.straighten import rectify
from platewright.record import PlateRecord
from platewright.region import load_region
from platewright.synth.background import Backgrounds
from platewright.synth.effect import blur
from platewright.synth.placement import Pose, add_plate, pose_quad
from platewright.synth.scene import apply_camera
from platewright.synth.style import PlateStyle
from platewright.training.fit import Trainer, TrainSettings, learning_rate
from platewright.training.stream import Batch
from platewright.training.task import IGNORE
from platewright.training.task.scan import scan_target
from platewright.training.task.slots import slot_target
from platewright.training.view import View, frame_quad
from tests.network.conftest import looks
from tests.script import run_process
from tests.training.conftest import tasks_of

SIZE = (384, 640)
CROP = (128, 208)
WIDTHS = (92.0, 112.0)
"""A plate is 46 to 56 pixels wide in the half-sized scene, the middle of what a window wants."""
NETWORK = looks((8, 16, 24), (12, 16, 24, 32), window=(32, 96))
SCAN, SLOTS = NETWORK.scan, NETWORK.slots
assert SCAN is not None and SLOTS is not None
STEPS = 450


@dataclass(frozen=True)
class Scene:
    image: np.ndarray
    plate: PlateRecord


def draw_scenes() -> list[Scene]:
    """One plain plate in each, straight on; the rest is a drawn background."""
    stock = Backgrounds(num_drawn=8, seed=21)
    scenes = []
    for index in range(8):
        rng = np.random.default_rng([21, index])
        look = load_region("GB" if index % 2 else "DE").draw(rng)
        while len(look.lines) > 1 or look.size_mm[1] < 4 * look.size_mm[0]:
            look = load_region("GB" if index % 2 else "DE").draw(rng)
        quad = pose_quad(Pose(), look.size_mm, rng.uniform(*WIDTHS))
        quad = quad + rng.uniform([80, 60], [SIZE[1] - 80, SIZE[0] - 60])
        style = PlateStyle(
            face="Barlow-SemiBold",
            small_face="Barlow-SemiBold",
            header_face="Barlow-SemiBold",
            background=(235, 235, 225),
            foreground=(25, 25, 25),
        )
        canvas = stock.crop(rng, SIZE)
        plate = add_plate(rng, canvas, look, Pose(), quad, style=style)
        scenes.append(Scene(apply_camera(canvas, {"blur": blur.Parameters(px=0.6)}), plate))
    return scenes


def move(plate: PlateRecord, matrix: np.ndarray) -> PlateRecord:
    return replace(plate, quad=project(matrix, plate.quad))


def draw_batch(rng: np.random.Generator, scenes: list[Scene]) -> Batch:
    """Crops of the scenes as the pyramid shrinks them, and windows as the looks frame them."""
    images, presences, corners = [], [], []
    for turn, k in enumerate(rng.permutation(8)[:4]):
        scene = scenes[k]
        near = turn < 3  # the plate is in the crop: three times about as large as a window wants it
        factor = 0.5 * RATIO ** float(rng.uniform(-0.9, 0.9) if near else rng.uniform(-2.2, 5))
        small = cv2.resize(scene.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        pad = 40
        small = cv2.copyMakeBorder(small, pad, CROP[0], pad, CROP[1], cv2.BORDER_REPLICATE)
        x0, y0, x1, y1 = (v * factor + pad for v in scene.plate.box)
        most_x, most_y = small.shape[1] - CROP[1], small.shape[0] - CROP[0]
        if near:
            left = int(rng.uniform(max(x1 + 30 - CROP[1], 0), max(min(x0 - 30, most_x), 1)))
            top = int(rng.uniform(max(y1 + 20 - CROP[0], 0), max(min(y0 - 20, most_y), 1)))
        else:
            left, top = int(rng.integers(most_x)), int(rng.integers(most_y))
        matrix = np.array([[factor, 0, pad - left], [0, factor, pad - top], [0, 0, 1]])
        presence, corner = scan_target([move(scene.plate, matrix)], CROP, SCAN)
        images.append(small[top : top + CROP[0], left : left + CROP[1]])
        presences.append(presence)
        corners.append(corner)
    cells = SLOTS.cells
    windows, characters, slots, texts, there, frames = [], [], [], [], [], []
    for turn in range(12):
        k = int(rng.integers(8))
        scene = scenes[k]
        quad = scene.plate.quad
        present = turn < 10
        if present:
            quad = frame_quad(rng, quad, upright=False)
            if turn % 2:  # a scan as small as this one frames worse than the real one
                quad = frame_quad(rng, quad, upright=False)
        else:  # somewhere else
            x, y = rng.uniform([0, 0], [SIZE[1], SIZE[0]])
            quad = (quad - quad.mean(axis=0)) * rng.uniform(0.7, 1.5) + [x, y]
            present = bool(np.abs(quad - scene.plate.quad).max() < 20)
        window, matrix = rectify(scene.image, quad, SLOTS.window, SLOTS.margin)
        windows.append(window)
        there.append([present])
        if present:
            a, b, c = slot_target(scene.plate, matrix, SLOTS)
            frames.append(View(window, scene.plate, matrix).corners)
        else:
            a, b = np.full(cells, IGNORE, np.int32), np.full(cells, IGNORE, np.int32)
            c = np.full(SLOTS.slots, IGNORE, np.int32)
            frames.append(np.zeros(9, np.float32))
        characters.append(a)
        slots.append(b)
        texts.append(c)
    inputs = {"image": np.stack(images)[..., None], "window": np.stack(windows)[..., None]}
    targets: dict[str, np.ndarray] = {
        "scan_presence": np.stack(presences)[..., None],
        "scan_corners": np.stack(corners).astype(np.float32),
        "slot_characters": np.stack(characters),
        "slot_map": np.stack(slots),
        "slots": np.stack(texts),
        "presence": np.array(there, np.float32),
        "corners": np.stack(frames).astype(np.float32),
    }
    return inputs, targets


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return draw_scenes()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, scenes: list[Scene]) -> Path:
    """A folder with weights.npz and weights.onnx that know the eight scenes by heart."""
    folder = tmp_path_factory.mktemp("overfit")
    settings = TrainSettings(steps=STEPS, rate=6e-3, warmup=30, last_rate=0.02, clip=5.0)
    trainer = Trainer(tasks_of(NETWORK), settings, folder)
    rng = np.random.default_rng(1)
    for step in range(STEPS):
        trainer._learn(draw_batch(rng, scenes), learning_rate(settings, step, step / STEPS))
    trainer.step, trainer.average = STEPS, model_arrays(trainer.model)
    trainer.save()
    assert export_beside(folder / "weights.npz") == [folder / "weights.onnx"]
    return folder


def test_the_weights_come_back(run: Path) -> None:
    _, settings, note = load_weights(run / "weights.npz")
    assert settings == NETWORK and note["steps"] == STEPS


@pytest.mark.parametrize("weights", ["weights.onnx", "weights.npz"])
def test_detect_reads_every_scene(
    run: Path, scenes: list[Scene], tmp_path: Path, weights: str
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for index, scene in enumerate(scenes):
        save_image(photos / f"{index}.png", np.repeat(scene.image[..., None], 3, axis=2))
    # Presence is the product of the scan's and the slot reader's, which is less than a frame's.
    words = [str(photos), str(run / weights), str(tmp_path / "out"), "--min-presence", "0.12"]
    done = run_process(tmp_path, "detect.py", *words)  # on all cores
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "readings.jsonl").read_text().splitlines()
    assert len(lines) == 8
    for line, scene in zip(lines, scenes, strict=True):
        found = json.loads(line)
        wanted = "".join(
            SLOTS.alphabet.characters[SLOTS.alphabet.index(c)] for c in scene.plate.text
        )
        assert [p["text"] for p in found["plates"]] == [wanted], found["file"]
        (plate,) = found["plates"]
        assert iou(tuple(plate["box"]), scene.plate.box) > 0.5
        assert wanted in done.stdout
