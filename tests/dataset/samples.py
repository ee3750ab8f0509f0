"""Samples made by hand or by chance, and the way a data set is put together from its shards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from platewright.dataset.format import load_format
from platewright.dataset.writer import Sample
from platewright.geometry import quad_of_box
from platewright.record import CharacterRecord, PlateRecord, SceneRecord


def plain_sample(*plates: PlateRecord, size=(60, 100), index=0, name="", presence=None) -> Sample:
    """Return a black picture with white plates exactly where the labels say."""
    image = np.zeros((*size, 3), np.uint8)
    centres = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in size[::-1])), axis=-1)
    for plate in plates:
        sides = np.roll(plate.quad, -1, axis=0) - plate.quad
        ways = centres[:, :, None] - plate.quad
        inside = sides[:, 0] * ways[..., 1] - sides[:, 1] * ways[..., 0] > 0
        image[inside.all(axis=-1)] = 255
    record = SceneRecord(size=size, plates=tuple(plates), presence=presence)
    return Sample(index=index, name=name or f"{index:08d}", image=image, record=record)


def plain_plate(box, text="AB12CDE", region="GB") -> PlateRecord:
    """Return an upright plate with its characters side by side."""
    x0, y0, x1, y1 = box
    step = (x1 - x0) / max(len(text), 1)
    characters = tuple(
        CharacterRecord(char=c, quad=quad_of_box((x0 + k * step, y0, x0 + (k + 1) * step, y1)))
        for k, c in enumerate(text)
    )
    return PlateRecord(text=text, quad=quad_of_box(box), region=region, characters=characters)


def write_data_set(folder: Path, name: str, samples: Sequence[Sample], shards: int = 1) -> Path:
    """Write samples as the engine does: shards in folders of their own, `finish` in another."""
    kind = load_format(name)
    lines: list[str] = []
    size = -(-len(samples) // shards)
    for shard in range(shards):
        with tempfile.TemporaryDirectory(dir=folder.parent) as own:
            writer = kind(Path(own), shard)
            for sample in samples[shard * size : (shard + 1) * size]:
                writer.add(sample)
            lines += writer.close()
            shutil.copytree(own, folder, dirs_exist_ok=True)
    assert not any("\n" in line for line in lines)
    with tempfile.TemporaryDirectory(dir=folder.parent) as own:
        kind.finish(iter(lines), Path(own))
        shutil.copytree(own, folder, dirs_exist_ok=True)
    return folder


TEXTS = st.text("0123456789ABCDEFGHKMPRSTVXYZÄÖЖ京沪&<,'\"", min_size=1, max_size=9)
SIZES = st.tuples(st.integers(24, 60), st.integers(24, 60))


@st.composite
def quads(draw, size):
    """Draw the corners of a plate inside a picture, in hundredths of a pixel."""
    height, width = size
    x0 = draw(st.integers(0, 50 * width))
    y0 = draw(st.integers(0, 50 * height))
    x1 = draw(st.integers(x0 + 800, 100 * width))
    y1 = draw(st.integers(y0 + 800, 100 * height))
    push = st.integers(0, 300)
    corners = [
        (x0 + draw(push), y0 + draw(push)),
        (x1 - draw(push), y0 + draw(push)),
        (x1 - draw(push), y1 - draw(push)),
        (x0 + draw(push), y1 - draw(push)),
    ]
    return np.array(corners, float) / 100


@st.composite
def sample_lists(draw, characters=True):
    """Draw up to three pictures with up to three plates each, all inside."""
    samples = []
    for index in range(draw(st.integers(1, 3))):
        size = draw(SIZES)
        plates = []
        for text in draw(st.lists(TEXTS, max_size=3)):
            own = [
                CharacterRecord(char=c, quad=draw(quads(size)), line=draw(st.integers(0, 1)))
                for c in (text if characters else "")
            ]
            plates.append(
                PlateRecord(
                    text=text,
                    quad=draw(quads(size)),
                    region=draw(st.sampled_from(["", "GB", "US-CA"])),
                    characters=tuple(own),
                )
            )
        samples.append(plain_sample(*plates, size=size, index=index))
    return samples
