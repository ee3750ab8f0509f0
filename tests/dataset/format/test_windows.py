"""The default format."""

from __future__ import annotations

import json

import numpy as np
import pytest

from platewright.dataset.format.windows import WindowsFormat, plain_value
from platewright.errors import OutputError
from platewright.image import load_image
from platewright.records import SceneRecord


def test_pictures_and_records_come_back(drawn, drawn_as) -> None:
    folder = drawn_as("windows")
    lines = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == [f"{s.name}.png" for s in drawn]
    assert len(list(folder.iterdir())) == len(drawn) + 1
    for line, sample in zip(lines, drawn, strict=True):
        picture = load_image(folder / line.pop("file"))
        want = sample.image if sample.image.ndim == 3 else sample.image[..., None]
        assert (picture == want).all()
        assert line == json.loads(json.dumps(sample.record.as_dict(), default=plain_value))
        assert SceneRecord.from_dict(line).as_dict() == line


def test_a_folder_that_is_gone_is_told(tmp_path, drawn) -> None:
    writer = WindowsFormat(tmp_path / "gone", 0)
    with pytest.raises(OutputError, match=r"00000000\.png: can't be written"):
        writer.add(drawn[0])
    assert np.ndim(drawn[0].image) == 3
