"""The page on using the networks elsewhere: its commands' files, read by its own lines alone."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from platewright.image import load_image, save_image
from platewright.network.interchange import FORMATS, file_names
from platewright.reading.acceptance import Shown
from platewright.reading.choice import load_detector
from tests.script import PATIENCE_S, run_here

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/use-elsewhere.md").read_text("utf-8")
(BLOCK,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
ALONE = {"itertools", "json", "numpy", "onnxruntime", "PIL"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    assert run_here(folder, "export.py").returncode == 0
    (folder / "read.py").write_text(BLOCK)
    return folder


def read(folder: Path) -> list[list[str]]:
    """Run the lines in a process without Platewright; return the words of each plate."""
    done = subprocess.run(
        [sys.executable, "-I", "read.py"], cwd=folder, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [line.split(maxsplit=2) for line in done.stdout.splitlines()]


def test_the_lines_read_what_the_command_does(folder: Path) -> None:
    shutil.copy(ROOT / "docs/street.jpg", folder)
    said = read(folder)
    detector = load_detector(ROOT / "weights.float.onnx")
    street = load_image(ROOT / "docs/street.jpg")
    wanted = {reading.text for reading in filter(Shown(), detector.read(street))}
    assert len(said) == len(wanted) == 4 and {text for text, _, _ in said} == wanted
    assert all(0 < float(sure) <= 1 for _, sure, _ in said)


def test_a_photo_without_a_plate_is_no_error(folder: Path) -> None:
    save_image(folder / "street.jpg", load_image(ROOT / "docs/street.jpg")[:200, :300])
    assert read(folder) == []


def test_they_need_what_the_page_says() -> None:
    found: set[str] = set()
    for node in ast.walk(ast.parse(BLOCK)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    assert found == ALONE
    assert "Some thirty lines" in PAGE and sum(map(bool, BLOCK.splitlines())) < 35


def test_the_page_names_every_format_and_file() -> None:
    for name in (*FORMATS, *file_names(FORMATS)):
        assert f"`{name}" in PAGE, name
