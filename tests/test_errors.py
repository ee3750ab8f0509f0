"""One line for whatever goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from platewright.errors import TRACE, ImageError, run_script
from platewright.file import make_folder, remove_empty_folders

PATHS = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (ImageError("a\x1b[31m\nb.jpg: \udcff: no picture"), r"a\x1b[31m\nb.jpg: \udcff", 1),
        (OSError(2, "gone", "\x07.jpg"), r"\x07.jpg: gone", 1),
        (MemoryError(), "not enough memory", 1),
        (RecursionError("too\ndeep"), "RecursionError: too deep", 1),
        (KeyError("x"), "KeyError: 'x' (PLATEWRIGHT_TRACEBACK=1 tells where)", 1),
        (KeyboardInterrupt(), "stopped", 130),
        (ImageError("a: " + "b" * 99_999 + ": mend c"), "bbb ... bbb", 1),
    ],
)
def test_one_line(
    error: BaseException, told: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as left:
        run_script(main, "x.py")
    said = capsys.readouterr().err
    assert left.value.code == code and said.startswith("x.py: ") and told in said
    assert len(said.splitlines()) == 1 and said[:-1].isprintable() and len(said) < 2000


@pytest.mark.process
def test_no_result_is_where_libraries_print(tmp_path: Path) -> None:
    """A file that is opened where stderr is closed would be what they remark into."""
    code = (
        "import os, sys; from platewright.errors import run_script\n"
        "def main():\n"
        "    with open('result', 'w') as result:\n"
        "        result.write('whole')\n"
        "        result.flush()\n"
        "        for number in (1, 2): os.write(number, b'a remark')\n"
        "run_script(main, 'x.py')"
    )
    line = 'exec "$0" -c "$1" <&- >&- 2>&-'
    subprocess.run(["sh", "-c", line, sys.executable, code], cwd=tmp_path, check=True, env=PATHS)
    assert (tmp_path / "result").read_text() == "whole"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_ends_it_from_outside_does_as_ctrl_c(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit) as left:
            run_script(lambda: signal.raise_signal(number), "x.py")
    finally:
        signal.signal(number, before)
    assert left.value.code == 128 + number and capsys.readouterr().err == "x.py: stopped\n"


def test_what_is_stopped_while_a_library_is_loaded_is_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Compiled modules make an `ImportError` of whatever is raised in them."""

    def main() -> None:
        raise ImportError("initialization failed") from KeyboardInterrupt(signal.SIGTERM)

    with pytest.raises(SystemExit) as left:
        run_script(main, "x.py")
    assert left.value.code == 143 and capsys.readouterr().err == "x.py: stopped\n"


def test_where_it_went_wrong_is_told_if_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRACE, "1")
    with pytest.raises(KeyError):
        run_script(lambda: {}["x"], "x.py")


@pytest.mark.parametrize("code", [0, 1])
def test_what_fails_leaves_no_empty_folder(tmp_path: Path, code: int) -> None:
    (tmp_path / "old").mkdir()

    def main() -> int:
        make_folder(tmp_path / "a" / "b" / "c")
        make_folder(tmp_path / "a" / "d")
        make_folder(tmp_path / "old")
        (tmp_path / "a" / "d" / "kept").touch()
        make_folder(tmp_path / "e")
        return code

    with pytest.raises(SystemExit):
        run_script(main, "x.py", after_failure=remove_empty_folders)
    left = sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*"))
    there = ["a", "a/d", "a/d/kept", "old"]
    assert left == (there if code else sorted([*there, "a/b", "a/b/c", "e"]))
