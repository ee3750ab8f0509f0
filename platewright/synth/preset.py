"""The settings file of drawings, `synth.toml`: presets, and checks that name file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platewright.errors import ConfigError
from platewright.resource import DATA
from platewright.synth.settings import SynthSettings

__all__ = ["PRESETS_FILE", "load_synth", "preset_names"]

PRESETS_FILE = DATA / "synth.toml"
"""The bundled settings file, which holds the presets."""

TABLES = tuple(f.name for f in fields(SynthSettings))
LIMITS = {
    "yaw_limit": 75.0, "pitch_limit": 60.0, "roll_limit": 45.0, "distance": 1000.0,
    "blur_px": 20.0, "motion_px": 60.0, "noise_mean": 100.0, "jpeg_quality": 100.0,
    "yaw_sd": 60.0, "pitch_sd": 45.0, "roll_sd": 45.0, "barrel_limit": 0.3,
    "gamma_sd": 2.0, "exposure_sd": 2.0, "emboss": 10.0,
}  # fmt: skip
LEAST = {"distance": 1.5, "jpeg_quality": 1.0, "resample_size": 0.05}
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
        raise ConfigError(f"{path}: preset: no table; write [preset.NAME.light] and the like")
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
    for name, table in data.items():
        if name not in TABLES:
            raise _unknown(path, place + name, name, TABLES)
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {place}{name}: no table; write [{place}{name}]")
        part = getattr(settings, name)
        known = {f.name: getattr(part, f.name) for f in fields(part)}
        values = {}
        for key, value in table.items():
            where = f"{place}{name}.{key}"
            if key not in known:
                raise _unknown(path, where, key, tuple(known))
            values[key] = _checked(name, key, value, isinstance(known[key], tuple), path, where)
        part = replace(part, **values)
        if name in WEIGHTS and not any(getattr(part, f.name) for f in fields(part)):
            raise ConfigError(f"{path}: {place}{name}: every weight is 0; give one above 0")
        settings = replace(settings, **{name: part})
    return settings


def _unknown(path: Path, where: str, key: str, known: tuple[str, ...]) -> ConfigError:
    near = get_close_matches(key, known, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    return ConfigError(f"{path}: {where}: unknown key; {hint}")


def _checked(table: str, key: str, value: Any, pair: bool, path: Path, where: str) -> Any:
    """Return a value as the settings hold it."""
    low, high = LEAST.get(key, 0.0), LIMITS.get(key, 1000.0 if table in WEIGHTS else 1.0)
    numbers = value if pair and isinstance(value, list) else [value]
    if pair != isinstance(value, list) or (pair and len(value) != 2):
        raise ConfigError(
            f"{path}: {where}: {'a pair [low, high]' if pair else 'one number'} wanted"
        )
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ConfigError(f"{path}: {where}: {number!r} is no number")
        if not low <= number <= high:
            raise ConfigError(f"{path}: {where}: {number} is not between {low:g} and {high:g}")
    if pair and numbers[0] > numbers[1]:
        raise ConfigError(f"{path}: {where}: {numbers[0]} is above {numbers[1]}")
    return tuple(float(v) for v in numbers) if pair else float(value)
