"""Pictures that arrive one by one, from a real broker and in a folder that fills."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from platewright.errors import ConfigError, ImageError, VideoError
from platewright.image import encode_image, save_image
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading
from platewright.text import Alphabet
from platewright.tracking import arrival
from platewright.tracking.arrival import ArrivalSource
from platewright.tracking.follow import follow
from platewright.tracking.passing import Passing, Voter
from platewright.tracking.source import Frame, open_source
from platewright.tracking.track import Tracker, TrackerSettings
from tests.broker import Broker, Listener
from tests.script import PATIENCE_S, wait_until

VOTER = Voter(Alphabet(), limits=DetectorSettings(accept=0.7))


def jpeg(level: int) -> bytes:
    return encode_image(np.full((48, 64, 3), level, np.uint8), ".jpg")


class Taking:
    """Takes a source's frames in a thread."""

    def __init__(self, source: ArrivalSource) -> None:
        self.source = source
        self.frames: list[Frame] = []
        self.idle = 0
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        wait_until(lambda: self.idle or self.error)

    def run(self) -> None:
        try:
            for frame in self.source.frames():
                if frame.idle:
                    self.idle += 1
                else:
                    self.frames.append(frame)
        except VideoError as error:
            self.error = error

    def close(self) -> None:
        self.source.close()
        self.thread.join()

    @property
    def levels(self) -> list[tuple[str, int]]:
        return [(f.source.rpartition(":")[2], int(f.picture[0, 0, 0])) for f in [*self.frames]]


@pytest.mark.process
def test_each_topic_is_a_camera_and_what_was_there_before_is_left_out(broker: Broker) -> None:
    told: list[str] = []
    sender = Listener(broker, "nothing")
    sender.send("frigate/yard/car/snapshot", jpeg(9), retain=True)
    source = open_source(broker.url("frigate/+/car/snapshot"), report=told.append)
    assert isinstance(source, ArrivalSource)
    taking = Taking(source)
    broker.wait_for("frigate/+/car/snapshot")
    pause = taking.idle
    for camera, level in (("yard", 40), ("gate", 90), ("yard", 40), ("yard", 140)):
        sender.send(f"frigate/{camera}/car/snapshot", jpeg(level), retain=True)
    sender.send("frigate/yard/person/snapshot", jpeg(200))
    sender.send("frigate/yard/car/snapshot", b'{"no": "picture"}')
    sender.send("frigate/yard/car/snapshot", b"\xff\xd8\xff cut off")
    wait_until(lambda: len(taking.frames) == 4 and taking.idle > pause)
    broken = taking.frames.pop()
    with pytest.raises(ImageError, match="no picture that can be read"):
        _ = broken.picture
    place = f"{broker.port}/frigate"
    assert taking.levels == [
        (f"{place}/yard/car/snapshot", 40), (f"{place}/gate/car/snapshot", 90),
        (f"{place}/yard/car/snapshot", 140),
    ]  # fmt: skip
    assert [line.endswith("yard/car/snapshot: no picture; passed over") for line in told] == [True]
    assert all(frame.at is not None for frame in taking.frames)
    broker.kill()
    wait_until(lambda: any(": lost (" in line for line in told))
    broker.start()
    wait_until(lambda: any(": back after" in line for line in told))
    broker.wait_for("frigate/+/car/snapshot", times=2)
    late = Listener(broker, "nothing", name="late")
    late.send("frigate/gate/car/snapshot", jpeg(250))
    wait_until(lambda: taking.levels[-1][1] == 250)
    taking.close()
    sender.close()
    late.close()


def test_what_waits_to_be_read_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "MOST_WAITING", 3)
    told: list[str] = []
    source = open_source("mqtt://127.0.0.1:1/a/#", report=told.append)
    assert isinstance(source, arrival.MqttSource)
    for k in range(5):
        source._came(None, None, SimpleNamespace(topic="a/b", payload=jpeg(40 * k), retain=False))
    assert told == ["mqtt://127.0.0.1:1/a/b: too many pictures wait; one is dropped"] * 2
    monkeypatch.setattr(arrival, "MOST_HELD", 2 * len(jpeg(9)))
    source._came(None, None, SimpleNamespace(topic="a/b", payload=jpeg(9), retain=False))
    assert (len(told), len(source._waiting)) == (4, 2)


