"""Effects: what makes a drawn picture differ from a clean one. One file is one effect.

A file beside this one is found by itself, with its settings, its record and its help, if it has:

- a docstring whose first line says what the effect is;
- `STAGE`: one of `STAGES`, where in the drawing it acts; `ORDER`: effects of a stage act from the
  least to the greatest (0 where it is left out);
- `Settings`: a frozen dataclass of options (`platewright.synth.option`), a table of settings files;
- `Parameters`: a frozen dataclass below `Recorded`, of numbers, texts and tuples of these;
- `draw(rng, settings, about)`: its `Parameters`, or None where the effect does not happen;
- `apply(picture, parameters, at)`: the changed picture, drawn from `parameters` alone.

`STAGES` says what `picture`, `about` and `at` are. Two more functions may be there:
`finish(picture, parameters, size)` comes after all effects of the stage, where `size` is the
picture's (height, width) before it; `move(points, parameters, size)` says where points (..., 2)
of the picture come to lie, so that labels follow.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from platewright.geometry import Picture
from platewright.synth.option import Recorded

STAGES = {
    "sheet": "(h, w) float32 grey levels that are added to the plate's bare sheet",
    "ink": "(H, W) 0-255, the mask of the characters, before they are raised and painted",
    "relief": "the plate with its frame before the characters are painted; `at.relief` is raised",
    "paint": "(H, W) 0-255, what is left of the characters' paint",
    "plate": "the plate with its frame and all that is painted on it",
    "form": "the `FlatPlate`: picture, outline and boxes",
    "surface": "the scene before its plates; `at` is the (4, 2) quad where one will be",
    "front": "the scene with a plate in it; `at` is its (4, 2) quad",
    "shine": "a plate times its alpha, before it is posed; `at` is (alpha, its brightest level)",
    "light": "the scene before the lens",
    "lens": "the scene as it falls through the lens",
    "sensor": "the scene on the sensor, and as it is packed",
}
"""Where effects act, in this order, and the picture there: (H, W) grey or (H, W, 3) RGB uint8
where nothing else is said.

Up to `form` and in `front`, `about` is the plate's `Look`; up to `form`, `at` is its `Canvas`. In
`surface`, `about` is the `Surroundings`; from `shine` on, the `Shot`."""
PLATE = ("sheet", "ink", "relief", "paint", "plate", "form", "front")  #: The stages of one plate
CAMERA = ("shine", "light", "lens", "sensor")  #: The stages of a scene's light and camera

Drawn = dict[str, Any]  #: The parameters of the effects that happen, by name


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What an effect round a plate may need to know."""

    often: float = 1.0  #: scale of the shares
    lit: bool = False  #: whether lamps are on
    #: (red, green, blue) of the plate's sheet, 0-255
    ground: tuple[int, int, int] = (235, 235, 235)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What an effect of light and camera may need to know."""

    scale: float = 1.0  #: of blur: 1 for plates 130 px wide at usual strength
    strength: float = 1.0  #: scale of blur and noise
    resample: float = 0.0  #: scale of the share of pictures taken smaller than they are stored
    night: bool = False  #: whether it is night


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One effect, as its file has it."""

    name: str  #: of the file, the settings' table and the record's entry
    stage: str  #: of `STAGES`
    index: int  #: its place in `effects()`, and of its settings in `default_settings()`
    told: str  #: what it is, in a line
    settings: Callable[..., Any]  #: makes its default settings
    parameters: Callable[..., Any]  #: makes its parameters
    draw: Callable[[np.random.Generator, Any, Any], Recorded | None]  #: see the package
    apply: Callable[[Any, Any, Any], Any]  #: see the package
    #: see the package; None where the file has none
    finish: Callable[[Any, Any, tuple[int, int]], Any] | None
    #: see the package; None where the file has none
    move: Callable[[NDArray[np.float64], Any, tuple[int, int]], NDArray[np.float64]] | None


@cache
def effects() -> tuple[Effect, ...]:
    """Return all effects, as they act one after the other."""
    order, found = list(STAGES), []
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        if module.STAGE not in STAGES:
            raise ValueError(f"{module.__file__}: STAGE is one of {', '.join(STAGES)}")
        at = (order.index(module.STAGE), getattr(module, "ORDER", 0), entry.name)
        found.append((at, module))
    found.sort(key=lambda entry: entry[0])
    return tuple(
        Effect(
            name=name,
            stage=module.STAGE,
            index=index,
            told=(module.__doc__ or "").split("\n")[0],
            settings=module.Settings,
            parameters=module.Parameters,
            draw=module.draw,
            apply=module.apply,
            finish=getattr(module, "finish", None),
            move=getattr(module, "move", None),
        )
        for index, ((_, _, name), module) in enumerate(found)
    )


