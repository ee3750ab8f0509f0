from __future__ import annotations

import pytest

from platewright.web.registry.plate import normalize


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("AB12 CDE", "AB12CDE"),
        (" b-ab 123e ", "BAB123E"),
        ("HÜ·AB 1", "HUAB1"),
        ("7908 TT\u201306", "7908TT06"),
        ("１２ＡＢ", "12AB"),  # full width, as some keyboards write  # noqa: RUF001
    ],
)
def test_what_people_write_becomes_what_is_read(written: str, stored: str) -> None:
    assert normalize(written) == stored


@pytest.mark.parametrize("text", ["", "A", "-", "ABCDEFGHIJKLM", "AB%12", "京A12345", "AB\n;12"])
def test_what_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        normalize(text)
