"""One file is one effect: everything else finds it by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.region import load_region
from platewright.synth.background import Backgrounds
from platewright.synth.effect import (
    STAGES,
    Effect,
    Shot,
    Surroundings,
    effect_names,
    effects,
    panel,
    read_effects,
)
from platewright.synth.option import Recorded
from platewright.synth.placement import draw_pose, pose_quad
from platewright.synth.scene import SceneSettings, draw_closeup
from platewright.synth.settings import DEFAULT

EACH = pytest.mark.parametrize("effect", effects(), ids=effect_names())
NEW = '''"""Scratches: thin bright lines across the plate."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from platewright.synth import option
from platewright.synth.option import Recorded

STAGE = "plate"
ORDER = 50


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.1, "of scratched plates")


@dataclass(frozen=True, kw_only=True)
class Parameters(Recorded):
    """Where; (x0, y0, x1, y1) of each, parts of the plate's size."""

    lines: tuple[tuple[float, float, float, float], ...]


def draw(rng, settings, look):
    if rng.random() >= settings.share:
        return None
    return Parameters(lines=tuple(map(tuple, rng.random((3, 4)).tolist())))


def apply(image, parameters, canvas):
    height, width = image.shape[:2]
    for x0, y0, x1, y1 in parameters.lines:
        ends = (int(x0 * width), int(y0 * height)), (int(x1 * width), int(y1 * height))
        cv2.line(image, *ends, canvas.tone((240, 240, 240)), 1, cv2.LINE_AA)
    return image
