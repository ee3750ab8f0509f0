from __future__ import annotations

import math
from pathlib import Path

import pytest

from platewright.errors import ConfigError
from platewright.training.checkpoint import Log
from platewright.training.fit import TrainSettings
from platewright.training.pace import NO_LIMIT, Pace

ROW = {"loss": 92.68812, "steps_loss": 71.0, "drawn_loss": 80.5, "drawn_line_text": 0.25} | {
    f"real_{name}": 0.5 for name in ("gate", "street", "yard", "night", "rain")
}


def paced(settings: TrainSettings, *, steps: int, step_s: float) -> Pace:
    """Return the pace of a run whose first step took a minute."""
    pace = Pace(settings, 100, 0, 0.0)
    for step in range(1, steps + 1):
        pace.add(step, 1000 + 60 + step_s * step)
    return pace


def test_it_is_told_how_long_the_steps_take_without_the_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pace = paced(TrainSettings(steps=20_000), steps=20, step_s=2.0)
    first, second = capsys.readouterr().err.splitlines()
    assert first == (
        "20,000 steps, 100 samples each; how long they take here shows in half a minute"
    )
    assert second == "20,000 steps take some 11.1 h at this machine's speed, 50 samples/s"
    pace.say({"step": 20, **ROW}, 0.001, 100.0)
    line = capsys.readouterr().err.rstrip()
    start = "  0 %  step 20 of 20,000  50 samples/s  11.1 h left  loss 92.7"
    assert line.startswith(f"{start}  drawn_line_text 0.25")
    assert len(line) < 100


def test_hours_are_told_in_steps(capsys: pytest.CaptureFixture[str]) -> None:
    settings = TrainSettings(steps=NO_LIMIT, hours=4)
    pace = paced(settings, steps=3, step_s=0.5)
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("steps for 4.0 h, 100 samples each")
    assert told[1] == "4.0 h are some 29,000 steps at this machine's speed, 200 samples/s"
    pace.say({"step": 3, "loss": 1.0}, 0.25, 3600.0)
    assert capsys.readouterr().err == " 25 %  step 3  200 samples/s  3.0 h left  loss 1\n"


def test_a_line_is_due_after_some_silence_and_only_of_late_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pace = paced(TrainSettings(steps=1000), steps=5, step_s=2.0)
    assert not pace.due(1070) and pace.due(1090)
    for step in range(6, 60):
        pace.add(step, 1070 + 10.0 * (step - 5))
    assert math.isclose(pace.rate, 0.1)
    pace.say({"step": 59}, 0.06, 600.0)
    assert "step 59 of 1,000  10 samples/s  2.6 h left" in capsys.readouterr().err
    assert not pace.due(1620)


def test_waiting_for_drawings_is_told_once_and_not_of_the_start(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pace = paced(TrainSettings(steps=20_000), steps=25, step_s=2.0)
    capsys.readouterr()
    pace.warn(0.9, 25)  # the processes that draw come up, the network is compiled
    for step in (50, 75, 100):
        pace.add(step, 1060.0 + 2 * step)
        pace.warn(0.04 if step == 50 else 0.3, 25)
    told = capsys.readouterr().err
    assert told == "30% of the time goes by waiting for drawings: raise --workers\n"


def test_a_row_of_the_same_step_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with Log(path) as log:
        log.write({"step": 1, "loss": 2.0})
        log.write({"step": 2, "loss": 1.0})
    with Log(path, 2) as log:
        log.write({"step": 2, "drawn_text": 0.5})
    assert path.read_text().splitlines() == ["step,loss,drawn_text", "1,2.0,", "2,1.0,0.5"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name,loss\na,1\n", b"step,loss\nx,1\n"])
def test_a_log_of_something_else_is_told_and_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"log\.csv: no log of this program"):
        Log(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("left", [{"steps": 180}, {"steps": NO_LIMIT, "hours": 0.5}])
def test_a_run_that_has_come_to_its_end_says_so(
    capsys: pytest.CaptureFixture[str], left: dict[str, float]
) -> None:
    Pace(TrainSettings(**left), samples=104, step=182, elapsed_s=2096)  # type: ignore[arg-type]
    told = "182 steps were taken in 35 min, and none is left to take: --hours and --steps are"
    assert capsys.readouterr().err == f"{told} the whole run's\n"
