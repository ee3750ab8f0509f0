"""Where frames come from: what a user named, and what every source is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from numpy.typing import NDArray

from platewright.errors import VideoError

__all__ = ["Frame", "Source", "open_source", "safe_name"]

Picture = NDArray[np.uint8]

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "tcp", "srt")


class Source(Protocol):
    """Gives frames, one after the other.

    Attributes:
        name: what errors and results call it; without a password.
        live: whether frames come at their own time and are gone if not taken.
    """

    name: str
    live: bool

    def frames(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            VideoError: if there are none, or no more though there should be.
        """
        ...

    def close(self) -> None:
        """Let `frames` end; may be called from another thread."""
        ...


def safe_name(address: str) -> str:
    """Return an address without its password, and without keys in its query.

    >>> safe_name("rtsp://admin:secret@10.0.0.7:554/live?key=1")
    'rtsp://10.0.0.7:554/live'
    """
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


@dataclass(frozen=True)
class Frame:
    """A picture of a video, unpacked when it is asked for.

    Attributes:
        number: from 0; those that are not read count too.
        time_s: seconds from the first frame.
        unpack: returns the picture.
        at: when a live one came; None in a recording.
    """

    number: int
    time_s: float
    unpack: Callable[[], Picture]
    at: datetime | None = None

    @cached_property
    def picture(self) -> Picture:
        """The picture, (H, W, 3) RGB."""
        return self.unpack()


def open_source(
    text: str,
    *,
    fps: float = 25.0,
    patience_s: float = float("inf"),
    report: Callable[[str], None] = lambda line: None,
) -> Source:
    """Return what a user named: a number is a camera, an address a stream, else a file or folder.

    Args:
        text: such as `0`, `rtsp://camera/live`, `drive.mp4`, `frames/`.
        fps: frames a second of a folder.
        patience_s: how long a camera or stream that was lost is tried again, seconds.
        report: takes a line when one is lost and when it is back.

    Raises:
        VideoError: if there is no such file.
        ConfigError: if PyAV is needed and not installed.
    """
    # Both are made of what stands here.
    from platewright.tracking.live import CameraSource, StreamSource
    from platewright.tracking.recording import FileSource, FolderSource

    path = Path(text)
    if re.fullmatch(r"\d{1,3}", text) and not path.exists():
        return CameraSource(int(text), patience_s=patience_s, report=report)
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*)://", text)
    if scheme:
        if scheme[1].lower() not in SCHEMES:
            known = ", ".join(f"{name}://" for name in SCHEMES)
            raise VideoError(f"{safe_name(text)}: no stream that can be read; one begins {known}")
        return StreamSource(text, patience_s=patience_s, report=report)
    if path.is_dir():
        return FolderSource(path, fps)
    if not path.exists():
        raise VideoError(f"{path}: no such file, folder or camera")
    return FileSource(path)
