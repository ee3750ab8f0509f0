from __future__ import annotations

import json

import pytest

from platewright.errors import WeightsError
from platewright.recognizer.settings import NetworkSettings


def test_settings_come_back_from_their_json() -> None:
    settings = NetworkSettings(slots=9, characters="XYZ", temperature=1.3, extent=(0.4, 0.7))
    assert NetworkSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "its settings can't be used"),
        ("[1]", "its settings can't be used"),
        ("3", "its settings can't be used"),
        ('{"slotz": 3, "slots": 4}', "unknown settings slotz"),
        ('{"characters": "AA"}', "distinct characters"),
        ('{"scan_channels": [1, 2]}', "its settings can't be used"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_source(text: str, message: str) -> None:
    with pytest.raises(WeightsError) as caught:
        NetworkSettings.from_json(text, "w.npz")
    assert str(caught.value).startswith("w.npz: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_positive_covers_a_whole_step_of_the_pyramid() -> None:
    """The levels' ratio is the square root of a half: a narrower range would leave gaps."""
    low, high = NetworkSettings().extent
    assert high / low > 2**0.5


def test_the_json_is_one_line_of_plain_values() -> None:
    text = NetworkSettings().to_json()
    assert "\n" not in text
    assert json.loads(text)["read_window"] == [64, 192]
