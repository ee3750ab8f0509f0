"""The settings file of drawings, `synth.toml`: presets, and checks that name file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platewright.errors import ConfigError
from platewright.resource import DATA
from platewright.synth.option import check_value
from platewright.synth.settings import SynthSettings, table_names

__all__ = ["PRESETS_FILE", "load_synth", "preset_names"]

PRESETS_FILE = DATA / "synth.toml"
"""The bundled settings file, which holds the presets."""

FORMER = {
    "light": {
        "shadow": "shadow.share", "shadow_weight": "shadow.weight", "glare": "glare.share",
        "vignette": "vignette.share", "night": "night.share", "retro": "night.retro",
        "gamma_sd": "exposure.gamma_sd", "exposure_sd": "exposure.gain_sd",
    },
    "lens": {
        "blur": "blur.share", "blur_px": "blur.px", "motion": "motion.share",
        "motion_px": "motion.px", "barrel": "barrel.share", "barrel_limit": "barrel.limit",
        "drops": "drops.share",
    },
    "sensor": {
        "resample": "resample.share", "resample_size": "resample.size", "noise": "noise.share",
        "noise_mean": "noise.mean", "grain": "noise.grain", "sharpen": "sharpen.share",
        "jpeg": "jpeg.share", "jpeg_quality": "jpeg.quality",
    },
    "plate": {
        "stroke": "stroke.share", "thin": "stroke.thin", "gradient": "gradient.share",
        "texture": "texture.share", "picture": "picture.share", "emboss": "emboss.scale",
        "dirt": "dirt.share", "wear": "wear.share", "bolts": "bolts.share",
        "stickers": "stickers.share", "frame": "frame.share", "frame_text": "frame.text",
        "frame_cut": "frame.cut", "bow": "bow.share", "cover": "cover.share",
    },
}  # fmt: skip
"""Keys of files that were written before each effect had a table of its own; they still count."""
WEIGHTS = ("decoys", "windows")


def load_synth(path: Path | None = None, preset: str = "") -> SynthSettings:
    """Read a settings file, and a preset of it.

    Args:
        path: the file; None: the bundled `synth.toml`.
        preset: name of a table below `[preset]`; empty: none.

    Raises:
        ConfigError: if the file or a key of it can't be used, or has no such preset. A preset that
            a user's file lacks is taken from the bundled one.
    """
    path = path or PRESETS_FILE
    data = _parse(path)
    presets = data.pop("preset", {})
    if not isinstance(presets, dict):
        raise ConfigError(f"{path}: preset: no table; write [preset.NAME.blur] and the like")
    settings = _changed(SynthSettings(), data, path, "")
    if not preset:
        for name, tables in presets.items():  # a slip in any of them is worth knowing
            _changed(settings, tables, path, f"preset.{name}.")
        return settings
    if preset not in presets and path != PRESETS_FILE:
        bundled = _parse(PRESETS_FILE).get("preset", {})
        presets, path = bundled | presets, PRESETS_FILE
    if preset not in presets:
        raise ConfigError(f"{path}: no preset {preset}; it has {', '.join(presets) or 'none'}")
    return _changed(settings, presets[preset], path, f"preset.{preset}.")


def preset_names(path: Path | None = None) -> tuple[str, ...]:
    """Return the presets of a settings file, or of the bundled one."""
    return tuple(_parse(path or PRESETS_FILE).get("preset", {}))


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give a settings file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no valid TOML: {error}; mend it there") from None


def _changed(
    settings: SynthSettings, data: Mapping[str, Any], path: Path, place: str
) -> SynthSettings:
    """Return the settings with a file's tables laid over them."""
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: {place.rstrip('.')}: no table")
    tables = (*table_names(), *FORMER)
    for name, table in data.items():
        if name not in tables:
            raise _unknown(path, place + name, name, tables)
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {place}{name}: no table; write [{place}{name}]")
        former = FORMER.get(name, {})
        known = _options(settings, name) if name in table_names() else {}
        for key, value in table.items():
            where = f"{place}{name}.{key}"
            if key not in known and key not in former:
                raise _unknown(path, where, key, (*known, *former))
            owner, _, option = former.get(key, f"{name}.{key}").partition(".")
            try:
                value = check_value(_options(settings, owner)[option], value)
            except ValueError as error:
                raise ConfigError(f"{path}: {where}: {error}") from None
            settings = settings.changed(owner, **{option: value})
        part = settings.table(name) if name in WEIGHTS else None
        if part is not None and not any(getattr(part, f.name) for f in fields(part)):
            raise ConfigError(f"{path}: {place}{name}: every weight is 0; give one above 0")
    return settings


def _options(settings: SynthSettings, name: str) -> dict[str, Field[Any]]:
    """Return the options of a table."""
    return {option.name: option for option in fields(settings.table(name))}


def _unknown(path: Path, where: str, key: str, known: tuple[str, ...]) -> ConfigError:
    near = get_close_matches(key, known, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    return ConfigError(f"{path}: {where}: unknown key; {hint}")
