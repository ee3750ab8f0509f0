from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format.paddle_det import read
from platewright.errors import DatasetError
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set


def test_lines_are_picture_tab_json(write) -> None:
    folder = write("paddle-det", [plain_sample(plain_plate((10, 20, 40, 30), "京A1"))])
    (line,) = (folder / "train.txt").read_bytes().splitlines() or (
        (folder / "val.txt").read_bytes().splitlines()
    )
    # The way its SimpleDataSet takes a line apart.
    name, label = line.decode("utf-8").strip("\n").split("\t")
    assert (folder / name).is_file()
    points = [[10, 20], [40, 20], [40, 30], [10, 30]]
    assert json.loads(label) == [{"transcription": "京A1", "points": points}]


@settings(max_examples=20, deadline=None)
@given(sample_lists(characters=False))
def test_what_is_written_comes_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = dict(read(write_data_set(Path(folder) / "p", "paddle-det", samples)))
    records = {path.stem: record for path, record in found.items()}
    assert sorted(records) == [sample.name for sample in samples]
    for sample in samples:
        for plate, own in zip(records[sample.name].plates, sample.record.plates, strict=True):
            assert plate.text == own.text
            assert np.abs(plate.quad - own.quad).max() <= 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("images/a.jpg []", "no tab between"),
        ("images/a.jpg\t[{]", "not JSON"),
        ("images/a.jpg\t{}", "labels are no list"),
        ("images/a.jpg\t[{}]", "a label without transcription"),
        ('images/a.jpg\t[{"transcription": "A", "points": [[1, 2], [3]]}]', "no list of four"),
        ("images/a.jpg\t" + "[" * 100_000, "line 1: .* nested too deep"),
        *(
            (
                'images/a.jpg\t[{"transcription": "A", "points": '
                f"[[1, 2], [{number}, 2], [5, 5], [1, 5]]}}]",
                "line 1: points holds",
            )
            for number in ("9" * 400, "9" * 5000, "1e200", "null")
        ),
        ("images/a.jpg\t[]", "there is no such picture"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, message) -> None:
    (tmp_path / "train.txt").write_text(f"{line}\n")
    with pytest.raises(DatasetError, match=message):
        list(read(tmp_path))
