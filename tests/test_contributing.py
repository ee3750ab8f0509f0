"""CONTRIBUTING.md: the map is the code's, and the recipes do what they say from the page alone."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
RECIPES = PAGE.partition("## Five recipes")[2].partition("\n## ")[0]
FILES = dict(re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)^```", RECIPES, re.M | re.S))
COMMANDS = re.findall(r"^ {4}python (.+)$", RECIPES, re.M)
KINDS = {
    "regions", "platewright/synth/effect", "platewright/mark", "platewright/dataset/format",
    "platewright/network", "platewright/output/writer",
}  # fmt: skip


def stations() -> tuple[str, ...]:
    """Return the rooms of the layer test, in its order."""
    tree = ast.parse((ROOT / "tests/test_layers.py").read_text("utf-8"))
    found: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            (target,) = node.targets
            texts = [n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)]
            found[getattr(target, "id", "")] = [str(text) for text in texts]
    return (*found["BASE"], *found["STATIONS"])


def test_the_map_has_every_room_in_its_order() -> None:
    table = PAGE.partition("| room | holds |")[2].partition("\n\n")[0]
    told = re.findall(r"`(\w+)(?:\.py|/)?`", " ".join(re.findall(r"^\|(.*?)\|", table, re.M)))
    assert [name for name in told if name != "interface"] == list(stations())


def test_the_page_names_what_there_is() -> None:
    text = re.sub(r"^```.*?^```", "", PAGE, flags=re.M | re.S)
    names = {name for name in re.findall(r"`([\w./-]+/[\w./*-]*)`", text) if "NAME" not in name}
    assert len(names) > 40
    for name in names - FILES.keys():
        rooms = (ROOT, ROOT / "platewright", *(ROOT / "platewright").iterdir())
        assert any([*room.glob(name.rstrip("/"))] for room in rooms if room.is_dir()), name


def test_each_recipe_is_one_new_file() -> None:
    assert {str(Path(name).parent) for name in FILES} == KINDS
    assert len(FILES) == len(KINDS)
    assert not [name for name in FILES if (ROOT / name).exists()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with all the recipes' files."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("platewright", "regions", "tests", "docs", "results", "readers"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    for name in ("fonts", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def run(folder: Path, *words: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False,
        env=kept | {"PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, (words, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


@pytest.mark.slow
def test_the_commands_of_the_recipes_run_in_order(clone: Path) -> None:
    """One process runs them all: each by itself would load TensorFlow and the faces again."""
    code = (
        "import runpy, shlex, sys\n"
        "for line in sys.argv[1:]:\n"
        "    sys.argv = shlex.split(line)\n"
        "    try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "    except SystemExit as left: assert not left.code, (line, left.code)\n"
    )
    run(clone, "-c", code, *(c for c in COMMANDS if not c.startswith("-m pytest")))
    assert (clone / "plain/boxes.txt").read_text().count("\n") >= 10
    assert "D565JAU" in (clone / "street.txt").read_text().splitlines()


@pytest.mark.slow
def test_a_new_files_code_is_checked_as_ours_is(clone: Path) -> None:
    names = [name for name in FILES if name.endswith(".py")]
    for tool in (["ruff", "check", "--no-cache"], ["ruff", "format", "--check", "--no-cache"]):
        run(clone, "-m", *tool, *names)


@pytest.mark.slow
def test_what_is_tested_of_all_is_tested_of_a_new_one(clone: Path) -> None:
    """The tests that the recipes name pass with the new files, which they find by themselves."""
    folders = [word for c in COMMANDS if "-m pytest" in c for word in shlex.split(c)[2:]]
    assert len(folders) >= 5 and all((ROOT / folder).exists() for folder in folders)
    marks, formats = "tests/mark/test_library.py::", "tests/dataset/format/test_formats.py::"
    quick = [
        "tests/test_layers.py",
        f"{marks}test_there_are_many_and_each_family_has_its_members",
        f"{marks}test_a_mark_has_ink_in_tones_that_fill_no_pixel_twice[ladder]",
        f"{formats}test_every_file_is_a_format_that_says_what_it_is[plain-boxes]",
        f"{formats}test_every_plate_is_held_or_left_out_for_a_reason[plain-boxes]",
        "tests/dataset/format/test_reading_back.py::test_what_only_writes_can_not_be_read",
        "tests/network/test_kind.py::test_every_file_is_a_network",
        "tests/region/test_syntax_sources.py::test_every_country_is_tested_somewhere",
        "tests/region/test_check.py::test_every_bundled_region_is_fine[XX]",
    ]  # fmt: skip
    run(clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", *quick)
