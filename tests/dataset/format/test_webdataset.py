"""WebDataset shards, read by the package of that name."""

from __future__ import annotations

import io
import json
import tarfile

import numpy as np
import pytest
from PIL import Image

from platewright.dataset.format.webdataset import WebDatasetFormat
from platewright.dataset.writer import plain_value
from platewright.errors import OutputError
from platewright.record import SceneRecord


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the package's own
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_package_reads_pictures_and_records(drawn, drawn_as) -> None:
    webdataset = pytest.importorskip("webdataset", reason="needs pip install webdataset")
    folder = drawn_as("webdataset")
    assert sorted(p.name for p in folder.iterdir()) == ["00000.tar", "00001.tar"]
    urls = [str(folder / "00000.tar"), str(folder / "00001.tar")]
    found = list(webdataset.WebDataset(urls, shardshuffle=False))
    assert [item["__key__"] for item in found] == [sample.name for sample in drawn]
    for item, sample in zip(found, drawn, strict=True):
        scene = sample.record.presence is None
        picture = np.asarray(Image.open(io.BytesIO(item["jpg" if scene else "png"])))
        assert picture.shape == sample.image.shape
        off = np.abs(picture.astype(int) - sample.image).mean()
        assert off < 3 if scene else off == 0
        values = json.loads(item["json"])
        assert values == json.loads(json.dumps(sample.record.as_dict(), default=plain_value))
        assert SceneRecord.from_dict(values).as_dict() == values


def test_nothing_tells_of_time_or_machine(drawn, write) -> None:
    folder = write("webdataset", drawn[:2])
    with tarfile.open(folder / "00000.tar") as tar:
        for info in tar:
            assert (info.mtime, info.uid, info.gid, info.uname, info.gname) == (0, 0, 0, "", "")
            assert info.mode == 0o644 and info.pax_headers == {}


def test_a_folder_that_is_gone_is_told(tmp_path) -> None:
    with pytest.raises(OutputError, match=r"00003\.tar: can't be written: No such file"):
        WebDatasetFormat(tmp_path / "gone", 3)
