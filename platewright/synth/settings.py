"""How strongly drawings vary: shares and ranges, and the file `synth.toml` with its presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platewright.errors import ConfigError
from platewright.file import read_toml
from platewright.resource import DATA
from platewright.synth import option
from platewright.synth.effect import default_settings, effect_names, effects
from platewright.synth.option import check_value, describe

DRAWING_VERSION = 10
"""Counts changes after which the same seed draws other bytes; scenes' records have it."""


@dataclass(frozen=True, kw_only=True)
class PlateSettings:
    """How a plate departs from its region's rule book."""

    any_face: float = option.share(0.25, "of plates in a face of no rule book")
    wild: float = option.share(0.3, "whose proportions and spacing depart far")
    mono: float = option.share(0.35, "set with cells of one width")
    jitter: float = option.share(0.4, "whose characters are set unevenly")
    small: float = option.share(0.07, "with small letters on a large sheet")
    wide_gap: float = option.share(0.14, "with a wide gap between groups")
    script: float = option.share(0.06, "with writing that is not Latin beside the text")
    lean: float = option.share(0.1, "whose characters lean")
    mark: float = option.share(0.15, "with a mark that the region does not ask for")
    fill: float = option.share(0.4, "whose spacing takes up free width")
    haze: float = option.share(0.12, "of faded plates")
    foreign: float = option.share(0.0, "that bear a text as another region has them")
    tint_sd: float = option.number(10.0, "sd of the paints' red, green and blue", high=64.0)


@dataclass(frozen=True, kw_only=True)
class PoseSettings:
    """How plates stand before the camera."""

    yaw_sd: float = option.number(16.0, "sd of most plates' turn about the upright axis", high=60.0)
    yaw_wide: float = option.share(0.2, "turned anyhow up to yaw_limit instead")
    yaw_limit: float = option.number(58.0, "most degrees", high=75.0)
    pitch_sd: float = option.number(10.0, "as yaw_sd, about the level axis", high=45.0)
    pitch_wide: float = option.share(0.1, "as yaw_wide")
    pitch_limit: float = option.number(42.0, "most degrees", high=60.0)
    roll_sd: float = option.number(4.0, "as yaw_sd, in the picture", high=45.0)
    roll_wide: float = option.share(0.2, "as yaw_wide")
    roll_limit: float = option.number(33.0, "most degrees", high=45.0)
    distance: tuple[float, float] = option.span(
        2.5, 20.0, "of the camera, in widths of the plate", low=1.5, high=1000.0
    )


@dataclass(frozen=True, kw_only=True)
class DecoySettings:
    """How often which decoy is drawn: weights, of which one at least is positive."""

    words: float = option.weight(1.5, "words alone")
    sign: float = option.weight(1.5, "signs of several lines")
    front: float = option.weight(0.7, "a shop's long board")
    sticker: float = option.weight(0.8, "round or rounded stickers")
    caption: float = option.weight(0.8, "what cameras and agencies write over photos")
    script: float = option.weight(1.0, "writing that is not Latin")
    mark: float = option.weight(0.5, "marks: shields, flags, seals, silhouettes")
    slats: float = option.weight(1.0, "slats")
    grid: float = option.weight(1.0, "windows in rows")
    barcode: float = option.weight(0.7, "bar codes")
    shapes: float = option.weight(0.8, "ellipses")
    mesh: float = option.weight(1.0, "a grille's mesh")


@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """What windows show: weights, of which one at least is positive."""

    present: float = option.weight(0.62, "a whole plate at the right scale")
    empty: float = option.weight(0.14, "a background, with or without decoys")
    cut: float = option.weight(0.12, "a plate cut off by the edge")
    small: float = option.weight(0.06, "a plate too small")
    large: float = option.weight(0.06, "a plate too large")


@dataclass(frozen=True, kw_only=True)
class SynthSettings:
    """All of it."""

    #: how plates depart from the rule book
    plate: PlateSettings = field(default_factory=PlateSettings)
    pose: PoseSettings = field(default_factory=PoseSettings)  #: how they stand
    #: what looks like plates and is none
    decoys: DecoySettings = field(default_factory=DecoySettings)
    windows: WindowSettings = field(default_factory=WindowSettings)  #: what windows show
    #: the settings of all effects, in the order of `effect.effects`; see `effect`
    effects: tuple[Any, ...] = field(default_factory=default_settings)

    def table(self, name: str) -> Any:
        """Return the settings of a table or an effect by name.

        Raises:
            KeyError: if there is no such one.

        >>> DEFAULT.table("blur").share
        0.5
        """
        if name in TABLES:
            return getattr(self, name)
        return self.effects[_index(name)]

    def changed(self, name: str, **values: Any) -> SynthSettings:
        """Return settings with some values of a table or an effect changed.

        >>> DEFAULT.changed("blur", share=1.0).table("blur").share
        1.0
        """
        part = replace(self.table(name), **values)
        if name in TABLES:
            return replace(self, **{name: part})
        at = _index(name)
        return replace(self, effects=(*self.effects[:at], part, *self.effects[at + 1 :]))

    def without_effects(self) -> SynthSettings:
        """Return settings where no effect happens that has a share."""
        found = self
        for effect in effects():
            named = {f.name for f in fields(effect.settings)}  # type: ignore[arg-type]
            off = named & {"share", "scale"}
            found = found.changed(effect.name, **dict.fromkeys(off, 0.0))
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, a table for each attribute and each effect."""
        return {name: asdict(self.table(name)) for name in table_names()}


TABLES = tuple(f.name for f in fields(SynthSettings) if f.name != "effects")


def table_names() -> tuple[str, ...]:
    """Return the names of all tables that a settings file may have."""
    return (*TABLES, *effect_names())


def _index(name: str) -> int:
    for effect in effects():
        if effect.name == name:
            return effect.index
    raise KeyError(name)


DEFAULT = SynthSettings()  #: What is drawn where nothing else is said


def list_options() -> str:
    """Return a settings file with every table, every option, its default and what it means."""
    told = {effect.name: effect.told for effect in effects()}
    blocks = []
    for name in table_names():
        part = DEFAULT.table(name)
        head = told.get(name) or (type(part).__doc__ or "").split("\n")[0]
        blocks.append("\n".join([f"# {head}", f"[{name}]", *describe(part)]))
    return "\n\n".join(blocks) + "\n"


PRESETS_FILE = DATA / "synth.toml"  #: The bundled settings file, which holds the presets

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


def _parse(path: Path) -> dict[str, Any]:
    return read_toml(path, kind="settings file")


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
