"""Which source a user means: a number is a camera, an address a stream, else a file or folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from platewright.errors import VideoError
from platewright.tracking.live import CameraSource, StreamSource
from platewright.tracking.source import FileSource, FolderSource, Source, safe_name

__all__ = ["open_source"]

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "tcp", "srt")


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
