from __future__ import annotations

import os
from pathlib import Path

import pytest

from platewright.errors import ConfigError, RegionError
from platewright.file import read_toml

HOSTILE = {
    "a" * 900_000 + "=": "no valid TOML",
    "x = [" * 2 + "[" * 5000 + "]" * 5000: "TOML|deeper",
    "x = " + "[" * 5000 + "]" * 5000: "nested deeper",
    "x = " + "[" * 50 + "]" * 50: "nested deeper",
    ".".join(["a"] * 100_000) + " = 1": "a key of more than 20 parts",
    "x = {" + " . ".join(['"a b"'] * 9_000) + " = 1}": "a key of more than 20 parts",
    "[" + ".".join(["a"] * 50_000) + "]": "a key of more than 20 parts",
    "x = " + "9" * 5000: "no valid TOML: Exceeds the limit",
    "x = 1\n" * 2: "no valid TOML",
    "x = '" + "a" * (1 << 20) + "'": "more than 1 MiB",
    "x = 'a\x00b'": "no valid TOML",
}


@pytest.mark.parametrize("content", HOSTILE, ids=lambda text: text[:12])
def test_what_is_hostile_is_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(RegionError, match=HOSTILE[content]) as caught:
        read_toml(path, RegionError, kind="region file")
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_as_windows_writes_it(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    assert read_toml(tmp_path / "x.toml") == {"a": 1, "b": 2}


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.toml")
    for path in (tmp_path, tmp_path / "nowhere.toml", tmp_path / "x.toml"):
        with pytest.raises(ConfigError, match="; give a file"):
            read_toml(path)
    (tmp_path / "y.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="no valid TOML"):
        read_toml(tmp_path / "y.toml")


def test_tables_and_dotted_texts_are_read(tmp_path: Path) -> None:
    dotted = "1." * 15
    (tmp_path / "x.toml").write_text(f'a.b.c = "{dotted}"\r\n[d]\r\nlist = [[1.5, 2.5]]\r\n')
    assert read_toml(tmp_path / "x.toml") == {
        "a": {"b": {"c": dotted}},
        "d": {"list": [[1.5, 2.5]]},
    }
