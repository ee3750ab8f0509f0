"""The fuzz targets, a little each; fuzz/run.py does more."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
TRIES = 150


def loaded(name: str) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FUZZ / f"{name}.py")
        assert spec and spec.loader
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.mark.parametrize("name", ["api", "archive", "labels", "picture", "region", "weights"])
def test_nothing_but_one_line_comes_of_changed_files(name: str) -> None:
    target, run = loaded("target"), loaded("run")
    corpus = target.seeds(name)
    for data in corpus:
        target.attempt(target.TARGETS[name], data)
    assert run.drawn(target.TARGETS[name], corpus, TRIES, 10.0) > 0
