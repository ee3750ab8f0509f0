"""A painted street and the vehicles in it, as a picture and as a drive past a camera."""

from __future__ import annotations

from platewright.synth.street.picture import draw_street

__all__ = ["draw_street"]
