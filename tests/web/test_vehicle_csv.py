from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from platewright.dataset.textfile import LONGEST_LINE
from platewright.errors import DatasetError, OutputError, run_script
from platewright.web.registry.lookup import find_vehicle
from platewright.web.registry.models import Vehicle
from platewright.web.registry.vehicle_csv import export_vehicles, import_vehicles
from tests.web.reading import reading_of, sure

pytestmark = pytest.mark.usefixtures("db")

GOOD = """\
plate,region,holder,note,list,valid_from,valid_until
AB12 CDE,gb,"Quill, Ada","two
lines",Allowed,2026-01-01,2026-12-31
B-XY 99,,Kite & Sons,,watched,,
"""


def take(text: str) -> str:
    report = import_vehicles(io.StringIO(text, newline=""), name="v.csv")
    return "\n".join([str(report), *report.faults])


def test_good_rows_are_taken_once() -> None:
    assert take(GOOD) == "2 added, 0 changed, 0 as they were, 0 bad"
    assert take(GOOD) == "0 added, 0 changed, 2 as they were, 0 bad"
    ada = Vehicle.objects.get(plate="AB12CDE", region="GB")
    assert (ada.holder, ada.note, ada.list) == ("Quill, Ada", "two\nlines", "allowed")
    assert ada.valid_until == date(2026, 12, 31)
    assert find_vehicle(reading_of(*sure("BXY99"))) is not None


def test_only_the_columns_that_are_there_are_changed() -> None:
    take(GOOD)
    assert take("region,plate,holder\nGB,AB12CDE,Ben\n").startswith("0 added, 1 changed")
    ada = Vehicle.objects.get(plate="AB12CDE")
    assert (ada.holder, ada.list) == ("Ben", "allowed")


def test_bad_rows_are_told_with_line_and_reason() -> None:
    text = (
        "plate,region,list,valid_from,valid_until\n"
        "AB12CDE,GB,allowed,,\n"
        "A,GB,,,\n"
        "CD34,QQ,,,\n"
        "EF56,GB,friend,,\n"
        "GH78,GB,,31.12.2026,\n"
        "IJ90,GB,,2026-02-01,2026-01-01\n"
        "ab-12-cde,GB,,,\n"
        "KL12,GB,,\n"
        "\n"
        "MN34,GB,,,\n"
    )
    lines = take(text).split("\n")
    assert lines[0] == "2 added, 0 changed, 0 as they were, 7 bad"
    assert lines[1].startswith("line 3: plate: 1 characters")
    assert lines[2].startswith("line 4: region: 'QQ'")
    assert lines[3].startswith("line 5: list:")
    assert lines[4].startswith("line 6: valid_from: '31.12.2026' is no day")
    assert lines[5] == "line 7: valid_until: before valid_from"
    assert lines[6] == "line 8: AB12CDE (GB) stands in line 2 already"
    assert lines[7] == "line 9: 4 cells, the first line has 5"
    assert set(Vehicle.objects.values_list("plate", flat=True)) == {"AB12CDE", "MN34"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column 'plate'"),
        ("number\nAB12\n", "no column 'plate'"),
        ("plate;region\nAB12;GB\n", "no column 'plate' in its first line, with commas between; "),
        ("plate,colour\nAB12,red\n", "unknown column 'colour'"),
        ("plate,plate\nAB12,AB12\n", "stands twice"),
        ('plate\n"AB12\n', "line 2: no CSV"),
        ('plate\nAB12\n"a"b\n', "line 3: no CSV"),
    ],
)
def test_a_file_that_can_not_be_read_changes_nothing(text: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        take(text)
    assert Vehicle.objects.count() == 0


def test_what_is_written_is_read_back() -> None:
    take(GOOD)
    Vehicle.objects.create(plate="CD34", holder="=1+1", note="@ben")
    Vehicle.objects.create(plate="EF56", holder="'=1", note="'n Braai")
    text = io.StringIO(newline="")
    assert export_vehicles(text) == 4
    assert "'=1+1,'@ben" in text.getvalue()  # no spreadsheet takes it for a formula
    before = list(Vehicle.objects.values_list("plate", "region", "holder", "note", "list"))
    assert take(text.getvalue()) == "0 added, 0 changed, 4 as they were, 0 bad"
    Vehicle.objects.all().delete()
    take(text.getvalue())
    assert list(Vehicle.objects.values_list("plate", "region", "holder", "note", "list")) == before


def test_many_rows() -> None:
    rows = "".join(f"AB{k:05d}\n" for k in range(2500))
    assert take("plate\n" + rows) == "2500 added, 0 changed, 0 as they were, 0 bad"


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(b"\xef\xbb\xbfplate\r\nAB12CDE\r\n?\r\n")  # as spreadsheets save it
    with pytest.raises(SystemExit, match="1"):
        call_command("importvehicles", str(source))
    out, err = capsys.readouterr()
    assert out == f"{source}: 1 added, 0 changed, 0 as they were, 1 bad\n"
    assert f"{source}: line 3: plate:" in err
    call_command("exportvehicles", str(target))
    assert target.read_text().splitlines()[1] == "AB12CDE,,,,,,"
    with pytest.raises(OutputError, match="there already"):
        call_command("exportvehicles", str(target))
    call_command("exportvehicles", str(target), "--force")


@pytest.mark.parametrize("command", ["exportvehicles", "importvehicles"])
def test_a_dash_is_no_file(command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="- is no file; give its name, or /dev/stdin"):
        call_command(command, "-")
    assert not list(tmp_path.iterdir())


def test_what_fails_is_told_as_by_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        run_script(lambda: call_command("exportvehicles", "/dev/full"), "manage.py")
    assert capsys.readouterr().err == (
        "manage.py: /dev/full: can't be written: No space left on device\n"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read"),
        (b"plate\nA\xff12\n", "not a text file in UTF-8; save it as CSV in UTF-8"),
        (b"plate\n" + bytes(LONGEST_LINE), "line 2: more than 16777216 characters"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "v.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        call_command("importvehicles", str(path))
