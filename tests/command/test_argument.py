"""What the commands' arguments may be, and the files that some of them are read from."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from platewright.command import argument
from platewright.command.argument import ParserWithFiles, read_small, secret
from platewright.errors import ConfigError
from tests.script import PATIENCE_S, run_here


@pytest.mark.parametrize(
    "line",
    [
        ["detect.py", ""],
        ["detect.py", "a.jpg", "w.onnx", ""],
        ["detect.py", "a.jpg", "--json", ""],
        ["watch.py", ""],
        ["watch.py", "a.mp4", "--out="],
        ["gen.py", "1", "--out", ""],
        ["gen.py", "--check", ""],
        ["train.py", "--out", ""],
        ["model.py", "--weights", ""],
        ["evaluate.py", ""],
        ["extractbgs.py", ""],
        ["convert.py", "", "out"],
        ["export.py", ""],
    ],
    ids=" ".join,
)
def test_an_empty_path_is_not_this_folder(tmp_path: Path, line: list[str]) -> None:
    done = run_here(tmp_path, *line)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("it is empty; give a path")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line",
    [
        ["detect.py", "a.jpg", "--region", ""],
        ["gen.py", "1", "--region", ", "],
        ["gen.py", "1", "--format="],
        ["convert.py", "a", "b", "--only", ""],
        ["evaluate.py", "a", "--country", ","],
        ["train.py", "--region", ""],
        ["export.py", "--format", ""],
        ["model.py", "--network", ""],
        ["train.py", "--recipe", ""],
        ["gen.py", "1", "--preset="],
        ["convert.py", "a", "b", "--to-format", ""],
    ],
    ids=" ".join,
)
def test_an_empty_list_is_not_all_there_is(tmp_path: Path, line: list[str]) -> None:
    done = run_here(tmp_path, *line)
    assert done.returncode == 2
    assert "it is empty; name one" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line", [["detect.py", "a.jpg", "--json", "-"], ["watch.py", "a", "--csv=-"]], ids=" ".join
)
def test_no_result_goes_to_a_file_called_dash(tmp_path: Path, line: list[str]) -> None:
    done = run_here(tmp_path, *line)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("give its name, or /dev/stdin, /dev/stdout")


def parsed(*arguments: str) -> list[str]:
    parser = ParserWithFiles(prog="x")
    parser.add_argument("names", nargs="*")
    return list(parser.parse_args(arguments).names)


def test_arguments_stand_in_files_that_name_each_other(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.write_text("b 'c d'\n# nothing\n\ne")
    outer.write_text(f"a @{inner}\nf")
    assert parsed("0", f"@{outer}", "g") == ["0", "a", "b", "c d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("itself", "named twice"),
        ("pipe", "nothing came"),
        ("endless", "more than 64 KiB"),
        ("folder", "directory"),
        ("binary", "can't decode"),
        ("open", "No closing quotation"),
    ],
)
def test_a_file_of_arguments_that_is_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    why: str,
) -> None:
    monkeypatch.setattr(argument, "PIPE_S", 0.1)
    path = tmp_path / "args"
    match kind:
        case "itself":
            path.write_text(f"a @{path} @{path}")
        case "pipe":
            os.mkfifo(path)
        case "endless":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "binary":
            path.write_bytes(b"\xf6\0\xff")
        case "open":
            path.write_text("'a")
    with pytest.raises(SystemExit) as left:
        parsed(f"@{path}")
    assert left.value.code == 2
    assert why in capsys.readouterr().err.splitlines()[-1]


def test_a_secret_comes_through_a_pipe_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(argument, "PIPE_S", PATIENCE_S)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("s3cr3t\n",))
    writer.start()
    assert secret("--secret", str(pipe)) == "s3cr3t"
    writer.join()


@pytest.mark.parametrize("kind", ["pipe", "endless", "folder", "binary", "empty"])
def test_a_secret_that_is_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(argument, "PIPE_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\0")
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigError, match=r"^--secret: "):
        secret("--secret", str(tmp_path / kind))


def test_small_is_small(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a" * argument.SMALL_BYTES)
    assert len(read_small(path)) == argument.SMALL_BYTES
    path.write_text("a" * (argument.SMALL_BYTES + 1))
    with pytest.raises(OSError, match="more than 64 KiB"):
        read_small(path)
