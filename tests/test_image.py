"""Pictures of every kind in, upright RGB out; whatever is broken gets one clear line."""

from __future__ import annotations

import io
import os
import resource
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from platewright import container
from platewright.background.photo import Crop, cut_photo
from platewright.container import boxed_kind
from platewright.dataset.picture_file import picture_size
from platewright.errors import ImageError, OutputError
from platewright.image import (
    WRITE_SUFFIXES,
    decode_image,
    encode_image,
    load_image,
    muted,
    read_picture,
    save_image,
)
from platewright.output.batch import list_images

# Four patches whose places tell every one of the eight orientations apart.
CORNERS = {"red": (250, 20, 10), "green": (10, 200, 30), "blue": (20, 30, 240), "white": (255,) * 3}


def four_patches(height: int = 48, width: int = 80) -> np.ndarray:
    """Red top left, green top right, blue bottom left, white bottom right."""
    rgb = np.empty((height, width, 3), np.uint8)
    half, middle = height // 2, width // 2
    rgb[:half, :middle], rgb[:half, middle:] = CORNERS["red"], CORNERS["green"]
    rgb[half:, :middle], rgb[half:, middle:] = CORNERS["blue"], CORNERS["white"]
    return rgb


def can_write(suffix: str) -> None:
    """Make Pillow write a format, or skip."""
    if suffix == ".heic":
        pytest.importorskip("pillow_heif").register_heif_opener()


def assert_close(image: np.ndarray, expected: np.ndarray, tolerance: float = 3.0) -> None:
    assert image.dtype == np.uint8
    assert image.shape == expected.shape
    assert image.flags.c_contiguous
    assert np.abs(image.astype(int) - expected.astype(int)).mean() <= tolerance


@pytest.mark.parametrize(
    "suffix", [".jpg", ".png", ".bmp", ".gif", ".webp", ".tif", ".avif", ".heic"]
)
def test_every_format_gives_the_same_picture(tmp_path: Path, suffix: str) -> None:
    can_write(suffix)
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(four_patches()).save(path, quality=95)
    assert_close(load_image(path), four_patches())


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "really_a_png.jpg"
    Image.fromarray(four_patches()).save(path, format="PNG")
    assert_close(load_image(path), four_patches(), 0)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(tmp_path: Path, suffix: str, orientation: int) -> None:
    can_write(suffix)
    upright = four_patches()
    # What the camera stores, by the definition in EXIF: where row 0 and column 0 of the stored
    # picture lie in the scene (1: top, left; 2: top, right; ... 8: left, bottom).
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright[:, ::-1].transpose(1, 0, 2),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: upright[::-1].transpose(1, 0, 2),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned{suffix}"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif.tobytes(), quality=95)
    assert_close(load_image(path), upright)
    assert picture_size(path) == upright.shape[:2]


@pytest.mark.parametrize("brand", [b"heix", b"hevc", b"heis", b"mif1"])
def test_heic_is_told_by_its_brands_whatever_it_is_called(tmp_path: Path, brand: bytes) -> None:
    can_write(".heic")
    out = io.BytesIO()
    Image.fromarray(four_patches()).convert("RGBA").save(out, "HEIF", quality=90)
    data = out.getvalue()
    (tmp_path / "IMG_0001").write_bytes(data[:8] + brand + data[12:])
    assert list_images(tmp_path) == [tmp_path / "IMG_0001"]
    assert_close(load_image(tmp_path / "IMG_0001"), four_patches())
    for length in (len(data) // 2, len(data) - 20):
        with pytest.raises(ImageError, match=r"picture: .*cut off"):
            decode_image(io.BytesIO(data[:length]), "picture")


def test_avif_in_a_box_of_any_codec_and_video_that_is_no_picture() -> None:
    out = io.BytesIO()
    Image.fromarray(four_patches()).save(out, "AVIF", quality=90)
    data = out.getvalue()
    assert_close(decode_image(io.BytesIO(data[:8] + b"mif1" + data[12:]), "a"), four_patches())
    assert boxed_kind(b"\0\0\0\x18ftypisom\0\0\0\0isommp41") == ""


def test_heic_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "HEIC_PLUGINS", ("no_such_package",))
    container._can_heic.cache_clear()
    try:
        with pytest.raises(ImageError, match="phone: HEIC, which needs pip install pillow-heif"):
            decode_image(io.BytesIO(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "phone")
    finally:
        container._can_heic.cache_clear()


def test_nonsense_orientation_is_ignored(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    Image.fromarray(four_patches()).save(tmp_path / "a.png", exif=exif)
    assert_close(load_image(tmp_path / "a.png"), four_patches(), 0)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path, suffix: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (16, 1))
    cv2.imwrite(str(tmp_path / f"grey{suffix}"), ramp)
    cv2.imwrite(str(tmp_path / f"rgb{suffix}"), np.dstack([ramp] * 3))
    for name in ("grey", "rgb"):
        image = load_image(tmp_path / f"{name}{suffix}")
        assert np.abs(image[0, :, 1].astype(int) - np.arange(256)).max() <= 1


def test_sixteen_bits_with_the_high_byte_first() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(">u2"), (4, 1))
    values = {
        256: 256, 257: 4, 258: 16, 259: 1, 262: 1, 273: 200, 277: 1, 278: 4, 279: ramp.nbytes
    }  # fmt: skip
    tags = b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in values.items())
    data = (struct.pack(">2sHIH", b"MM", 42, 8, len(values)) + tags).ljust(200, b"\0")
    image = decode_image(io.BytesIO(data + ramp.tobytes()), "a")
    assert np.abs(image[0, :, 1].astype(int) - np.arange(256)).max() <= 1


