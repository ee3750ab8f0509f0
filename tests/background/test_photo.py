"""From a file's bytes to a square: every kind of picture, and every kind of damage."""

import io
import os
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from platewright.background import photo as photo_module
from platewright.background.photo import Crop, cut_photo, cut_square, load_backgrounds
from platewright.image import decode_image, encode_image

CROP = Crop(size=64)


def picture(height=96, width=128, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def packed(image, kind="JPEG", **options):
    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, kind, **options)
    return out.getvalue()


def square(data, crop=CROP, index=0):
    """Return the square as RGB or grey, decoded again."""
    jpeg, reason = cut_photo(data, index, crop)
    assert reason == ""
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    return found if found.ndim == 2 else found[..., ::-1]


def psnr(a, b):
    return 10 * np.log10(255**2 / max(np.mean((a.astype(float) - b) ** 2), 1e-9))


def test_what_phones_take_is_a_background_too(monkeypatch):
    pytest.importorskip("pillow_heif").register_heif_opener()
    image = picture()
    exif = Image.Exif()
    exif[0x0112] = 6
    data = packed(np.ascontiguousarray(np.rot90(image)), "HEIF", exif=exif.tobytes())
    assert psnr(square(data), plain(image)) > 25
    assert cut_photo(data[: len(data) // 2], 0, CROP) == (b"", "damaged")
    monkeypatch.setattr(photo_module, "pillow_formats", lambda start: ())
    assert cut_photo(data, 0, CROP) == (b"", "HEIC, which needs pip install pillow-heif")


def plain(rgb, size=64):
    """Cut the largest square in the middle the plain way."""
    height, width = rgb.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    cut = rgb[top : top + side, left : left + side]
    return cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA)


def test_all_kinds_of_pictures_give_the_same_square():
    image = Image.fromarray(picture())
    kinds = {
        "jpeg": packed(image, quality=95),
        "progressive": packed(image, quality=95, progressive=True),
        "cmyk": packed(image.convert("CMYK"), quality=95),
        "png": packed(image, "PNG"),
        "rgba": packed(image.convert("RGBA"), "PNG"),
        "palette": packed(image.quantize(255), "PNG"),
        "gif": packed(image.quantize(255), "GIF"),
        "bmp": packed(image, "BMP"),
        "tiff": packed(image, "TIFF"),
        "webp": packed(image, "WEBP", lossless=True),
    }
    for kind, data in kinds.items():
        assert psnr(square(data), plain(picture())) > 28, kind


@pytest.mark.parametrize("bits", [8, 16])
def test_grey_pictures(bits):
    grey = picture()[..., 0]
    image = Image.fromarray(grey if bits == 8 else grey.astype(np.uint16) * 257)
    for crop in (CROP, Crop(size=64, grey=True)):
        found = square(packed(image, "PNG"), crop)
        assert found.ndim == (2 if crop.grey else 3)
        wanted = plain(grey) if crop.grey else plain(grey)[..., None]
        assert psnr(found, wanted) > 32


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(96, 128), (600, 500)])
def test_photos_lie_as_their_camera_noted(orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = packed(picture(*size), quality=95, exif=exif)
    upright = decode_image(io.BytesIO(data), "photo")
    assert upright.shape[:2] == (size if orientation < 5 else size[::-1])
    assert psnr(square(data), plain(upright)) > 30


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(("short", "divisor"), [(255, 1), (256, 2), (512, 4), (1024, 8)])
def test_large_photos_are_decoded_at_reduced_size(monkeypatch, grey, short, divisor):
    used = []
    decode = cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda d, how: used.append(how) or decode(d, how))
    data = packed(picture(short, short + 90), quality=95)
    jpeg, _ = cut_photo(data, 0, Crop(size=64, grey=grey))
    assert used == [photo_module.REDUCED[divisor][not grey]]
    found = decode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    wanted = plain(picture(short, short + 90))
    wanted = cv2.cvtColor(wanted, cv2.COLOR_RGB2GRAY) if grey else wanted[..., ::-1]
    assert psnr(found, wanted) > 33


def test_why_photos_are_passed_over():
    good = packed(picture(), quality=95)
    huge = b"IHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0"  # 60,000 x 60,000
    head = b"\x89PNG\r\n\x1a\n\0\0\0\r" + huge + zlib.crc32(huge).to_bytes(4)
    head += b"\0\0\0\x08IDAT" + bytes(12)
    reasons = {
        b"": "empty",
        b"no picture": "no picture",
        b"\xff\xd8\xff\xe0 cut off in its head": "damaged",
        good[: len(good) // 2]: "damaged",
        good[: len(good) // 2] + b"\xff\xd9": "damaged",
        packed(picture(), "PNG")[:-3000]: "damaged",
        packed(picture(), "BMP")[:-300]: "damaged",
        packed(picture(31, 200)): "too small",
        head: "too many pixels",
    }
    for data, reason in reasons.items():
        assert cut_photo(data, 0, CROP) == (b"", reason), reason
    assert cut_photo(good, 0, CROP)[1] == ""
    assert cut_photo(packed(picture(32, 200)), 0, CROP)[1] == ""


@pytest.mark.parametrize("short", [96, 300, 1100])
@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("grey", [False, True])
def test_half_a_photo_with_an_end_is_no_photo(short, orientation, grey):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = packed(picture(short, short + 40), quality=90, exif=exif)
    jpeg, reason = cut_photo(data[: len(data) * 3 // 5] + b"\xff\xd9", 0, Crop(size=64, grey=grey))
    assert (jpeg, reason) == (b"", "damaged")


def test_grey_at_another_corner_is_no_damage():
    image = picture(300, 300)
    image[:40, :40] = 128
    assert square(packed(image, quality=95)).shape == (64, 64, 3)


def test_small_photos_are_scaled_up_and_large_ones_near_to_inter_area():
    image = picture(40, 50)
    assert cut_square(image, CROP, 0).shape == (64, 64, 3)
    for side in (65, 100, 128, 200, 640):
        found = cut_square(picture(side, side), CROP, 0)
        assert psnr(found, plain(picture(side, side))) > 38, side


def test_random_squares_depend_on_seed_and_index_alone():
    data = packed(picture(96, 300), quality=95)
    cuts = [
        cut_photo(data, index, Crop(size=64, where="random", seed=seed))[0]
        for seed, index in ((0, 0), (0, 0), (0, 1), (1, 0))
    ]
    assert cuts[0] == cuts[1]
    assert len(set(cuts)) == 3


def test_backgrounds_that_are_none_are_passed_over(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").mkdir()
    (tmp_path / "c.jpg").write_bytes(encode_image(np.full((40, 8000, 3), 9, np.uint8), ".jpg"))
    scan = b"\xff\xda\0\2"
    whole = encode_image(np.full((64, 64, 3), 9, np.uint8), ".jpg")
    (tmp_path / "d.jpg").write_bytes(whole[:-2] + 200 * scan + whole[-2:])
    (tmp_path / "e.jpg").write_bytes(whole)
    assert [picture.shape for picture in load_backgrounds(tmp_path)] == [(40, 8000), (64, 64)]
