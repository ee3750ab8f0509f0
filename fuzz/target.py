"""What is fuzzed: each target takes bytes and may raise nothing but `PlatewrightError`."""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from platewright.background.archive import Archive  # noqa: E402
from platewright.dataset.format import load_reader  # noqa: E402
from platewright.dataset.picture import PictureFinder  # noqa: E402
from platewright.errors import PlatewrightError  # noqa: E402
from platewright.image import decode_image, encode_image  # noqa: E402
from platewright.network.weights import load_weights, read_settings  # noqa: E402
from platewright.region import load_region  # noqa: E402

__all__ = ["TARGETS", "attempt", "seeds"]

FILES = {
    "labels-csv": "labels.csv", "coco": "coco.json", "voc": "a.xml", "cvat": "annotations.xml",
    "label-studio": "tasks.json", "labelme": "a.json", "via": "via.json", "dataturks": "a.json",
    "boxes-csv": "boxes.csv", "text-list": "list.txt", "paddle-det": "Label.txt",
    "icdar": "gt_a.txt",
}  # fmt: skip
"""A label file of each format that is one."""
PIXELS = 200_000
MEMBERS = 50


def attempt(target: Callable[[bytes], object], data: bytes) -> None:
    """Give a target bytes; what it may raise is passed over.

    Raises:
        Exception: what it may not.
    """
    try:
        target(data)
    except PlatewrightError as error:
        told = str(error)
        if "\n" in told or not told.isprintable():
            raise AssertionError(
                f"more than one line, or what is not to be seen: {told!a}"
            ) from None


def picture(data: bytes) -> None:
    """Decode a picture."""
    decode_image(io.BytesIO(data), "x", max_pixels=PIXELS)


def archive(data: bytes) -> None:
    """Go through an archive."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(data)
        for member in islice(Archive(path), MEMBERS):
            _ = member.name


def weights(data: bytes) -> None:
    """Read a weights file, or the settings in one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.npz"
        path.write_bytes(data)
        if data[:1] == b"{":
            read_settings(data.decode("utf-8", "replace"))
        load_weights(path)


