"""Recorded frames: a video file, a folder of pictures."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import VideoError
from platewright.image import load_image
from platewright.output.clip import import_av
from platewright.output.photo import list_images
from platewright.tracking.source import Frame

__all__ = ["FileSource", "FolderSource", "unpacked"]

Picture = NDArray[np.uint8]


def unpacked(av_frame: Any) -> Picture:
    """Return PyAV's frame as (H, W, 3) RGB, turned as the recording says."""
    picture = av_frame.to_ndarray(format="rgb24")
    turns = round(av_frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


class FileSource:
    """A video file, decoded by PyAV.

    Args:
        path: the file.
    """

    live = False

    def __init__(self, path: Path) -> None:
        """Check that PyAV is there."""
        self.name, self.path = str(path), path
        self._av = import_av()
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """See `Source`; damaged parts are passed over."""
        try:
            container = self._av.open(str(self.path))
        except (OSError, self._av.error.FFmpegError) as error:
            raise VideoError(f"{self.name}: no video that can be read ({error.strerror})") from None
        with container:
            if not container.streams.video:
                raise VideoError(f"{self.name}: no picture in it, only sound or text")
            stream = container.streams.video[0]
            rate = float(stream.average_rate or 25)
            first: float | None = None
            latest, number = 0.0, 0
            for found in self._decoded(container, stream):
                time_s = found.time if found.time is not None else number / rate
                first = time_s if first is None else first
                latest = max(time_s - first, latest)  # a damaged file's clock may run backwards
                yield Frame(number, latest, partial(unpacked, found))
                number += 1
                if self._closed.is_set():
                    return
        if not number:
            raise VideoError(f"{self.name}: damaged or cut off: not one picture can be decoded")

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except self._av.error.FFmpegError:
                return  # nothing can be found behind such a place
            if packet is None:
                return
            with contextlib.suppress(self._av.error.InvalidDataError):
                yield from packet.decode()

    def close(self) -> None:
        """See `Source`."""
        self._closed.set()


class FolderSource:
    """A folder of pictures, by name.

    Args:
        path: the folder.
        fps: how many of them are a second.

    Raises:
        ImageError: if there is no picture in it.
    """

    live = False

    def __init__(self, path: Path, fps: float) -> None:
        """List them."""
        self.name, self.fps = str(path), fps
        self.paths = list_images(path)
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """See `Source`.

        Raises:
            ImageError: when a picture that can't be read is unpacked.
        """
        for number, path in enumerate(self.paths):
            if self._closed.is_set():
                return
            yield Frame(number, number / self.fps, partial(load_image, path))

    def close(self) -> None:
        """See `Source`."""
        self._closed.set()
