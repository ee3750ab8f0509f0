"""`platewright NAME`: one command, whose parts say what they are called."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import pytest

from platewright import __version__
from platewright.command import command_names, main
from platewright.command.argument import at_least, codes, regions, size
from platewright.errors import ConfigError, RegionError

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = re.compile(rf"\b({'|'.join(command_names())})\.py\b")
"""What an installed package lacks."""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["/some/where/platewright", *arguments])
    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_every_command_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: platewright COMMAND")
    for name in command_names():
        assert f"\n  {name:<11} " in told
    assert max(map(len, told.splitlines())) < 100
    assert not SCRIPT.search(told)
    assert run(monkeypatch) == 2
    assert capsys.readouterr().out == told


def test_every_command_has_a_script_of_its_name() -> None:
    scripts = {path.stem for path in ROOT.glob("*.py")} - {"conftest", "setup"}
    assert scripts | {"serve"} == {*command_names()}


@pytest.mark.parametrize("option", ["--version", "-V", "version"])
def test_the_version_is_told(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, option) == 0
    assert capsys.readouterr().out == f"platewright {__version__}\n"


def test_a_command_that_there_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fly") == 2
    err = capsys.readouterr().err
    assert err.startswith("platewright: no command fly; known: extractbgs, gen, ")


@pytest.mark.parametrize("name", command_names())
def test_a_command_says_how_it_is_called(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(monkeypatch, name, "--help") == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: platewright {name} ")
    assert not SCRIPT.search(told)
    assert [line for line in told.splitlines() if len(line) > 80] == []


def test_errors_name_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ConfigError(
        "gen.py: no data: python gen.py 9, then pip install -r requirements-web.txt"
    )
    assert str(error).endswith("python gen.py 9, then pip install -r requirements-web.txt")
    monkeypatch.setattr(sys, "argv", ["platewright detect"])
    assert str(error) == (  # a file of one's own may be called like a script
        "gen.py: no data: platewright gen 9, then pip install 'platewright[web]'"
    )


def test_errors_begin_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "evaluate", "none.csv") == 1
    assert capsys.readouterr().err.startswith("platewright evaluate: none.csv: can't be read")
    assert run(monkeypatch, "gen", "0") == 2
    assert "platewright gen: error: argument N: must be at least 1" in capsys.readouterr().err


def test_regions_are_codes_in_any_case_or_files(tmp_path: Path) -> None:
    mine = tmp_path / "Mine.toml"
    mine.write_text((ROOT / "regions/GB.toml").read_text())
    assert regions(f"gb, us-Ca,{mine}") == ("GB", "US-CA", str(mine))
    assert codes("de,,xx") == ("DE", "XX")
    with pytest.raises(RegionError, match="--region: no region XX; known: "):
        regions("de,xx")
    with pytest.raises(RegionError, match=r"none\.toml: No such file"):
        regions("none.toml")


@pytest.mark.parametrize("text", ["1280", "x720", "0x720", "1280x", "9x9x9", "-5x7", "٣x٤"])
def test_sizes_are_two_numbers(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="give WIDTHxHEIGHT"):
        size(1, 10_000)(text)
    assert size(1, 10_000)("1280X720") == (720, 1280)
    with pytest.raises(argparse.ArgumentTypeError, match="must be at least 2, not 1"):
        at_least(2)("1")
