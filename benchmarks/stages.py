"""Where the time of drawing goes: a profile of functions, added up to stages of the drawing.

What is not ours (OpenCV, numpy, the interpreter) counts where it is called from.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pstats

STAGES = {
    "random numbers": "job sequence",
    "background": "background",
    "text and look": "region chance choice load look syntax table",
    "parameters": "style settings option __init__.draw_effects scene.draw_camera "
    "placement.draw_pose scene.draw_count",
    "plate: sheet": "sheet plate",
    "plate: glyphs and layout": "face layout plate.stamp plate._stamp_one plate._lean plate.text",
    "plate: pose and warp": "placement geometry",
    "marks": "mark",
    "panel": "panel",
    "decoys and made-up writing": "decoy script writing plate.write scene._add_decoy",
    "light and lens": "scene.apply_camera scene.degrade",
    "sensor, noise, JPEG": "",
    "composition and record": "window scene record sample __init__",
    "PNG and label": "windows file writer picture_file job.write_run",
}
"""Modules of the package, and functions of them that belong elsewhere than their module."""
EFFECTS = {
    "surface": "panel",
    "front": "plate: pose and warp",
    "shine": "plate: pose and warp",
    "light": "light and lens",
    "lens": "light and lens",
    "sensor": "sensor, noise, JPEG",
}
"""Stages of the effects that do not act on the flat plate."""
OTHER = "other"


Function = tuple[str, int, str]


def stage_of(path: str, function: str) -> str | None:
    """Return the stage of a function of the package; None where it is not ours.

    >>> stage_of("/x/platewright/synth/scene.py", "draw_camera")
    'parameters'
    >>> stage_of("/x/platewright/synth/effect/blur.py", "apply")
    'light and lens'
    """
    parts = Path(path).parts
    if "platewright" not in parts[:-1] or "site-packages" in parts:
        return None
    module = Path(path).stem
    if parts[-2] == "effect" and module != "__init__":
        return "parameters" if function == "draw" else EFFECTS.get(_acts(module), "plate: sheet")
    if parts[-2] == "mark":
        return "marks"
    for wanted in (f"{module}.{function}", module):
        for stage, names in STAGES.items():
            if wanted in names.split():
                return stage
    return OTHER


def _acts(name: str) -> str:
    """Return where an effect acts."""
    from platewright.synth.effect import effects

    return next(effect.stage for effect in effects() if effect.name == name)


def split_stages(stats: pstats.Stats) -> dict[str, float]:
    """Return the seconds of every stage; what is not ours counts where it is called from."""
    table: dict[Function, tuple[Any, ...]] = stats.stats  # type: ignore[attr-defined]
    known: dict[Function, dict[str, float]] = {}

    def shares(who: Function) -> dict[str, float]:
        """Return the parts, 0-1, in which the stages call a function."""
        if who not in known:
            own = stage_of(who[0], who[2])
            known[who] = {own or OTHER: 1.0}  # also ends the search where functions call in a ring
            callers = table[who][4] if who in table else {}
            total = sum(entry[3] for entry in callers.values())
            if own is None and total > 0:
                found: Counter[str] = Counter()
                for caller, entry in callers.items():
                    for stage, part in shares(caller).items():
                        found[stage] += part * entry[3] / total
                known[who] = dict(found)
        return known[who]

    spent: Counter[str] = Counter()
    for who, (_, _, own_s, _, callers) in table.items():
        if stage_of(who[0], who[2]) is not None or not callers:
            for stage, part in shares(who).items():
                spent[stage] += part * own_s
        else:
            for caller, entry in callers.items():
                for stage, part in shares(caller).items():
                    spent[stage] += part * entry[2]
    return dict(spent)


def report(stats: pstats.Stats) -> dict[str, dict[str, float]]:
    """Return the parts of the stages and of the dearest functions, in per cent, dearest first."""
    stages = split_stages(stats)
    total = sum(stages.values())
    table: dict[Function, tuple[Any, ...]] = stats.stats  # type: ignore[attr-defined]
    own = {_title(*who): entry[2] for who, entry in table.items()}

    def percent(seconds: dict[str, float], most: int) -> dict[str, float]:
        dearest = sorted(seconds.items(), key=lambda item: -item[1])[:most]
        return {name: round(100 * spent / total, 1) for name, spent in dearest}

    return {"stages_percent": percent(stages, 99), "functions_percent": percent(own, 15)}


def _title(path: str, line: int, function: str) -> str:
    return f"{Path(path).stem}.{function}" if line else function.strip("{}<>")
