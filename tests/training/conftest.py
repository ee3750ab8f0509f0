"""Tasks of given settings."""

from __future__ import annotations

from dataclasses import replace

from platewright.network.kind import load_kind
from platewright.network.weights import AnySettings
from platewright.training.task import Task, load_task


def tasks_of(settings: AnySettings, scenes: int = 1, windows: int = 2) -> list[Task]:
    """Return tasks with so many samples in a step."""
    batches = {"scenes": scenes, "windows": windows}
    recipes = [replace(load_kind(p.name).recipe(), settings=p) for p in settings.parts.values()]
    return [load_task(recipe, batches) for recipe in recipes]