def region(data: bytes) -> None:
    """Read a region."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.toml"
        path.write_bytes(data)
        load_region(path)


def labels(data: bytes) -> None:
    """Read a data set; the first line names its format."""
    name, _, content = data.partition(b"\n")
    kind = name.decode("ascii", "replace")
    if kind not in FILES:
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "set"
        place.mkdir()
        (place / FILES[kind]).write_bytes(content)
        (place / "a.jpg").write_bytes(SMALL)
        finder = PictureFinder(folder=place)
        for found, _ in islice(load_reader(kind)(place / FILES[kind], finder), MEMBERS):
            if isinstance(found, Path) and place not in found.resolve().parents:
                raise AssertionError(f"{found}: outside of the set")


@cache
def client() -> Any:
    """Return a client of the web page, with a database of its own where nobody has set one up."""
    if "PLATEWRIGHT_DATA" not in os.environ:
        folder = tempfile.mkdtemp(prefix="platewright-fuzz-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ |= {
            "PLATEWRIGHT_DATA": folder, "PLATEWRIGHT_READERS": "0", "PLATEWRIGHT_PER_MINUTE": "0",
            "PLATEWRIGHT_ACCESS": "open", "DJANGO_SETTINGS_MODULE": "platewright.web.settings",
        }  # fmt: skip
        from platewright.web.environment import set_up

        set_up("the web page")
    from django.test import Client

    from platewright.web.database import bring_up_to_date

    bring_up_to_date()
    return Client(raise_request_exception=False, SERVER_NAME="localhost")


def api(data: bytes) -> None:
    """Ask the API: the first line is the address and the type of what follows."""
    head, _, body = data.partition(b"\n")
    address, _, kind = head.decode("latin-1").partition(" ")
    answer = client().generic(
        "POST" if body else "GET", f"/api/v1/{address}", body, content_type=kind or "image/jpeg"
    )
    if answer.status_code >= 500:
        raise AssertionError(f"{answer.status_code}: {answer.content[:200]!r}")


TARGETS: dict[str, Callable[[bytes], object]] = {
    each.__name__: each for each in (api, archive, labels, picture, region, weights)
}

SMALL = encode_image(np.full((8, 16, 3), 90, np.uint8), ".jpg")


def seeds(name: str) -> list[bytes]:
    """Return a small corpus of a target."""
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (24, 40, 3), np.uint8)
    if name == "picture":
        found = [encode_image(noise, kind) for kind in (".jpg", ".png", ".bmp", ".webp", ".tif")]
        for mode, kind, options in (
            ("P", "GIF", {}), ("CMYK", "JPEG", {}), ("RGB", "JPEG", {"progressive": True}),
            ("1", "TIFF", {"compression": "group4"}), ("RGBA", "PNG", {}), ("I;16", "PNG", {}),
        ):  # fmt: skip
            stream = io.BytesIO()
            grey = Image.fromarray(noise[..., 0]) if mode == "I;16" else Image.fromarray(noise)
            grey.convert(mode).save(stream, kind, **options)
            found.append(stream.getvalue())
        return found
    if name == "archive":
        import tarfile

        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a/b.jpg", SMALL)
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w:gz") as file_of_tar:
            info = tarfile.TarInfo("a/b.jpg")
            info.size = len(SMALL)
            file_of_tar.addfile(info, io.BytesIO(SMALL))
        return [packed.getvalue(), tar.getvalue()]
    if name == "weights":
        whole = io.BytesIO()
        settings = b'{"slots": {"slots": 7}}'
        np.savez(whole, **{
            "settings.json": np.frombuffer(settings, np.uint8),
            "note.json": np.frombuffer(b"{}", np.uint8),
            "a/kernel": np.ones((3, 4), np.float32),
        })  # fmt: skip
        return [whole.getvalue(), settings]
    if name == "api":
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        return [
            b"read?region=GB image/jpeg\n" + SMALL,
            b"read?all=1 multipart/form-data; boundary=x\n" + form + SMALL + b"\r\n--x--\r\n",
            b"read?keep=1&keep_photo=1&region=../GB application/octet-stream\n" + SMALL,
            b"plates/AB12CDE", b"plates/%D0%96%00?x=1", b"openapi.json",
        ]  # fmt: skip
    if name == "region":
        return [(ROOT / "regions" / f"{code}.toml").read_bytes() for code in ("GB", "IN", "ANY")]
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 8, 4]}
    coco = {"images": [{"id": 1, "file_name": "a.jpg", "width": 16, "height": 8}],
            "annotations": [box], "categories": [{"id": 1, "name": "plate"}]}  # fmt: skip
    voc = (
        "<annotation><filename>a.jpg</filename><size><width>16</width><height>8</height></size>"
        "<object><name>plate</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>5</ymax>"
        "</bndbox></object></annotation>"
    )
    shapes = {"shapes": [{"label": "p", "points": [[1, 1], [9, 5]], "shape_type": "rectangle"}],
              "imagePath": "a.jpg", "imageWidth": 16, "imageHeight": 8}  # fmt: skip
    texts = {
        "coco": json.dumps(coco), "voc": voc, "labelme": json.dumps(shapes),
        "labels-csv": "file,x,y,w,h,text,country\na.jpg,1,1,8,4,AB12,GB\n",
        "paddle-det": 'a.jpg\t[{"transcription": "AB", "points": [[1,1],[9,1],[9,5],[1,5]]}]\n',
        "text-list": "a.jpg\tAB12\n", "via": "{}", "label-studio": "[]", "cvat": "<annotations/>",
        "dataturks": "{}\n", "boxes-csv": "filename,width,height,class,xmin,ymin,xmax,ymax\n",
        "icdar": "1,1,9,1,9,5,1,5,AB12\n",
    }  # fmt: skip
    return [f"{kind}\n{text}".encode() for kind, text in texts.items()]


cv2.setNumThreads(1)