'''
PROGRAM = """
import json, sys
from pathlib import Path
from platewright.synth import effect
effect.__path__.append("effects")
from platewright.command.gen import main
from platewright.errors import ConfigError
print(main(["--options"]))
print(main(["8", "--settings", "all.toml", "--out", "all", "--workers", "1", "--explain", "0"]))
print(main(["8", "--settings", "none.toml", "--out", "none", "--workers", "1"]))
try:
    main(["8", "--settings", "wrong.toml", "--out", "wrong", "--workers", "1"])
except ConfigError as error:
    print(error)
from platewright.synth.style import PlateStyle
from platewright.generation import sheet as explain
line = json.loads(Path("all/labels.jsonl").read_text().splitlines()[0])
drawn = next(p for p in line["plates"])["drawn"]["style"]
style = PlateStyle.from_dict(drawn)
print(json.loads(json.dumps(style.as_dict())) == drawn)
print(explain._describe_effects(style.effects, "plate"))
"""


def about(effect: Effect) -> object:
    """Return what an effect is told when it is drawn."""
    stage = list(STAGES).index(effect.stage)
    if effect.stage == "surface":
        return Surroundings()
    if stage < list(STAGES).index("shine"):
        return load_region("DE").draw(np.random.default_rng(0))
    return Shot(resample=1.0)


@EACH
def test_an_effect_says_what_it_is_and_what_its_options_mean(effect: Effect) -> None:
    assert effect.told.endswith(".") and effect.stage in STAGES
    settings = effect.settings()
    assert DEFAULT.effects[effect.index] == settings == DEFAULT.table(effect.name)
    for option in fields(settings):
        assert option.metadata["low"] < option.metadata["high"] and option.metadata["told"]
    assert hash(settings) is not None  # windows keep plates by their settings
    with pytest.raises(FrozenInstanceError):
        settings.share = 1.0


@EACH
def test_drawn_parameters_are_named_and_come_back_from_the_record(effect: Effect) -> None:
    drawn = []
    for seed in range(400):
        one = effect.draw(np.random.default_rng(seed), effect.settings(), about(effect))
        again = effect.draw(np.random.default_rng(seed), effect.settings(), about(effect))
        assert one == again
        drawn += [] if one is None else [one]
    assert len(drawn) >= 4
    for one in drawn[:20]:
        assert is_dataclass(one) and isinstance(one, Recorded)
        written = json.loads(json.dumps(one.as_dict()))
        assert read_effects({effect.name: written}) == {effect.name: one}
        with pytest.raises(FrozenInstanceError):
            setattr(one, fields(one)[0].name, 0)


@pytest.mark.parametrize("name", ["stickers", "frame"])
def test_a_region_asks_for_more_of_it_and_nothing_is_nothing(name: str) -> None:
    (effect,) = (each for each in effects() if each.name == name)
    look = load_region("DE").draw(np.random.default_rng(0))

    def count(asked: float, share: float) -> int:
        asking = replace(look, **{name: asked})  # type: ignore[arg-type]
        settings = replace(effect.settings(), share=share)
        drawn = [effect.draw(np.random.default_rng(k), settings, asking) for k in range(200)]
        return sum(one is not None for one in drawn)

    assert count(1.0, 0.1) == 200 and count(1.0, 0.0) == 0
    assert count(0.0, 0.1) < 50 < 80 < count(0.6, 0.1)


@pytest.mark.slow
def test_every_effect_stands_in_the_record_under_its_name() -> None:
    seen, stock = set(), Backgrounds(num_drawn=2)
    for seed in range(250):
        rng = np.random.default_rng([5, seed])
        _, record = draw_closeup(rng, stock, SceneSettings(resample=3.0))
        written = record.as_dict()
        plate = written["plates"][0]["drawn"]
        seen |= set(written["drawn"]["camera"]) | set(plate["style"]["effects"])
        seen |= set(plate["around"])
        if seen == set(effect_names()):
            break
    assert seen == set(effect_names())


def test_a_new_file_is_an_effect_everywhere(tmp_path: Path) -> None:
    (tmp_path / "effects").mkdir()
    (tmp_path / "effects" / "scratches.py").write_text(NEW)
    for name, text in (("all", "share = 1"), ("none", "share = 0"), ("wrong", "shaer = 1")):
        (tmp_path / f"{name}.toml").write_text(f"[windows]\nempty = 0\n[scratches]\n{text}\n")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert "# Scratches: thin bright lines across the plate.\n[scratches]\n" in done.stdout
    assert "share = 0.1  # share of scratched plates\n" in done.stdout
    said = done.stdout.splitlines()
    assert "wrong.toml: scratches.shaer: unknown key; did you mean 'share'?" in said
    assert said[-2] == "True" and "scratches: lines ((" in said[-1]
    assert (tmp_path / "explain.png").is_file()
    for name in ("all", "none"):
        lines = (tmp_path / name / "labels.jsonl").read_text().splitlines()
        plates = [plate for line in lines for plate in json.loads(line)["plates"]]
        drawn = ["scratches" in plate["drawn"]["style"]["effects"] for plate in plates]
        assert len(drawn) >= 6 and set(drawn) == {name == "all"}


def environment() -> dict[str, str]:
    """Return the environment with the checkout on the path."""
    import os

    return os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])}


def add_panel(rng: np.random.Generator, canvas: np.ndarray, quad: np.ndarray) -> None:
    drawn = panel.draw(rng, panel.Settings(share=1.0), Surroundings())
    assert drawn is not None
    assert panel.apply(canvas, drawn, quad) is canvas


@pytest.mark.parametrize("shape", [(120, 200), (120, 200, 3)])
def test_a_panel_covers_the_plates_place(shape: tuple[int, ...]) -> None:
    quad = quad_of_box((70, 45, 130, 65))
    for seed in range(20):
        dark, light = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
        for canvas in (dark, light):
            add_panel(np.random.default_rng(seed), canvas, quad)
        covered = (dark == light).reshape(120, 200, -1).all(axis=-1)
        assert covered[45:65, 70:130].all()
        assert not covered[: 45 - 34].any() and not covered[65 + 34 :].any()  # 1.6 of its height


def test_no_pose_breaks_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        canvas = np.zeros((60, 90), np.uint8)
        quad = pose_quad(draw_pose(rng), (110, 520), 300.0) + rng.uniform(-200, 200, 2)
        add_panel(rng, canvas, quad)
    line = np.array([[0, 0], [10, 10], [20, 20], [30, 30]], float)
    canvas = np.zeros((60, 90), np.uint8)
    add_panel(rng, canvas, line)
    assert not canvas.any()
