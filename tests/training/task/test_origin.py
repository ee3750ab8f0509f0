"""What the origin is taught: several views of each plate, in colour or without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from platewright.network.kind import load_kind
from platewright.network.part import OriginSettings
from platewright.synth.background import Backgrounds
from platewright.training.sample import SampleSettings, Stock
from platewright.training.stream import draw_batch
from platewright.training.task import load_task
from platewright.training.task.origin import relit

KNOWN = OriginSettings(regions=("CN", "DE", "FR", "US-NY"))


def test_views_of_one_plate_are_taught_as_one_region() -> None:
    recipe = replace(load_kind("origin").recipe(), settings=KNOWN)
    task = load_task(recipe, {"windows": 8})
    stock = Stock(Backgrounds([], seed=1))
    inputs, targets = draw_batch(1, 0, stock, SampleSettings(), [task])
    assert inputs["colours"].shape == (8, 48, 128, 3) and targets["origin"].shape == (8,)
    for first in range(0, 8, task.views):
        own = slice(first, first + task.views)
        assert len(set(targets["origin"][own].tolist())) == 1
        views = inputs["colours"][own]
        assert len({view.tobytes() for view in views}) == len(views)
    assert set(targets["origin"].tolist()) <= set(range(5))


def test_light_changes_levels_and_may_take_the_colours() -> None:
    window = np.zeros((8, 16, 3), np.uint8)
    window[..., 0], window[:, 8:, 2] = 180, 90
    views = [relit(np.random.default_rng(k), window) for k in range(80)]
    grey = [bool((view == view[..., :1]).all()) for view in views]
    assert 0.02 < np.mean(grey) < 0.3
    assert np.std([view.mean() for view in views]) > 5
    assert all(view.shape == window.shape and view.dtype == np.uint8 for view in views)