def effect_names() -> tuple[str, ...]:
    """Return the effects' names, in the order of `effects`."""
    return tuple(effect.name for effect in effects())


@cache
def effects_of(*stages: str) -> tuple[Effect, ...]:
    """Return the effects of some stages, as they act."""
    return tuple(effect for effect in effects() if effect.stage in stages)


def default_settings() -> tuple[Any, ...]:
    """Return every effect's default settings, in the order of `effects`."""
    return tuple(effect.settings() for effect in effects())


def draw_effects(
    rng: np.random.Generator, stages: Sequence[str], settings: Sequence[Any], about: Any
) -> Drawn:
    """Draw the parameters of the effects that happen.

    Args:
        stages: of `STAGES`; their effects are drawn.
        settings: of all effects, in the order of `effects`.
        about: what the stages' effects are told.
    """
    drawn: Drawn = {}
    for effect in effects_of(*stages):
        parameters = effect.draw(rng, settings[effect.index], about)
        if parameters is not None:
            drawn[effect.name] = parameters
    return drawn


def apply_effects(stage: str, picture: Any, drawn: Mapping[str, Any], at: Any = None) -> Any:
    """Return a picture with the drawn effects of a stage applied, as `STAGES` says."""
    if not drawn:
        return picture
    undone = []
    for effect in effects_of(stage):
        parameters = drawn.get(effect.name)
        if parameters is None:
            continue
        if effect.finish is not None:
            undone.append((effect.finish, parameters, picture.shape[:2]))
        picture = effect.apply(picture, parameters, at)
    for finish, parameters, size in reversed(undone):
        picture = finish(picture, parameters, size)
    return picture


def move_points(
    points: NDArray[np.float64], size: tuple[int, int], drawn: Mapping[str, Any]
) -> NDArray[np.float64]:
    """Return where points (..., 2) px of a scene lie after the effects of its camera."""
    for effect in effects_of(*CAMERA):
        parameters = drawn.get(effect.name)
        if effect.move is not None and parameters is not None:
            points = effect.move(points, parameters, size)
    return points


def read_effects(values: Mapping[str, Mapping[str, Any]]) -> Drawn:
    """Read the JSON form of drawn effects back.

    Raises:
        KeyError: if there is no such effect.
    """
    known = {effect.name: effect for effect in effects()}
    return {
        name: known[name].parameters(**{key: _tuples(v) for key, v in entry.items()})
        for name, entry in values.items()
    }


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list | tuple) else value


Colour = tuple[int, int, int]  #: Red, green, blue, each 0-255


def tinted_grey(level: float, tint: Sequence[float]) -> Colour:
    """Return a grey of a level, tinted a little by three numbers of 0-1."""
    red, green, blue = (min(max(int(level + 17 * t - 8), 0), 255) for t in tint)
    return (red, green, blue)


def spread(layer: MatLike, picture: Picture) -> MatLike:
    """Return an (H, W) layer in as many channels as a picture has."""
    return layer if picture.ndim == 2 else cv2.merge([layer] * 3)


def add_levels(picture: Picture, levels: NDArray[np.float32]) -> Picture:
    """Return a picture with (H, W) grey levels added to all of its channels."""
    return np.asarray(cv2.add(picture, spread(levels, picture), dtype=cv2.CV_8U), np.uint8)


def dim(picture: Picture, weight: MatLike) -> Picture:
    """Return a picture times an (H, W) weight of 0-255 for each pixel."""
    return np.asarray(cv2.multiply(picture, spread(weight, picture), scale=1 / 255), np.uint8)


def blend_ink(picture: Picture, ink: Picture, tone: int | Colour) -> Picture:
    """Return a picture with a colour blended in, as much as `ink`, (H, W) 0-255, says.

    Args:
        tone: grey level of a grey picture, colour of one in colour.
    """
    rest = dim(picture, cv2.bitwise_not(ink))
    if isinstance(tone, int):
        return np.asarray(cv2.scaleAdd(ink, tone / 255, rest), np.uint8)
    painted = cv2.merge([cv2.convertScaleAbs(ink, alpha=level / 255) for level in tone])
    return np.asarray(cv2.add(rest, painted), np.uint8)