def test_what_a_broker_makes_up_ends_nothing_and_costs_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A topic that is no UTF-8 ended the thread that listens, and nothing came any more."""
    message = pytest.importorskip("paho.mqtt.client").MQTTMessage
    monkeypatch.setattr(arrival, "MOST_CAMERAS", 2)
    told: list[str] = []
    source = open_source("mqtt://127.0.0.1:1/a/#", report=told.append)
    assert isinstance(source, arrival.MqttSource)
    for topic in (b"a/\xff", b"a/\xfe", b"a/1", b"a/2", b"a/3", b"a/3"):
        came = message(topic=topic)
        came.payload = jpeg(90)
        source._came(None, None, came)
    assert [line.partition(":1/")[2] for line in told] == [
        "(no UTF-8): no name of a topic; passed over", "a/3: more than 2 cameras; passed over",
    ]  # fmt: skip
    assert [topic for topic, _ in source._waiting] == ["a/1", "a/2"]


@pytest.mark.process
def test_a_broker_that_is_lost_for_good_or_was_never_there_ends_it(broker: Broker) -> None:
    source = open_source(broker.url("a/#"), patience_s=0.3, report=lambda line: None)
    taking = Taking(source)  # type: ignore[arg-type]
    broker.kill()
    taking.thread.join(PATIENCE_S)
    assert "lost for" in str(taking.error)
    never = open_source("mqtt://me:s3cr3t@127.0.0.1:1/a")
    with pytest.raises(VideoError, match=r"mqtt://127\.0\.0\.1:1: .*refused") as caught:
        list(never.frames())
    assert "s3cr3t" not in str(caught.value)


def test_pictures_that_come_into_a_folder_are_read_once_when_they_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "TICK_S", 0.0)
    save_image(tmp_path / "before.png", np.full((8, 8, 3), 9, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    source = open_source(str(tmp_path), filling=True)
    assert isinstance(source, ArrivalSource)
    frames = source.frames()

    def look() -> list[int]:
        """Return the grey levels of what is found in one look at the folder."""
        found = itertools.takewhile(lambda frame: not frame.idle, frames)
        return [int(frame.picture[0, 0, 0]) for frame in found]

    assert look() == []
    data = jpeg(90)
    with (tmp_path / "b.jpg").open("wb") as stream:
        for k in range(0, len(data), len(data) // 5):
            stream.write(data[k : k + len(data) // 5])
            stream.flush()
            assert look() == []  # it grows
    assert [look(), look()] == [[90], []]
    (tmp_path / "a.jpg").write_bytes(jpeg(140))
    assert [look(), look(), look()] == [[], [140], []]
    (tmp_path / "b.jpg").write_bytes(jpeg(200))  # a camera that always writes the same file
    os.utime(tmp_path / "b.jpg", (1, 1))
    assert [look(), look(), look()] == [[], [200], []]
    source.close()
    assert look() == []
    assert next(frames, None) is None


def test_only_a_folder_fills(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    for name in (str(tmp_path / "a.mp4"), "rtsp://me:s3cr3t@camera/live", "mqtt://me:s3cr3t@h/t"):
        with pytest.raises(ConfigError, match="--follow goes with a folder") as caught:
            open_source(name, filling=True)
        assert "s3cr3t" not in str(caught.value)
    with pytest.raises(VideoError) as lost:
        open_source("ftp://me:s3cr3t/@camera/live")
    assert "s3cr3t" not in str(lost.value)


def test_who_has_gone_is_told_while_nothing_comes_and_cameras_are_not_mixed_up(
    reading_of: Callable[..., Reading],
) -> None:
    here, there = reading_of("AB12CDE"), reading_of("XY99ZZZ")
    shown = {1: here, 2: there}

    def frames() -> Iterator[Frame]:
        for k in range(6):
            yield Frame(k, k / 10, lambda k=k: np.full((1, 1), 1 + k % 2), source="ab"[k % 2])
        for k in range(8):
            yield Frame(6, 1 + k / 2, lambda: np.zeros((1, 1)), idle=True)
            ticks.append((k, len(told)))

    told: list[Passing] = []
    ticks: list[tuple[int, int]] = []
    done = follow(
        frames(), lambda picture: [shown[int(picture[0, 0])]], VOTER, on_passing=told.append,
        tracker=Tracker(TrackerSettings(gap_s=2.0)), portrait=lambda picture, _: bytes(picture[0]),
    )  # fmt: skip
    assert [(p.source, p.reading.text, p.frames, p.track) for p in told] == [
        ("a", "AB12CDE", 3, 1), ("b", "XY99ZZZ", 3, 1),
    ]  # fmt: skip
    assert next(k for k, count in ticks if count == 2) == 4  # seen at 0.5 s; that is 3 s
    assert done.frames == 6
    assert all(p.picture for p in told)
