from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ImageError, VideoError
from platewright.image import encode_image, save_image
from platewright.output.clip import ClipWriter
from platewright.tracking import source
from platewright.tracking.live import CameraSource, StreamSource
from platewright.tracking.source import FileSource, FolderSource, open_source, safe_name

av = pytest.importorskip("av")


def make_video(path: Path, count: int = 12, size: tuple[int, int] = (96, 128)) -> Path:
    with ClipWriter(path) as clip:
        for k in range(count):
            clip.add(np.full((*size, 3), 20 + 15 * (k % 12), np.uint8), k / 10)
    return path


def test_all_frames_of_a_file_with_their_times(tmp_path: Path) -> None:
    frames = list(FileSource(make_video(tmp_path / "a.mp4")).frames())
    assert [f.number for f in frames] == list(range(12))
    assert [f.time_s for f in frames] == pytest.approx([k / 10 for k in range(12)])
    levels = [20 + 15 * k for k in range(12)]
    assert [f.picture.mean() for f in frames] == pytest.approx(levels, abs=4)
    assert frames[0].at is None
    assert frames[0].picture.shape == (96, 128, 3)


def test_a_file_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.mp4", 120, (240, 320))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    frames = [f.picture for f in FileSource(cut).frames()]
    assert 20 < len(frames) < 120


def test_a_file_of_a_known_length_that_is_cut_off_is_told(tmp_path: Path) -> None:
    whole, cut, lines = tmp_path / "a.mp4", tmp_path / "cut.mp4", list[str]()
    picture = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)
    with av.open(str(whole), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(40):
            picture = np.roll(picture, k, 1)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode(None))
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert len(list(FileSource(whole, report=lines.append).frames())) == 40 and not lines
    count = len(list(FileSource(cut, report=lines.append).frames()))
    assert lines == [f"{cut}: damaged or cut off: {count} of its 40 pictures can be decoded"]


def test_a_damaged_middle_is_passed_over(tmp_path: Path) -> None:
    data = bytearray(make_video(tmp_path / "a.mkv", 120, (240, 320)).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = b"\x55" * 40
    (tmp_path / "bad.mkv").write_bytes(data)
    times = [f.time_s for f in FileSource(tmp_path / "bad.mkv").frames()]
    assert len(times) > 50
    assert times == sorted(times)


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00" * 4000])
def test_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(VideoError, match=r"a\.mp4: "):
        list(FileSource(tmp_path / "a.mp4").frames())


def test_pictures_larger_than_photos_may_be_are_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sizes.mjpeg"
    sizes = (96, 128), (960, 1280), (48, 64)
    path.write_bytes(
        b"".join(encode_image(np.full((*size, 3), 90, np.uint8), ".jpg") for size in sizes)
    )
    shapes = [frame.picture.shape[:2] for frame in open_source(str(path)).frames()]
    assert (960, 1280) in shapes
    monkeypatch.setattr(source, "MAX_PIXELS", 100_000)
    shapes = [frame.picture.shape[:2] for frame in open_source(str(path)).frames()]
    assert (960, 1280) not in shapes and (96, 128) in shapes


def test_a_file_with_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        sound.sample_rate, sound.pts, sound.time_base = 8000, 0, Fraction(1, 8000)
        out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    with pytest.raises(VideoError, match="no picture in it, only sound or text"):
        list(FileSource(path).frames())


def test_what_nobody_knows_to_decode_is_no_picture(tmp_path: Path) -> None:
    data = make_video(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(data.replace(b"avc1", b"zzz9"))
    with pytest.raises(VideoError, match=r"no picture in it, .* of a kind that can't be decoded"):
        list(FileSource(tmp_path / "a.mp4").frames())


def test_a_file_leads_to_no_other(tmp_path: Path) -> None:
    """A list of parts under a video's name had pipes waited for, and other files shown."""
    make_video(tmp_path / "a.mp4")
    os.mkfifo(tmp_path / "pipe.ts")
    lists = (
        "ffconcat version 1.0\nfile a.mp4\n", "ffconcat version 1.0\nfile pipe.ts\n",
        f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/pipe.ts\n#EXT-X-ENDLIST\n",
    )  # fmt: skip
    for content in lists:
        (tmp_path / "list.mp4").write_text(content)
        with pytest.raises(VideoError, match=r"list\.mp4: no video that can be read"):
            list(FileSource(tmp_path / "list.mp4").frames())
    with pytest.raises(VideoError, match="a pipe or a device, not a file"):
        list(FileSource(tmp_path / "pipe.ts").frames())


def test_a_file_that_grows_faster_than_it_is_read_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.mjpeg"
    picture = encode_image(np.full((96, 128, 3), 90, np.uint8), ".jpg")
    path.write_bytes(20 * picture)
    seen = 0
    for _ in FileSource(path).frames():
        seen += 1
        assert seen <= 20
        with path.open("ab") as recording:
            recording.write(2 * picture)
    assert seen == 20


def test_a_closed_file_ends(tmp_path: Path) -> None:
    source = FileSource(make_video(tmp_path / "a.mp4"))
    got = []
    for frame in source.frames():
        got.append(frame.number)
        source.close()
    assert got == [0]


def test_a_folder_by_name_with_a_broken_picture(tmp_path: Path) -> None:
    for name, level in (("b.png", 90), ("a.jpg", 30)):
        save_image(tmp_path / name, np.full((32, 48, 3), level, np.uint8))
    (tmp_path / "c.jpg").write_bytes(b"broken")
    (tmp_path / "notes.txt").write_text("no picture")
    frames = list(FolderSource(tmp_path, fps=4).frames())
    assert [f.time_s for f in frames] == [0, 0.25, 0.5]
    assert [round(float(f.picture.mean()), -1) for f in frames[:2]] == [30, 90]
    with pytest.raises(ImageError, match=r"c\.jpg"):
        _ = frames[2].picture


def test_what_a_user_may_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_video(tmp_path / "a.mp4")
    (tmp_path / "frames").mkdir()
    save_image(tmp_path / "frames/a.png", np.zeros((9, 9, 3), np.uint8))
    (tmp_path / "7").write_bytes(b"a file that is called as a camera would be")
    assert isinstance(open_source("a.mp4"), FileSource)
    assert isinstance(open_source("frames"), FolderSource)
    assert isinstance(open_source("7"), FileSource)
    camera = open_source("0")
    assert isinstance(camera, CameraSource)
    assert (camera.name, camera.live) == ("camera 0", True)
    stream = open_source("RTSP://me:secret@cam:554/live?token=1")
    assert isinstance(stream, StreamSource)
    assert stream.name == "rtsp://cam:554/live"
    with pytest.raises(VideoError, match=r"^none\.mp4: no such file, folder or camera"):
        open_source("none.mp4")
    with pytest.raises(VideoError, match=r"^ftp://x/a\.mp4: no stream that can be read"):
        open_source("ftp://me:secret@x/a.mp4")


def test_a_name_without_secrets() -> None:
    assert safe_name("https://u:p@h/a/b.m3u8?key=1#x") == "https://h/a/b.m3u8"
    assert safe_name("rtsp://u:p@[::1/a?key=1") == "rtsp://[::1/a"  # no address, and no secret
