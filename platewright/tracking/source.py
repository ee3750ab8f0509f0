"""Where frames come from: what a user named; video files and folders of pictures."""

from __future__ import annotations

import contextlib
import io
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from platewright.errors import ConfigError, VideoError
from platewright.file import open_file
from platewright.geometry import Picture
from platewright.image import MAX_PIXELS, load_image
from platewright.output.batch import list_images
from platewright.output.clip import import_av

WHOLE = 0.9  #: Part of a video's pictures; some are told to be left out at its ends
NO_PICTURE = "no picture in it, only sound or text, or of a kind that can't be decoded"
SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "tcp", "srt")


class Source(ABC):
    """Gives frames, one after the other.

    Args:
        name: what errors and results call it; without a password.
    """

    live = False  #: Whether frames come at their own time and are gone if not taken
    total: int | None = None  #: How many frames there are, where that is known

    def __init__(self, name: str) -> None:
        self.name = name
        self._closed = threading.Event()

    @abstractmethod
    def frames(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            VideoError: if there are none, or no more though there should be.
        """

    def close(self) -> None:
        """Let `frames` end; may be called from another thread."""
        self._closed.set()


def safe_name(address: str) -> str:
    """Return an address without its password, and without keys in its query.

    >>> safe_name("rtsp://admin:secret@10.0.0.7:554/live?key=1")
    'rtsp://10.0.0.7:554/live'
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:  # a password with a slash in it, say, ends the host's name too early
        address = re.sub(r"//.*@", "//", address).partition("?")[0]
        try:
            parts = urlsplit(address)
        except ValueError:  # one bracket alone, say
            return address
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


@dataclass(frozen=True)
class Frame:
    """A picture of a video, unpacked when it is asked for."""

    number: int  #: from 0; those that are not read count too
    time_s: float  #: seconds from the first frame
    unpack: Callable[[], Picture]  #: returns the picture
    at: datetime | None = None  #: when a live one came; None in a recording
    source: str = ""  #: which of a source's cameras it is of; empty: it has one
    #: whether it is none, and says no more than that nothing has come until then
    idle: bool = False

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
    filling: bool = False,
    password: str = "",
) -> Source:
    """Return what a user named: a number is a camera, an address a stream, else a file or folder.

    Args:
        text: such as `0`, `rtsp://camera/live`, `mqtt://broker/frigate/+/car/snapshot`,
            `drive.mp4`, `frames/`.
        fps: frames a second of a folder.
        patience_s: how long a camera or stream that was lost is tried again, seconds.
        report: takes a line when one is lost and when it is back.
        filling: whether a folder's pictures are those that come into it from now on.
        password: of an MQTT broker, where the address has none.

    Raises:
        VideoError: if there is no such file.
        ConfigError: if PyAV or paho-mqtt is needed and not installed.
    """
    # All are made of what stands here.
    from platewright.output.mqtt import PORTS, MqttAddress
    from platewright.tracking.arrival import FillingFolder, MqttSource
    from platewright.tracking.live import CameraSource, StreamSource

    path = Path(text)
    if re.fullmatch(r"\d{1,3}", text) and not path.exists():
        return CameraSource(int(text), patience_s=patience_s, report=report)
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*)://", text)
    if filling and (scheme or not path.is_dir()):
        raise ConfigError(f"--follow goes with a folder, and {safe_name(text)} is none")
    if scheme and scheme[1].lower() in PORTS:
        topics = MqttAddress.parse(text, wildcards=True).with_password(password)
        return MqttSource(topics, patience_s=patience_s, report=report)
    if scheme:
        if scheme[1].lower() not in SCHEMES:
            known = ", ".join(f"{name}://" for name in (*SCHEMES, *PORTS))
            raise VideoError(f"{safe_name(text)}: no stream that can be read; one begins {known}")
        return StreamSource(text, patience_s=patience_s, report=report)
    if path.is_dir():
        return FillingFolder(path, report=report) if filling else FolderSource(path, fps)
    if not path.exists():
        raise VideoError(f"{path}: no such file, folder or camera")
    return FileSource(path, report=report)


def bounded(container: Any) -> Any:
    """Return a container's stream of pictures; none larger than a photo may be is decoded.

    None: there is none, or nothing here knows how it is packed.
    """
    found = [stream for stream in container.streams.video if stream.codec_context is not None]
    if not found:
        return None
    found[0].codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return found[0]


def unpacked(av_frame: Any) -> Picture:
    """Return PyAV's frame as (H, W, 3) RGB, turned as the recording says."""
    picture = av_frame.to_ndarray(format="rgb24")
    turns = round(av_frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


class FileSource(Source):
    """A video file, decoded by PyAV; what it says of other files and addresses is not followed.

    One that is still being written ends where it ended when reading began.

    Args:
        report: takes a line where it has fewer pictures than it says.
    """

    def __init__(self, path: Path, *, report: Callable[[str], None] = lambda line: None) -> None:
        super().__init__(str(path))
        self.path, self.report = path, report
        self._av = import_av()

    def frames(self) -> Iterator[Frame]:
        """See `Source`; damaged parts are passed over."""
        with contextlib.ExitStack() as opened:
            try:
                file = _AsOpened(opened.enter_context(open_file(self.path)), self.name)
                # Lists of parts, whatever they are called, would have it open what they name.
                nothing = {"protocol_whitelist": "none"}
                container = opened.enter_context(self._av.open(file, options=nothing))
            except (OSError, self._av.error.FFmpegError) as error:
                why = error.strerror
                raise VideoError(f"{self.name}: no video that can be read ({why})") from None
            stream = bounded(container)
            if stream is None:
                raise VideoError(f"{self.name}: {NO_PICTURE}")
            stream.thread_type = "AUTO"  # the next frames are decoded while this one is read
            rate = float(stream.average_rate or 25)
            lasts_s = (container.duration or 0) / self._av.time_base
            self.total = stream.frames or round(lasts_s * rate) or None
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
        damaged = f"{self.name}: damaged or cut off:"
        if not number:
            raise VideoError(f"{damaged} not one picture can be decoded")
        if number < WHOLE * stream.frames:
            self.report(f"{damaged} {number} of its {stream.frames} pictures can be decoded")

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except self._av.error.FFmpegError:
                return  # nothing can be found behind such a place
            if packet is None:
                return
            with contextlib.suppress(self._av.error.InvalidDataError, self._av.error.ArgumentError):
                yield from packet.decode()


class _AsOpened:
    """A file up to where it ended when it was opened: one that is still written ends as well."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.tell, self._file, self._end = file.tell, file, file.seek(0, io.SEEK_END)
        file.seek(0)

    def read(self, size: int) -> bytes:
        return self._file.read(max(min(size, self._end - self.tell()), 0))

    def seek(self, offset: int, whence: int) -> int:
        if whence == io.SEEK_END:
            offset, whence = self._end + offset, io.SEEK_SET
        return self._file.seek(offset, whence)


class FolderSource(Source):
    """A folder of pictures, by name.

    Args:
        fps: how many of them are a second.

    Raises:
        ImageError: if there is no picture in it.
    """

    def __init__(self, path: Path, fps: float) -> None:
        super().__init__(str(path))
        self.fps, self.paths = fps, list_images(path)
        self.total = len(self.paths)

    def frames(self) -> Iterator[Frame]:
        """See `Source`.

        Raises:
            ImageError: when a picture that can't be read is unpacked.
        """
        for number, path in enumerate(self.paths):
            if self._closed.is_set():
                return
            yield Frame(number, number / self.fps, partial(load_image, path))
