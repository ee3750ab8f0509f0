"""How far a run has come: on a screen, in a log."""

from __future__ import annotations

import io
import sys

import pytest

from platewright import progress as module
from platewright.progress import Progress, track


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_short_run_leaves_nothing_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(range(5))) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err == ""


def test_a_log_gets_lines_of_their_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IN_LOGS_S", 0.0)
    with Progress(4, there=1, unit="photos") as progress:
        progress.add()
        progress.add(2, note="2 plates")
        assert progress.done == 3
        assert progress.rate > 0
    lines = capsys.readouterr().err.splitlines()
    assert any("2/4" in line and "50%" in line for line in lines)
    assert any("4/4" in line and "photos" in line and "2 plates" in line for line in lines)
    assert all(line and len(line) < 100 for line in lines)


def test_a_screen_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    monkeypatch.setattr(module, "ON_SCREEN_S", 0.0)
    with Progress(2) as progress:
        progress.add()
        progress.say("a remark")
        progress.add()
    shown = screen.getvalue()
    assert "1/2" in shown
    assert "a remark\n" in shown
    assert shown.endswith("\r")
    assert shown.split("\r")[-2].strip() == ""


def test_a_total_that_is_not_known_is_no_trouble() -> None:
    assert list(track(iter("abc"))) == ["a", "b", "c"]
