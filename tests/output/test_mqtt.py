"""Messages to a real broker, which dies now and then, and what Home Assistant makes of them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from platewright.errors import ConfigError, ServiceError
from platewright.output.message import LostError, Message
from platewright.output.message_queue import MessageQueue
from platewright.output.mqtt import Connection, MqttAddress, MqttReceiver, discovery
from platewright.output.sender import Sender
from tests.broker import Broker, Listener, decide_at_once
from tests.script import wait_until

pytestmark = pytest.mark.process
BODY = {
    "seen": "2026-01-02T03:04:05.000+00:00", "list": "allowed", "source": "gate.mp4",
    "confidence": 0.9134, "presence": 0.99, "accepted": True, "complete": True, "region": "GB",
    "frames": 12, "groups": ["AB12", "CDE"],
}  # fmt: skip

EVERY = {"platform", "name", "unique_id", "availability_topic", "qos", "icon"}
KEYS = {
    "sensor": EVERY | {"state_topic", "value_template", "force_update", "unit_of_measurement",
                       "state_class", "json_attributes_topic", "json_attributes_template"},
    "image": EVERY | {"image_topic", "content_type"},
}  # fmt: skip
"""What Home Assistant 2026.2 takes of a component; what it does not know it drops in silence."""


def of(text: str, picture: bytes = b"") -> Message:
    return Message(body={**BODY, "text": text}, picture=picture)


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    made = Listener(broker)
    yield made
    made.close()


def receiver_of(broker: Broker, topic: str = "garage/gate") -> MqttReceiver:
    receiver = MqttReceiver(MqttAddress.parse(broker.url(topic)))
    assert receiver.open()
    return receiver


def test_a_broker_that_is_killed_and_started_again_misses_no_vehicle(
    broker: Broker, listener: Listener, tmp_path: Path
) -> None:
    told: list[str] = []
    receiver = receiver_of(broker)
    texts = [f"AB{k}CDE" for k in range(30)]
    with MessageQueue(tmp_path / "a", told.append) as queue:
        with Sender(receiver, queue, told.append) as sender:
            for k, text in enumerate(texts):
                if k == 10:
                    wait_until(lambda: len(listener.of("garage/gate")) == 10)
                    broker.kill()
                if k == 20:
                    wait_until(lambda: any(": lost (" in line for line in told))
                    broker.start()
                if k == 25:  # in the midst of it, but so that it keeps what it said that it has
                    wait_until(lambda: any("back after" in line for line in told))
                    broker.end()
                    broker.start()
                sender.add(of(text, b"jpeg%d" % k))
            wait_until(lambda: not queue.count(receiver.key))
        wait_until(lambda: json.loads(listener.of("garage/gate")[-1])["text"] == texts[-1])
    messages = [json.loads(each) for each in listener.of("garage/gate")]
    seen = list(dict.fromkeys(each["id"] for each in messages))
    by_id = {each["id"]: each["text"] for each in messages}
    assert [by_id[each] for each in seen] == texts  # twice perhaps, but never not
    assert listener.of("garage/gate/picture")[-1] == b"jpeg29"
    assert any("back after" in line for line in told)
    wait_until(lambda: listener.of("garage/gate/available")[-1:] == [b"offline"])
    assert listener.of("garage/gate/available").count(b"online") >= 3


def test_who_comes_later_has_the_newest_vehicle_and_knows_whether_it_is_watched(
    broker: Broker, listener: Listener
) -> None:
    receiver = receiver_of(broker)
    for text in ("AB12CDE", "XY99ZZZ"):
        receiver.send(of(text, text.encode()))
    late = Listener(broker, name="late")
    wait_until(lambda: late.of("garage/gate") and late.of("garage/gate/available"))
    assert json.loads(late.of("garage/gate")[0])["text"] == "XY99ZZZ"
    assert late.of("garage/gate/picture") == [b"XY99ZZZ"]
    assert late.of("garage/gate/available") == [b"online"]
    # The line is cut: the broker says what was left with it.
    receiver._client.socket().shutdown(socket.SHUT_RDWR)
    wait_until(lambda: late.of("garage/gate/available") == [b"online", b"offline", b"online"])
    wait_until(lambda: receiver._connection.wait(0))
    receiver.send(of("AA11AAA"))
    receiver.close()
    wait_until(lambda: late.of("garage/gate/available")[-1] == b"offline")
    late.close()


def test_home_assistant_sets_up_a_device_whose_values_are_those_of_the_message(
    broker: Broker, listener: Listener
) -> None:
    receiver = receiver_of(broker, "front yard/gate")
    receiver.send(of("AB12CDE", b"jpeg"))
    receiver.close()
    wait_until(lambda: listener.of("front yard/gate"))
    topics = [topic for topic, _ in listener.heard if topic.startswith("homeassistant/")]
    (topic,) = topics
    kind, own, last = topic.split("/")[1:]
    assert (kind, last) == ("device", "config")
    assert own.replace("_", "").isalnum()
    told = json.loads(listener.of(topic)[0])
    assert told["device"]["identifiers"] == [own]
    assert told["device"]["name"] == "Front yard gate"
    assert told["origin"]["name"] == "Platewright"
    state = json.loads(listener.of("front yard/gate")[0])
    values = {}
    for name, part in told["components"].items():
        assert {*part} <= KEYS[part["platform"]]
        assert part["availability_topic"] == "front yard/gate/available"
        if part["platform"] == "sensor":
            assert part["state_topic"] == "front yard/gate"
            template = jinja2.Template(part["value_template"])
            values[name] = template.render(value_json=state)
    assert values == {
        "plate": "AB12CDE", "confidence": "91.3", "region": "GB", "list": "allowed",
    }  # fmt: skip
    ids = [part["unique_id"] for part in told["components"].values()]
    assert len({*ids}) == len(ids) == 5
    picture = told["components"]["picture"]
    assert (picture["platform"], picture["content_type"]) == ("image", "image/jpeg")
    assert listener.of(picture["image_topic"]) == [b"jpeg"]
    plate = told["components"]["plate"]
    attributes = jinja2.Template(plate["json_attributes_template"]).render(value_json=state)
    assert json.loads(attributes)["source"] == "gate.mp4"
    unknown = jinja2.Template(told["components"]["list"]["value_template"])
    assert unknown.render(value_json={**state, "list": ""}) == "none"


def test_devices_of_like_topics_are_told_apart() -> None:
    assert len({discovery(topic)[0] for topic in ("a/b", "a_b", "a b", "A/b")}) == 4


def test_a_password_lets_in_and_is_in_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_at_once(monkeypatch)
    broker = Broker(tmp_path / "broker", password="s3cr3t/@")
    broker.start()
    try:
        address = MqttAddress.parse(broker.url("gate", "me:wr0ng@"))
        with pytest.raises(ServiceError, match=r"not authorized|bad user") as caught:
            MqttReceiver(address).open()
        assert "wr0ng" not in str(caught.value) + repr(address)
        listener = Listener(broker, password="s3cr3t/@")
        for user, apart in (("me:s3cr3t%2F%40@", ""), ("me@", "s3cr3t/@")):
            receiver = MqttReceiver(
                MqttAddress.parse(broker.url("gate", user)).with_password(apart)
            )
            assert receiver.open()
            receiver.send(of("AB12CDE", b"jpeg"))
            receiver.close()
            assert "s3cr3t" not in receiver.name + receiver.key + repr(receiver.address)
        wait_until(lambda: len(listener.of("gate")) == 2)
        assert not any(b"s3cr3t" in payload for _, payload in listener.heard)
        listener.close()
    finally:
        broker.kill()


def test_a_broker_that_is_not_there_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    decide_at_once(monkeypatch)
    receiver = MqttReceiver(MqttAddress.parse("mqtt://127.0.0.1:1/gate"))
    assert not receiver.open()
    with pytest.raises(LostError, match="refused"):
        receiver.send(of("AB12CDE"))
    receiver.close()


def test_a_connection_is_waited_for_no_longer_than_said() -> None:
    connection = Connection(MqttAddress.parse("mqtt://127.0.0.1:1/gate"), lambda client: None)
    assert not connection.wait(0.01)


@pytest.mark.parametrize(
    "text",
    ["mqtt://s3cr3t@host", "mqtt://me:s3cr3t@/topic", "http://me:s3cr3t@host/topic", "s3cr3t",
     "mqtt://me:s3cr3t@host:x/topic", "mqtt://me:s3cr3t@host/a/+/c", "mqtt://host/a?key=s3cr3t",
     "mqtt://host/s3cr3t#x", "mqtt://me:s3cr3t@host/%00", "mqtt://me:s3cr3t@[::1/topic",
     "mqtt://me:s3cr3t@" + 70 * "h" + "/topic", "mqtt://me:s3cr3t@host:99999/topic"],
)  # fmt: skip
def test_an_address_that_can_not_be_used_is_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MqttAddress.parse(text)
    assert "s3cr3t" not in str(caught.value)


def test_who_reads_may_ask_for_many_topics() -> None:
    address = MqttAddress.parse("mqtts://host/frigate/+/car/#", wildcards=True)
    assert (address.topic, address.port, address.tls) == ("frigate/+/car/#", 8883, True)
    assert address.name == "mqtts://host/frigate/+/car/#"
    for bad in ("a/#/b", "a/b+"):
        with pytest.raises(ConfigError, match="stand for whole levels"):
            MqttAddress.parse(f"mqtt://host/{bad}", wildcards=True)
