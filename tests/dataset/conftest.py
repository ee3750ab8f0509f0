"""Drawn samples, written once in every format."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from platewright.dataset.writer import Sample
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.window import draw_window
from tests.dataset.samples import write_data_set

Writer = Callable[..., Path]


@pytest.fixture(scope="session")
def drawn() -> list[Sample]:
    """Eight colour scenes and four grey windows, as gen.py would draw them."""
    samples = []
    for index in range(12):
        rng = np.random.default_rng([5, index])
        scene = index < 8
        settings = SceneSettings(size=(240, 320), width_px=(50, 140), focus=0.0, grey=False)
        if not scene:
            settings = SceneSettings(size=(64, 128))
        backgrounds = Backgrounds(grey=not scene, num_drawn=2)
        draw = draw_scene if scene else draw_window
        image, record = draw(rng, backgrounds, settings, seed=(5, index))
        samples.append(Sample(index=index, name=f"{index:08d}", image=image, record=record))
    plates = [plate for sample in samples for plate in sample.record.plates]
    assert len(plates) >= 10, "nothing to test with"
    return samples


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def write(name: str, samples: Sequence[Sample], shards: int = 1) -> Path:
        return write_data_set(tmp_path / name, name, samples, shards)

    return write


@pytest.fixture(scope="session")
def drawn_as(drawn, tmp_path_factory) -> Callable[[str], Path]:
    """Write the drawn samples in a format, in two shards, once."""
    folder = tmp_path_factory.mktemp("drawn")

    def write(name: str) -> Path:
        if not (folder / name).is_dir():
            write_data_set(folder / name, name, drawn, shards=2)
        return folder / name

    return write


@pytest.fixture(scope="session")
def paddle_labels() -> ModuleType:
    """PaddleOCR's own reader of ICDAR files, without the rest of that large package."""
    try:
        files = importlib.metadata.files("paddleocr") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("needs paddleocr: pip install --no-deps paddleocr==2.10.0")
    path = next(f for f in files if str(f).endswith("ppocr/utils/gen_label.py")).locate()
    spec = importlib.util.spec_from_file_location("gen_label", str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
