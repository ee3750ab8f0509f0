"""The settings file: presets, checks, and that every share comes out as it is set."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ConfigError
from platewright.synth.background import Backgrounds
from platewright.synth.decoy import KINDS
from platewright.synth.effect import CAMERA, effects_of
from platewright.synth.placement import draw_pose
from platewright.synth.scene import SceneSettings, draw_camera, draw_scene
from platewright.synth.settings import (
    DEFAULT,
    FORMER,
    PRESETS_FILE,
    DecoySettings,
    SynthSettings,
    list_options,
    load_synth,
    table_names,
)

STOCK = Backgrounds(num_drawn=2)


def write(folder: Path, text: str) -> Path:
    path = folder / "my.toml"
    path.write_text(text)
    return path


def test_the_bundled_file_is_the_defaults_with_four_presets() -> None:
    assert load_synth() == DEFAULT == SynthSettings()
    names = tomllib.loads(PRESETS_FILE.read_text("utf-8"))["preset"]
    assert tuple(names) == ("gate", "street", "night", "phone")
    drawn = {name: load_synth(preset=name) for name in names}
    assert len({repr(v) for v in drawn.values()}) == 4 and DEFAULT not in drawn.values()


def test_a_users_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = write(
        tmp_path, "[light]\nnight = 0.5\n[lens]\nblur_px = [1, 2]\n[preset.x.pose]\nyaw_sd=3"
    )
    mine = load_synth(path)
    assert mine == DEFAULT.changed("night", share=0.5).changed("blur", px=(1.0, 2.0))
    both = load_synth(path, "x")
    assert both.pose.yaw_sd == 3.0 and both.table("night").share == 0.5
    assert load_synth(path, "gate").table("night").share == 0.4  # a preset over the user's file


def test_an_effect_is_addressed_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, "[night]\nshare = 0.5\n[blur]\npx = [1, 2]\n[emboss]\nscale = 2")
    wanted = DEFAULT.changed("night", share=0.5).changed("blur", px=(1.0, 2.0))
    assert load_synth(path) == wanted.changed("emboss", scale=2.0)


@pytest.mark.parametrize("table", FORMER)
def test_files_from_before_effects_had_tables_still_count(tmp_path: Path, table: str) -> None:
    for key, now in FORMER[table].items():
        owner, option = now.split(".")
        value = getattr(DEFAULT.table(owner), option)
        new = tuple(v * 0.9 for v in value) if isinstance(value, tuple) else value * 0.9
        shown = list(new) if isinstance(new, tuple) else new
        read = load_synth(write(tmp_path, f"[{table}]\n{key} = {shown}\n"))
        assert read == DEFAULT.changed(owner, **{option: new}) != DEFAULT


def test_all_options_are_listed_with_what_they_mean(tmp_path: Path) -> None:
    listed = list_options()
    assert load_synth(write(tmp_path, listed)) == DEFAULT
    for name in table_names():
        block = listed.split(f"\n[{name}]\n")[1].split("\n\n")[0]
        names = [f.name for f in fields(DEFAULT.table(name))]
        assert [line.split(" = ")[0] for line in block.splitlines()] == names
        assert all(len(line.split("  # ")[1]) > 2 for line in block.splitlines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ligth]\nnight = 1", "my.toml: ligth: unknown key; did you mean 'light'?"),
        ("[light]\nnihgt = 1", "my.toml: light.nihgt: unknown key; did you mean 'night'?"),
        ("[blurr]\nshare = 1", "my.toml: blurr: unknown key; did you mean 'blur'?"),
        ("[blur]\nshade = 1", "my.toml: blur.shade: unknown key; did you mean 'share'?"),
        ("[blur]\npx = [3, 1]", "my.toml: blur.px: 3 is above 1"),
        ("[blur]\npx = [3, 30]", "my.toml: blur.px: 30 is not between 0 and 20"),
        ("[light]\nnight = 1.5", "light.night: 1.5 is not between 0 and 1"),
        ("[light]\nnight = 'yes'", "light.night: 'yes' is no number"),
        ("[light]\nnight = true", "light.night: True is no number"),
        ("[lens]\nblur_px = 3", "lens.blur_px: a pair [low, high] wanted"),
        ("[lens]\nblur_px = [3, 1]", "lens.blur_px: 3 is above 1"),
        ("[pose]\nyaw_limit = 80", "pose.yaw_limit: 80 is not between 0 and 75"),
        ("light = 3", "my.toml: light: no table"),
        ("[light\n", "no valid TOML"),
        ("[preset.a.light]\nnigth = 1", "preset.a.light.nigth: unknown key"),
        (
            "[windows]\npresent=0\nempty=0\ncut=0\nsmall=0\nlarge=0",
            "windows: every weight is 0",
        ),
    ],
)
def test_slips_name_file_and_key_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_synth(write(tmp_path, text))
    assert said in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_preset_and_a_missing_file_say_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no preset dawn; it has gate, street, night, phone"):
        load_synth(preset="dawn")
    with pytest.raises(ConfigError, match="No such file"):
        load_synth(tmp_path / "none.toml")


@pytest.mark.parametrize("name", [e.name for e in effects_of(*CAMERA) if e.name != "exposure"])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_every_effect_comes_as_often_as_it_is_set(name: str, share: float) -> None:
    settings = DEFAULT.changed("night", share=0.0).changed(name, share=share)
    rng = np.random.default_rng(0)
    drawn = [name in draw_camera(rng, settings, resample=1.0) for _ in range(600)]
    assert np.mean(drawn) == pytest.approx(share, abs=0.0 if share in (0, 1) else 0.06)


def test_angles_obey_the_file() -> None:
    rng = np.random.default_rng(1)
    still = replace(
        DEFAULT.pose, yaw_sd=0.0, yaw_wide=0.0, pitch_sd=0.0, pitch_wide=0.0, roll_limit=5.0
    )
    poses = [draw_pose(rng, still) for _ in range(300)]
    assert {(p.yaw, p.pitch) for p in poses} == {(0.0, 0.0)}
    assert 4 < max(abs(np.degrees(p.roll)) for p in poses) <= 5 + 1e-9
    assert all(2.5 <= p.distance <= 20 for p in poses)


@pytest.mark.slow
def test_decoys_come_in_their_shares_within_two_percent() -> None:
    """Also where plates and other decoys leave little room: the hard ones must not get rare."""
    settings = SceneSettings(
        size=(96, 160), plates=(0.0, 0.5, 0.5), decoys=(0.0, 0.0, 0.0, 1.0), camera=0.0, panel=0.0
    )
    counts: Counter[str] = Counter()
    wanted = 0
    for k in range(1400):
        _, record = draw_scene(np.random.default_rng([3, k]), STOCK, settings)
        kinds = record.drawn["decoys"]
        assert len(kinds) == len(record.decoys)
        counts.update(kinds)
        wanted += 3
    assert counts.total() > 0.97 * wanted
    weights = {f.name: getattr(DEFAULT.decoys, f.name) for f in fields(DecoySettings)}
    assert set(counts) == set(KINDS) == set(weights)
    for kind, weight in weights.items():
        share = weight / sum(weights.values())
        assert counts[kind] / counts.total() == pytest.approx(share, abs=0.02), kind


def test_plates_shine_by_night_only() -> None:
    night = DEFAULT.changed("night", share=1.0, retro=1.0)
    rng = np.random.default_rng(0)
    assert all(draw_camera(rng, night)["night"].retro > 1 for _ in range(20))
    day = DEFAULT.changed("night", share=0.0, retro=1.0)
    assert all("night" not in draw_camera(rng, day) for _ in range(20))
    levels = []
    for synth in (night, night.changed("night", retro=0.0)):
        settings = SceneSettings(
            regions=("NL",), plates=(0.0, 1.0), decoys=(1.0,), camera=1.0, panel=0.0, synth=synth
        )
        inside = []
        for k in range(30):
            image, record = draw_scene(np.random.default_rng([9, k]), STOCK, settings)
            for plate in record.plates:
                x0, y0, x1, y1 = (max(int(v), 0) for v in plate.box)
                inside.append(image[y0:y1, x0:x1].mean())
        levels.append(np.mean(inside))
    assert levels[0] > 1.15 * levels[1]
