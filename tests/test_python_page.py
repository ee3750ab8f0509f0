"""The page and the notebook on Python do what they say."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import platewright
from platewright.image import load_image, save_image

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/python.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
README_BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page speaks of: small pictures, so that they are read at once."""
    street = load_image(ROOT / "docs/street.jpg")
    (tmp_path / "photos").mkdir()
    for name in ("car.jpg", "street.jpg", "photos/a.jpg", "photos/b.jpg"):
        save_image(tmp_path / name, street[420:560, 440:720])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_blocks_run_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("supervision")
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block, names)
    assert names["hidden"].shape == (140, 280, 3)
    assert names["picture"].shape == (480, 640, 3)
    assert "D565JAU" in capsys.readouterr().out


@pytest.mark.slow
def test_the_readme_block_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert README_BLOCKS
    for block in README_BLOCKS:
        exec(block, {})
    assert "D565JAU" in capsys.readouterr().out


@pytest.mark.slow
def test_the_notebook_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = json.loads((ROOT / "docs/python.ipynb").read_text("utf-8"))
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert len(cells) > 6
    assert all(cell["outputs"] == [] for cell in cells), "it is kept without outputs"
    names: dict[str, Any] = {}
    last: Any = None
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))
        *body, end = tree.body
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if isinstance(end, ast.Expr):  # what a notebook shows
            last = eval(compile(ast.Expression(end.value), "cell", "eval"), names)
        else:
            exec(compile(ast.Module([end], []), "cell", "exec"), names)
    assert last["text"].tolist() == [plate.text for plate in names["plates"]]
    assert np.asarray(names["picture"]).shape == (480, 640, 3)
    assert "D565JAU" in capsys.readouterr().out


def test_the_page_names_what_there_is() -> None:
    for name in re.findall(r"platewright\.(\w+)\(", PAGE):
        assert name in platewright.__all__, name
    attributes = re.findall(r"^\| `(\w+)` \|", PAGE, re.M)
    assert len(attributes) == 12
    assert all(
        hasattr(platewright.Reading, a) or a in platewright.Reading.__annotations__
        for a in attributes
    )
