"""Where pictures of a video go: a file that is playable whenever it is closed, or a window."""

from __future__ import annotations

import contextlib
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from platewright.errors import ConfigError, OutputError
from platewright.file import place_of
from platewright.geometry import Picture

CLIP_SUFFIXES = {".mp4": "mp4", ".mkv": "matroska"}
"""What a video may be called, and the container of each."""

# Milliseconds: pictures of a camera come when they come, not at an even rate.
TIME_BASE = Fraction(1, 1000)
# x264's rate factor: 18 looks like the source, 23 is its default, 28 is poor.
OPTIONS = {"preset": "veryfast", "crf": "21"}
# In fragments the file is playable even where the power went while it was written.
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
KEYFRAME_EVERY = 50


def import_av() -> Any:
    """Return PyAV, which decodes and encodes video.

    Raises:
        ConfigError: if it is not installed.
    """
    try:
        import av
    except ImportError:
        raise ConfigError("video needs PyAV: pip install av") from None
    # FFmpeg's own lines on stderr say nothing that a user could act on.
    av.logging.set_level(None)
    return av


class ClipWriter:
    """Writes H.264 video, for use in a `with` statement.

    The pictures go to a `.part` file beside it; leaving the block closes that and gives it its
    name, also where an error or Ctrl-C ends it. What was there before is kept until then, and
    stays where not a single picture came.

    Args:
        path: ends in .mp4 or .mkv.

    Raises:
        ConfigError: if it ends otherwise, or PyAV is not installed.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in CLIP_SUFFIXES:
            raise ConfigError(f"{path}: a video must end in one of {', '.join(CLIP_SUFFIXES)}")
        self.path = path
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: can't be written: a folder, a pipe or a device, not a file")
        self.target, self.part = place_of(path)
        self._av = import_av()
        self._container: Any = None
        self._stream: Any = None
        self._size = (0, 0)
        self._last_ms = -1

    def __enter__(self) -> ClipWriter:
        return self

    def add(self, picture: Picture, time_s: float) -> None:
        """Write one picture.

        Args:
            picture: (H, W, 3) RGB. One of another size than the first is fitted into that.
            time_s: when it is shown, seconds from the beginning; a millisecond after the one
                before at the least.

        Raises:
            OutputError: if it can't be written.
        """
        try:
            if self._container is None:
                self._open(picture.shape[0], picture.shape[1])
            frame = self._av.VideoFrame.from_ndarray(self._fitted(picture), format="rgb24")
            self._last_ms = max(round(time_s * 1000), self._last_ms + 1)
            frame.pts, frame.time_base = self._last_ms, TIME_BASE
            self._container.mux(self._stream.encode(frame))
        except (OSError, self._av.error.FFmpegError) as error:
            raise self._failed(error) from error

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        if self._container is None:
            return
        try:
            try:
                self._container.mux(self._stream.encode(None))
            finally:
                self._container.close()
            os.replace(self.part, self.target)
        except (OSError, self._av.error.FFmpegError) as problem:
            with contextlib.suppress(OSError):
                if self.part.is_file() and not self.part.stat().st_size:
                    self.part.unlink()  # the disk was full from the beginning
                elif error is not None:
                    # Something else ended the video already: that is told, and what can be kept is.
                    os.replace(self.part, self.target)
            if error is None:
                raise self._failed(problem) from problem

    def _open(self, height: int, width: int) -> None:
        """Open the file for pictures of this size; x264 wants even sides."""
        kind = CLIP_SUFFIXES[self.path.suffix.lower()]
        options = {"flush_packets": "1", **(FRAGMENTS if kind == "mp4" else {})}
        container = self._av.open(str(self.part), "w", format=kind, options=options)
        try:
            stream = container.add_stream("libx264", rate=25, options=OPTIONS)
        except ValueError:  # PyAV's UnknownCodecError is one
            container.close()
            self.part.unlink()
            raise ConfigError("this PyAV can't write H.264 (no libx264): pip install av") from None
        self._size = (max(height // 2 * 2, 2), max(width // 2 * 2, 2))
        stream.height, stream.width = self._size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TIME_BASE
        stream.codec_context.gop_size = KEYFRAME_EVERY
        # One frame at a time and none held back: memory stays flat and no frame waits.
        stream.codec_context.max_b_frames = 0
        self._container, self._stream = container, stream

    def _fitted(self, picture: Picture) -> Picture:
        """Return a picture of the video's size: a row or column less, or scaled with bars."""
        height, width = self._size
        tall, wide = picture.shape[:2]
        if 0 <= tall - height < 2 and 0 <= wide - width < 2:
            return np.ascontiguousarray(picture[:height, :width])
        scale = min(height / tall, width / wide)
        size = (max(int(wide * scale), 1), max(int(tall * scale), 1))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        out = np.zeros((height, width, 3), np.uint8)
        top, left = (height - size[1]) // 2, (width - size[0]) // 2
        out[top : top + size[1], left : left + size[0]] = small
        return out

    def _failed(self, error: Any) -> OutputError:
        return OutputError(f"{self.path}: can't be written: {error.strerror or error}")


CLOSING_KEYS = {ord("q"), ord("Q"), 27}  # 27: Esc


class Display:
    """A window of OpenCV's.

    Raises:
        ConfigError: if there is no screen, or this OpenCV can't open windows.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        if sys.platform == "linux" and not (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        ):
            # Asked for first: without a screen Qt ends the whole process.
            raise ConfigError("--show needs a screen, and there is none here; --out writes a video")
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        except cv2.error:
            raise ConfigError(
                "--show needs an OpenCV with windows: "
                "pip uninstall opencv-python-headless, then pip install opencv-python"
            ) from None

    def show(self, picture: Picture) -> bool:
        """Show a picture, (H, W, 3) RGB; False: the window was closed, or q or Esc was pressed."""
        cv2.imshow(self.title, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        key = cv2.waitKey(1) & 0xFF
        there = cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) >= 1
        return there and key not in CLOSING_KEYS
