"""The default format."""

from __future__ import annotations

import json

import numpy as np
import pytest

from platewright.dataset.format.windows import LABELS, WindowsFormat, read
from platewright.dataset.writer import plain_value
from platewright.errors import DatasetError, OutputError
from platewright.image import load_image
from platewright.record import SceneRecord
from tests.dataset.samples import plain_plate, plain_sample


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


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("plates", 0, "text"), None, "a plate's text is no text"),
        (("plates", 0, "text"), 12, "a plate's text is no text"),
        (("plates", 0, "region"), None, "a plate's region is no text"),
        (("plates", 0, "kind"), 5, "a plate's kind is no text"),
        (("plates", 0, "quad", 0, 0), 1e200, "no list of four corners within"),
        (("plates", 0, "drawn"), json.loads('{"a":' * 300 + "1" + "}" * 300), "nested deeper"),
        (("plates", 0, "characters", 0, "char"), None, "a character's char is no text"),
        (("plates", 0, "characters", 0, "line"), "0", "a character's line"),
        (("plates", 0, "characters", 0, "confidence"), 2, "a character's confidence"),
        (("height",), 10**400, "infinity"),
        (("drawn",), None, "drawn is no object"),
        (("decoys",), [[1, 2, None, 4]], "a decoy's box"),
    ],
)
def test_a_value_that_is_none_is_told_with_its_line(tmp_path, path, value, message) -> None:
    record = plain_sample(plain_plate((10, 6, 60, 18))).record
    line = {"file": "a.png", **json.loads(json.dumps(record.as_dict(), default=plain_value))}
    whole = json.dumps(line)
    holder = line
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    (tmp_path / LABELS).write_text(f"{whole}\n{json.dumps(line)}\n")
    with pytest.raises(DatasetError, match=f"line 2: the record is damaged .*{message}"):
        list(read(tmp_path))
