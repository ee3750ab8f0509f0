"""The CSV that evaluate.py measures on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format.labels_csv import TABLE, claims, read, read_labels
from platewright.errors import DatasetError
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set


def test_the_evaluations_own_reader_reads_it(write) -> None:
    plates = [plain_plate((10, 6, 60, 18)), plain_plate((-8, 30, 92, 54), "X1", "US-CA")]
    folder = write("labels-csv", [plain_sample(*plates)])
    first, cut = read_labels(folder / TABLE)
    assert (first.file, first.text, first.country) == ("00000000.jpg", "AB12CDE", "GB")
    assert first.box == (10, 6, 60, 18) and (folder / "images" / first.file).is_file()
    assert cut.box == (0, 30, 92, 54) and cut.country == "US-CA"
    assert claims(folder) and claims(folder / TABLE)


def test_crops_have_no_boxes(write) -> None:
    crops = [plain_sample(plain_plate((0, 0, 100, 60)), index=k, presence=True) for k in (0, 1)]
    folder = write("labels-csv", crops)
    assert (folder / TABLE).read_text().splitlines()[0] == "file,text,country"
    records = [record for _, record in read(folder)]
    assert [r.presence for r in records] == [True, True]
    assert records[0].plates[0].box == (0, 0, 100, 60)


def test_texts_that_would_be_formulas_come_back(write) -> None:
    texts = ["=1+1", "'=1+1", "-5", "@A", "'A"]
    plates = [plain_plate((10, 6, 60, 18), text) for text in texts]
    folder = write("labels-csv", [plain_sample(*plates)])
    assert [label.text for label in read_labels(folder / TABLE)] == texts
    assert ",'=1+1,GB" in (folder / TABLE).read_text()  # a person may open it


@settings(max_examples=20, deadline=None)
@given(sample_lists(characters=False))
def test_what_is_written_comes_back(samples) -> None:
    labelled = [s for s in samples if s.record.plates]
    with tempfile.TemporaryDirectory() as folder:
        made = write_data_set(Path(folder) / "set", "labels-csv", samples)
        if not labelled:
            with pytest.raises(DatasetError, match="no label in it"):
                list(read(made))
            return
        found = list(read(made))
    for (photo, record), sample in zip(found, labelled, strict=True):
        assert (photo.name, record.size) == (f"{sample.name}.jpg", sample.record.size)
        for plate, other in zip(record.plates, sample.record.plates, strict=True):
            assert (plate.text, plate.region) == (other.text, other.region)
            assert np.allclose(plate.box, other.box, atol=0.011)
