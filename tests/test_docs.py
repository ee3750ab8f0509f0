"""The pages: a site without a warning, commands that are read as they stand, links that lead."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

import platewright
from platewright.image import save_image
from tests.page import (
    PAGES,
    ROOT,
    anchors,
    lines_of_others,
    links,
    parser_of,
    read_line,
    shell_lines,
    spans,
    words_of,
)

LINES = [
    (page.relative_to(ROOT).as_posix(), line)
    for page in PAGES
    if page.name != "CONTRIBUTING.md"  # its recipes are run by test_contributing.py
    for line in shell_lines(page.read_text("utf-8"))
]
FILES = r"`([\w/]+\.toml)`[^`]*```toml\n(.*?)^```"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages tell to write, and what commands look for when they read their arguments."""
    made = tmp_path_factory.mktemp("reader")
    for name in ("regions", "weights.npz", "weights.onnx", "readers"):
        (made / name).symlink_to(ROOT / name)
    smallest = re.findall(
        r"```toml\n(.*?)^```", (ROOT / "docs/add-a-region.md").read_text("utf-8"), re.M | re.S
    )
    files = {"my/XX.toml": smallest[0]}
    for page in (ROOT / "docs").glob("*.md"):
        files |= dict(re.findall(FILES, page.read_text("utf-8"), re.M | re.S))
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, "utf-8")
    save_image(made / "mask.png", np.zeros((8, 8, 3), np.uint8))
    return made


@pytest.mark.process
def test_a_site_is_made_without_a_warning(tmp_path: Path) -> None:
    if find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
    made = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), str(ROOT / "docs"), str(tmp_path / "site")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (made.returncode, made.stdout + made.stderr) == (0, "")
    for page in (ROOT / "docs").glob("*.md"):
        assert (tmp_path / "site" / f"{page.stem}.html").is_file()
    told = (tmp_path / "site/api.html").read_text("utf-8")
    for name in (*platewright.__all__, "Detector.read_many"):
        assert f'id="platewright.{name}"' in told, name
    assert "--min-height" in (tmp_path / "site/commands.html").read_text("utf-8")


def test_every_command_of_the_pages_is_read(folder: Path) -> None:
    wrong = []
    for page, line in LINES:
        try:
            read_line(folder, words_of(line))
        except AssertionError as error:
            wrong.append(f"{page}: {line}: {error}")
    assert not wrong, "\n".join(wrong)
    assert len(LINES) > 100
    assert {page for page, _ in LINES} >= {"README.md", "docs/watch.md", "docs/web.md"}


def test_what_pip_is_told_to_install_is_there() -> None:
    """Files of requirements, our own extras and wheel; others' names are well formed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = lines_of_others("pip")
    for line in lines:
        _, verb, *words = shlex.split(line, comments=True)
        assert verb == "install", line
        files = [word for before, word in pairwise(words) if before == "-r"]
        assert all((ROOT / name).is_file() for name in files), line
        for word in words:
            if word in ("-r", ".", *files):
                continue
            needed = Requirement(word.replace(".[", "platewright["))
            if needed.name == "platewright":
                assert needed.extras <= {*project["optional-dependencies"]}, line
    assert len(lines) > 5
    wheel = f"platewright-{platewright.__version__}-py3-none-any.whl"
    assert wheel in (ROOT / "docs/python.md").read_text("utf-8")


def test_options_in_sentences_are_there(folder: Path) -> None:
    """`detect.py --json` may lack a value; the option is one, whole."""
    wrong, count = [], 0
    for page in PAGES:
        for one in spans(page.read_text("utf-8")):
            script, *words = words_of(one if one.startswith(("python", "platewright")) else
                                      f"python {one}")  # fmt: skip
            parser = parser_of(folder, [script], reads=False)
            known = {*parser._option_string_actions} if parser else set()
            named = {word.partition("=")[0] for word in words if word.startswith("--")}
            wrong += [f"{page.name}: {one}: {name}" for name in named - known - {"--NAME"}]
            count += 1
    assert not wrong, "\n".join(wrong)
    assert count > 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        to = (page.parent / name) if name else page
        assert to.exists(), target
        assert not anchor or anchor in anchors(to), target
