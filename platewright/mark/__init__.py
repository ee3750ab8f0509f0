"""Marks: what stands on a plate and is no character. One file is one family or several."""

from __future__ import annotations

from platewright.mark.library import draw_sketch, find_marks, mark_families, mark_names
from platewright.mark.pen import UNIT, Sketch

__all__ = ["UNIT", "Sketch", "draw_sketch", "find_marks", "mark_families", "mark_names"]
