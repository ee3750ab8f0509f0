"""Whose plate it is, by how it looks and by what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from platewright.network.part import OriginSettings
from platewright.reading.jurisdiction import Jurisdiction
from platewright.reading.prior import TRUST, Clues, OriginTeller
from platewright.text import Alphabet

FULL = Alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
QUAD = np.array([[10.0, 10], [60, 10], [60, 30], [10, 30]])


class Reddish:
    """Takes red plates for the first region's, and all others for nobody's."""

    class settings:  # noqa: N801
        """As of a file."""

        origin = OriginSettings(regions=("DE", "FR"), window=(16, 32))

    def run(self, outputs: Any, inputs: dict[str, Any]) -> list[Any]:
        """Weigh red against green."""
        colours = inputs["colours"]
        assert colours.shape[1:] == (16, 32, 3) and colours.max() <= 1
        red = colours[..., 0].mean(axis=(1, 2)) - colours[..., 1].mean(axis=(1, 2))
        return [np.stack([8 * red, 0 * red, 4 - 8 * red], 1).astype(np.float32)]


def sure(text: str) -> Any:
    slots = np.full((12, 37), 1e-4)
    for k in range(12):
        slots[k, FULL.index(text[k]) if k < len(text) else FULL.pad] = 1.0
    return slots / slots.sum(axis=1, keepdims=True)


def test_likelihoods_are_of_the_colours_in_the_quad() -> None:
    photo = np.zeros((60, 80, 3), np.uint8)
    photo[10:30, 10:60] = (255, 0, 0)
    teller = OriginTeller(Reddish())  # type: ignore[arg-type]
    red, grey = teller.look(photo, [QUAD, np.add(QUAD, [0, 28])])
    assert list(red) == ["DE", "FR", ""]
    assert max(red, key=lambda code: red[code]) == "DE"
    assert max(grey, key=lambda code: grey[code]) == ""
    # up to the corners' margin the window is all red
    assert red["DE"] - red["FR"] == pytest.approx(TRUST * 8, rel=0.3)
    one = teller.look(photo[..., 0], [QUAD])[0]
    assert one == teller.look(np.repeat(photo[..., :1], 3, axis=2), [QUAD])[0]


def test_looks_decide_between_countries_whose_texts_are_alike() -> None:
    both = Jurisdiction.load(("IT", "FR"), FULL, 12)
    slots = sure("AB123CD")
    plain, probability = both.region(slots)
    for code in ("IT", "FR"):
        found, surer = both.region(slots, Clues(looks={plain: -6.0, "": -6.0} | {code: 0.0}))
        assert found == code
        if code == plain:
            assert surer > probability
    assert both.region(slots, Clues(looks={"": 0.0, "IT": -20.0, "FR": -20.0})) == ("", 0.0)


def test_a_state_is_told_where_it_is_sure_and_its_country_elsewhere() -> None:
    states = Jurisdiction.load(("US-CA", "US-NV", "GB"), FULL, 12)
    slots = sure("7ABC123")
    looks = {"US-CA": 0.0, "US-NV": -30.0, "GB": -30.0, "": -30.0}
    assert states.region(slots, Clues(looks=looks))[0] == "US-CA"
    assert states.region(slots, Clues(looks=looks | {"US-NV": 0.0, "US-CA": 0.0}))[0] in (
        "US",
        "US-CA",
    )
    nobody = dict.fromkeys(looks, -30.0) | {"": 0.0}
    assert states.region(slots, Clues(looks=nobody)) == ("", 0.0)
