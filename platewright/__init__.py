"""Platewright: draws number plates, learns from its own drawings, reads real plates.

    import platewright

    for plate in platewright.read("car.jpg"):
        print(plate.text, plate.confidence, plate.region)

What is named here is for users; everything else may change. Nothing heavy is loaded before it is
needed.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from platewright.errors import PlatewrightError

if TYPE_CHECKING:
    from platewright.interface import Detector, Scene, draw, read
    from platewright.output.photo import PhotoReadings, to_coco, to_detections, to_frame
    from platewright.record import Reading

__all__ = [
    "Detector",
    "PhotoReadings",
    "PlatewrightError",
    "Reading",
    "Scene",
    "draw",
    "read",
    "to_coco",
    "to_detections",
    "to_frame",
]
__version__ = "0.1.0"

# Nothing is sent but what the user asks for. ONNX Runtime 1.31 makes a number for the machine,
# keeps it in the user's cache, and tells its maker what is run; Ray does much the same. Whoever
# wants that sets these. They are looked at when the libraries are loaded, which is after this.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

_WHERE = dict.fromkeys(__all__, "platewright.interface") | {
    "Reading": "platewright.record",
    **dict.fromkeys(
        ("PhotoReadings", "to_coco", "to_detections", "to_frame"), "platewright.output.photo"
    ),
}


def __getattr__(name: str) -> Any:
    """Return a public name from where it lies, loaded when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
