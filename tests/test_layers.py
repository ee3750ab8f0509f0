"""Who may import whom: along the data's way, and drawing never meets recognising."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from platewright.command import command_names

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "platewright"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(ROOT.glob("*.py"))
# What stands later may import what stands before, never the other way round.
BASE = (
    "limit",
    "errors",
    "geometry",
    "resource",
    "text",
    "lock",
    "file",
    "progress",
    "pool",
    "http",
    "heif",
    "container",
    "image",
    "record",
)
STATIONS = (
    *BASE,
    "mark",
    "region",
    "synth",
    "background",
    "dataset",
    "output",
    "generation",
    "network",
    "reading",
    "evaluation",
    "training",
    "tracking",
    "web",
    "command",
)
INTERFACE = {"__init__", "__main__", "interface"}
"""What users of the package import: it may know every room."""
UPWARD: set[tuple[str, str]] = set()
"""Arrows that may point the other way: who, and to what."""
VAGUE = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}


@cache
def imported(path: Path) -> list[tuple[str, int]]:
    """Return (dotted module, line) of every import, those inside functions too."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def station(dotted: str) -> str | None:
    """Return the station that a module of the package belongs to, None for the others."""
    parts = dotted.split(".")
    named = parts[1] if parts[0] == "platewright" and len(parts) > 1 else ""
    return named if named in STATIONS else None


def own_station(path: Path) -> str:
    """Return the station that a file of the package lies in."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def violations(path: Path, own: str) -> list[str]:
    """Return what a module of station `own` imports though it must not."""
    found = []
    for name, line in imported(path):
        other = station(name)
        if other is None or any(own == who and name.startswith(what) for who, what in UPWARD):
            continue
        backwards = STATIONS.index(other) > STATIONS.index(own)
        if backwards or {own, other} in ({"synth", "network"}, {"synth", "reading"}):
            found.append(f"{path.name}:{line} ({own}) imports {name}")
    return found


def test_every_module_belongs_to_a_station() -> None:
    assert {own_station(path) for path in MODULES} - INTERFACE == {*STATIONS}


def test_imports_point_one_way() -> None:
    staged = [(p, own_station(p)) for p in MODULES if own_station(p) not in INTERFACE]
    assert [v for p, own in staged for v in violations(p, own)] == []


def test_every_exception_is_still_needed() -> None:
    for own, what in UPWARD:
        files = [p for p in MODULES if own_station(p) == own]
        assert any(name.startswith(what) for p in files for name, _ in imported(p)), (own, what)


@pytest.mark.parametrize(
    ("own", "line"),
    [
        ("network", "from platewright.synth.scene import draw_scene"),
        ("synth", "def f():\n    import platewright.network.part"),
        ("region", "from platewright import dataset"),
        ("dataset", "from platewright.generation import shard"),
        ("generation", "from platewright.training import fit"),
        ("network", "from platewright.reading import ctc"),
        ("reading", "from platewright.synth.scene import draw_scene"),
        ("tracking", "from platewright.web import database"),
    ],
)
def test_a_wrong_import_is_seen(tmp_path: Path, own: str, line: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(line)
    assert len(violations(module, own)) == 1


def test_only_the_page_and_what_starts_it_know_django() -> None:
    allowed = {"manage.py", "watch.py", "serve.py", "conftest.py"}
    below = [
        p
        for p in MODULES
        if p.relative_to(PACKAGE).parts[0] not in ("web", "command") or p.name not in allowed
    ]
    below = [p for p in below if p.relative_to(PACKAGE).parts[0] != "web"]
    for path in [*below, *(p for p in SCRIPTS if p.name not in allowed)]:
        found = [
            name
            for name, _ in imported(path)
            if name.split(".")[0] in ("django", "ninja") or name.startswith("platewright.web")
        ]
        assert not found, f"{path}: imports {found[0]}"


def test_nothing_imports_the_scripts() -> None:
    names = {path.stem for path in SCRIPTS}
    assert {"detect", "gen", "model", "train"} <= names
    for path in [*MODULES, *SCRIPTS]:
        found = {name.split(".")[0] for name, _ in imported(path)} & names
        assert not found, f"{path}: imports the script {found}"


def test_modules_are_named_after_a_thing() -> None:
    assert not {path.stem for path in MODULES} & VAGUE
    assert not {path.parent.name for path in MODULES} & VAGUE


def test_modules_are_of_a_readable_length() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in MODULES
    }
    assert {name: n for name, n in lengths.items() if n > 400} == {}


def test_scripts_are_a_few_lines_that_run_a_command() -> None:
    for path in SCRIPTS:
        if path.name in ("conftest.py", "setup.py"):
            continue
        assert len(path.read_text().splitlines()) <= 10, path
        assert {name for name, _ in imported(path)} == {"platewright.command.run_command"}
        assert path.stem in command_names()


@pytest.mark.parametrize("name", command_names())
def test_a_main_reads_as_a_story(name: str) -> None:
    tree = ast.parse((PACKAGE / "command" / f"{name}.py").read_text())
    (main,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "main")
    assert main.end_lineno - main.lineno < 65