def test_twelve_bits_in_sixteen_use_the_whole_range(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 4095, 256).astype(np.uint16), (16, 1))
    cv2.imwrite(str(tmp_path / "camera.png"), ramp)
    image = load_image(tmp_path / "camera.png")
    assert np.abs(image[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_float_tiff_with_holes(tmp_path: Path) -> None:
    values = np.full((8, 8), 0.5, np.float32)
    values[0] = [np.nan, np.inf, -np.inf, 0, 1, 0.25, 0.5, 0.75]
    Image.fromarray(values).save(tmp_path / "float.tif")
    expected = [0, 255, 0, 0, 255, 64, 128, 191]
    assert load_image(tmp_path / "float.tif")[0, :, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "YCbCr"])
def test_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    suffix = ".jpg" if mode in ("CMYK", "YCbCr") else ".png"
    converted = Image.fromarray(four_patches()).convert(mode)
    path = tmp_path / f"picture{suffix}"
    converted.save(path, quality=95)
    assert_close(load_image(path), np.asarray(converted.convert("RGB")), 4)


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((4, 3, 4), np.uint8)
    rgba[..., 3] = [0, 128, 255]
    Image.fromarray(rgba).save(tmp_path / "alpha.png")
    assert load_image(tmp_path / "alpha.png")[0, :, 0].tolist() == [255, 127, 0]
    Image.fromarray(rgba).convert("LA").save(tmp_path / "grey_alpha.png")
    assert load_image(tmp_path / "grey_alpha.png")[0, :, 0].tolist() == [255, 127, 0]
    palette = Image.new("P", (3, 4), 1)
    palette.putpalette([0, 0, 0, 90, 80, 70])
    palette.putpixel((0, 0), 0)
    palette.save(tmp_path / "palette.png", transparency=0)
    assert load_image(tmp_path / "palette.png")[0, :2].tolist() == [[255] * 3, [90, 80, 70]]


def test_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    for suffix in (".gif", ".webp", ".png", ".tif"):
        path = tmp_path / f"film{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        assert_close(load_image(path), np.asarray(frames[0]), 2)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".gif", ".webp", ".tif"])
def test_truncated_picture_is_an_error(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(1)
    whole = io.BytesIO()
    noise = rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole, format=Image.registered_extensions()[suffix])
    path = tmp_path / f"half{suffix}"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    with pytest.raises(ImageError, match=r"half.*copy or export it again") as caught:
        load_image(path)
    assert "\n" not in str(caught.value)


def test_jpeg_cut_after_its_thumbnail_is_an_error(tmp_path: Path) -> None:
    """The thumbnail's end of image must not pass for the photo's own."""
    rng = np.random.default_rng(2)
    thumbnail = encode_image(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), ".jpg")
    photo = encode_image(rng.integers(0, 256, (200, 300, 3), dtype=np.uint8), ".jpg")
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    with_thumbnail = photo[:2] + segment + photo[2:]
    (tmp_path / "whole.jpg").write_bytes(with_thumbnail)
    assert load_image(tmp_path / "whole.jpg").shape == (200, 300, 3)
    (tmp_path / "cut.jpg").write_bytes(with_thumbnail[: len(segment) + len(photo) // 2])
    with pytest.raises(ImageError, match=r"cut\.jpg"):
        load_image(tmp_path / "cut.jpg")


def test_bytes_after_the_picture_do_no_harm(tmp_path: Path) -> None:
    data = encode_image(four_patches(), ".jpg")
    (tmp_path / "a.jpg").write_bytes(data + b"\xff\xda some maker's own data")
    assert_close(load_image(tmp_path / "a.jpg"), four_patches())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jpg", b"", "empty"),
        ("notes.jpg", b"these are words, not pixels", "no picture"),
        ("phone.heic", b"\0\0\0\x24ftypheic" + b"\0" * 40, "HEIC"),
        ("header.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "header.png"),
    ],
)
def test_what_is_no_picture(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImageError, match=message) as caught:
        load_image(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="No such file"):
        load_image(tmp_path / "nowhere.jpg")
    with pytest.raises(ImageError, match="directory"):
        load_image(tmp_path)


@pytest.mark.slow
def test_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    for side in (12_000, 20_000):  # the second is a bomb to Pillow as well
        bomb = tmp_path / f"bomb{side}.png"
        Image.new("1", (side, side)).save(bomb)
        with pytest.raises(ImageError, match="more than 100 megapixels; make it smaller"):
            load_image(bomb)
    with pytest.raises(ImageError, match=r"80 x 48 pixels, more than 0\.001 megapixels"):
        decode_image(io.BytesIO(encode_image(four_patches(), ".png")), "a", max_pixels=1000)
    # Whose decoders hold a picture several times is stopped earlier, yet not at any phone's.
    for kind, mode in (("WEBP", "L"), ("AVIF", "RGB")):
        bomb = tmp_path / f"bomb.{kind.lower()}"
        Image.new(mode, (64, 64)).save(bomb, kind)
        data = bytearray(bomb.read_bytes())
        if kind == "WEBP":
            data[26:30] = struct.pack("<HH", 10_000, 10_000)
        else:
            at = data.index(b"ispe") + 8
            data[at : at + 8] = struct.pack(">II", 10_000, 10_000)
        with pytest.raises(ImageError, match="more than 64 megapixels; make it smaller"):
            decode_image(io.BytesIO(data), "a")


def test_avif_is_read() -> None:
    whole = io.BytesIO()
    Image.fromarray(four_patches()).save(whole, format="AVIF", quality=95)
    image = decode_image(io.BytesIO(whole.getvalue()), "a")
    assert np.abs(image.astype(int) - four_patches()).mean() < 8
    with pytest.raises(ImageError, match=r"a: AVIF that is cut off"):
        decode_image(io.BytesIO(whole.getvalue()[:60]), "a")


@pytest.mark.parametrize("seed", range(8))
def test_garbage_inside_raises_nothing_but_image_error(
    seed: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor do the decoders remark on it on stderr."""
    rng = np.random.default_rng(seed)
    for kind in ("JPEG", "PNG", "GIF", "TIFF", "TIFF lzw", "TIFF jpeg", "WEBP", "BMP", "AVIF"):
        whole = io.BytesIO()
        kind, _, packing = kind.partition(" ")
        how = {"lzw": "tiff_lzw", "jpeg": "jpeg"}.get(packing)
        Image.fromarray(four_patches()).save(whole, format=kind, compression=how)
        data = np.frombuffer(whole.getvalue(), np.uint8).copy()
        data[rng.integers(4, len(data), 12)] = rng.integers(0, 256, 12)
        try:
            image = decode_image(io.BytesIO(data.tobytes()), "garbage", max_pixels=10**6)
        except ImageError as error:
            assert "\n" not in str(error)
        else:
            assert image.ndim == 3
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", WRITE_SUFFIXES)
def test_saved_picture_comes_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix.upper()}"
    save_image(path, four_patches())
    assert_close(load_image(path), four_patches())
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_saved_file_obeys_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save_image(tmp_path / "a.png", four_patches())
    finally:
        os.umask(before)
    assert (tmp_path / "a.png").stat().st_mode & 0o777 == 0o640


def test_unknown_format_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"out\.xyz.*'\.xyz'.*\.png"):
        save_image(tmp_path / "out.xyz", four_patches())
    with pytest.raises(OutputError, match="can't hold"):
        encode_image(np.zeros((2, 70_000, 3), np.uint8), ".jpg")


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    save_image(tmp_path / "nowhere" / "out.png", four_patches())
    assert load_image(tmp_path / "nowhere" / "out.png").shape == four_patches().shape


def test_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    """A limit on file size stands in for the full disk: the write itself fails half-way."""
    path = tmp_path / "out.bmp"
    save_image(path, four_patches())
    before = path.read_bytes()
    code = (
        "import numpy as np, sys; from pathlib import Path\n"
        "from platewright.image import save_image\n"
        "from platewright.errors import run_script\n"
        "run_script(lambda: save_image(Path(sys.argv[1]),"
        " np.zeros((400, 400, 3), np.uint8)), 'save')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert done.returncode == 1
    assert done.stderr == f"save: {path}: can't be written: File too large\n"
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out.bmp"]


def test_list_images_is_ordered_and_picks_pictures_alone(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "c.txt", ".hidden.jpg", "d.tiff"):
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / "e.jfif", "JPEG")
    Image.new("L", (9, 9)).save(tmp_path / "f", "PNG")
    skipped: list[Path] = []
    found = [p.name for p in list_images(tmp_path, skipped=skipped)]
    assert found == ["a.png", "b.JPG", "d.tiff", "e.jfif", "f"]
    assert [p.name for p in skipped] == ["c.txt"]
    (tmp_path / "folder.jpg" / "a.png").touch()
    (tmp_path / "link").symlink_to("folder.jpg")
    found = [
        str(p.relative_to(tmp_path)) for p in list_images(tmp_path, deep=True, skipped=skipped)
    ]
    assert found == ["a.png", "b.JPG", "d.tiff", "e.jfif", "f", "folder.jpg/a.png"]
    assert [p.name for p in skipped] == ["c.txt", "c.txt", "link"]
    (tmp_path / "folder.jpg" / "a.png").unlink()
    with pytest.raises(ImageError, match="no photo in it"):
        list_images(tmp_path / "folder.jpg")
    with pytest.raises(ImageError, match="No such file"):
        list_images(tmp_path / "nowhere")


def test_a_line_of_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    for width, height in ((1, 40_000), (5_000, 7), (100_000, 999)):
        Image.new("1", (width, height)).save(tmp_path / "line.png")
        with pytest.raises(ImageError, match=f"{width} x {height} pixels: one side is more than"):
            load_image(tmp_path / "line.png")
        with pytest.raises(ImageError, match="one side is more than"):
            read_picture(np.zeros((height, width), np.uint8))
    Image.new("L", (900, 9)).save(tmp_path / "strip.png")
    assert load_image(tmp_path / "strip.png").shape == (9, 900, 3)


def progressive(scans: int) -> bytes:
    """A JPEG whose last scan is repeated."""
    stream = io.BytesIO()
    Image.fromarray(four_patches()).save(stream, "JPEG", progressive=True)
    data = stream.getvalue()
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def test_a_jpeg_of_too_many_scans_is_refused() -> None:
    assert decode_image(io.BytesIO(progressive(1)), "few").shape == (48, 80, 3)
    for scans in (150, 3000):
        with pytest.raises(ImageError, match=r"a JPEG of \d+ scans, at most 100 are read"):
            decode_image(io.BytesIO(progressive(scans)), "many")
        assert cut_photo(progressive(scans), 0, Crop(size=32)) == (b"", "made to take long")
    # What stands behind the picture, or inside its metadata, is none of its scans.
    exif = Image.Exif()
    exif[0x010E] = "\u00ff\u00da" * 200
    stream = io.BytesIO()
    Image.fromarray(four_patches()).save(stream, "JPEG", exif=exif, comment=b"\xff\xda" * 200)
    data = stream.getvalue() + b"\xff\xda" * 200
    assert decode_image(io.BytesIO(data + b"\xff\xd9"), "few").shape == (48, 80, 3)


def test_a_large_jpeg_may_have_fewer_scans() -> None:
    pixels = 48 * 80
    with pytest.raises(ImageError, match="at most 16 are read"):
        decode_image(io.BytesIO(progressive(20)), "large", max_pixels=pixels)
    assert decode_image(io.BytesIO(progressive(20)), "small", max_pixels=3 * pixels).size


def segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def tiled(side: int) -> bytes:
    """A TIFF of 64 x 64 pixels in one tile."""
    values = {
        256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 322: side, 323: side, 324: 200, 325: 99
    }  # fmt: skip
    head = struct.pack("<2sHIH", b"II", 42, 8, len(values))
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    return (head + tags + bytes(200)).ljust(400, b"\0")


def tags(*entries: tuple[int, int, int, int]) -> bytes:
    """A TIFF of nothing but tags: each a number, a type, a count and a value."""
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return head + b"".join(struct.pack("<HHII", *entry) for entry in entries)


def run_lengths(side: int, data: bytes) -> bytes:
    """A square BMP of 8 bits that is packed by run length."""
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 0, 0, 256, 0)
    at = 14 + len(head) + 1024
    return struct.pack("<2sIII", b"BM", at + len(data), 0, at) + head + bytes(1024) + data


def test_no_part_in_front_of_the_pixels_makes_a_decoder_slow_or_large() -> None:
    """Such files of some megabytes took ten seconds, or gigabytes."""
    jpeg, png = (encode_image(four_patches(), kind) for kind in (".jpg", ".png"))
    head, rest = png[:33], png[33:]
    packed = io.BytesIO()
    Image.fromarray(four_patches()).save(packed, "GIF")
    start = 13 + 3 * (2 << (packed.getvalue()[10] & 7))  # behind its palette
    gif, picture = packed.getvalue()[:start], packed.getvalue()[start:]
    exif = segment(0xE1, b"Exif\0\0" + bytes(60_000))
    for data, said in (
        (jpeg[:2] + segment(0xFE, b"") * 6000 + jpeg[2:], "header has no end"),
        (jpeg[:2] + b"\xff" * 70_000 + jpeg[2:], "header has no end"),
        (b"\xff\xd8" * 6000 + jpeg, "header has no end"),
        (head + chunk(b"tEXt", b"a\0b") * 11_000 + rest, "a PNG of more than"),
        (head + chunk(b"IDAT", b"") * 11_000 + rest, "a PNG of more than"),
        (tiled(40_000), "tiles of 40000 x 40000 pixels"),
        (jpeg[:2] + exif * 20 + jpeg[2:], "header has no end"),
        (gif + b"!\xfe\1a\0" * 11_000 + picture, "a GIF of more than"),
        (gif + bytes(11_000), "a GIF of more than"),
        (tags((273, 4, 1 << 20, 8)), "a TIFF of too many strips, tiles or tags"),
        (tags(*[(1000, 3, 1, 0)] * 5000), "a TIFF of too many strips, tiles or tags"),
        (run_lengths(4000, b"\1\1\0\0" * 4000), "a BMP packed by run length of more than"),
        (run_lengths(9, bytes(9 << 20)), "a BMP packed by run length of more than"),
    ):
        with pytest.raises(ImageError, match=said):
            decode_image(io.BytesIO(data), "a")
        assert cut_photo(data, 0, Crop(size=32)) == (b"", "made to take long")
    # What cameras write into their files is no hindrance.
    for data in (
        jpeg[:2] + segment(0xE2, b"ICC_PROFILE\0" + bytes(60_000)) * 255 + jpeg[2:],
        head + chunk(b"tEXt", b"a\0b") * 500 + rest,
        jpeg[:2] + exif * 2 + jpeg[2:],
        gif + b"!\xfe\1a\0" * 500 + picture,
        # Megabytes of numbers that should say how it lies say nothing.
        head + chunk(b"eXIf", tags((274, 5, 1 << 18, 26)).ljust(26 + (8 << 18), b"\1")) + rest,
    ):
        assert decode_image(io.BytesIO(data), "a").shape == (48, 80, 3)
    assert decode_image(io.BytesIO(run_lengths(9, b"\t\1\0\0" * 9)), "a").shape == (9, 9, 3)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "photo.jpg")
    with pytest.raises(ImageError, match="a pipe or a device, not a file"):
        load_image(tmp_path / "photo.jpg")
    with pytest.raises(ImageError, match="a directory, not a file"):
        load_image(tmp_path)


def test_threads_that_decode_at_a_time_leave_warnings_as_they_were() -> None:
    """The one that came first may go first, or last."""
    for order in ((0, 1), (1, 0)):
        before = list(warnings.filters)
        blocks = [muted(), muted()]
        for block in blocks:
            block.__enter__()
        with warnings.catch_warnings(record=True) as seen:
            warnings.warn("not heard", UserWarning, stacklevel=1)
        for k in order:
            blocks[k].__exit__(None, None, None)
        assert list(warnings.filters) == before and not seen
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", UserWarning, stacklevel=1)
