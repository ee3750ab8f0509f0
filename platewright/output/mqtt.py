"""MQTT: a message of each vehicle to a broker, and what lets Home Assistant find it by itself.

`TOPIC` has the newest vehicle as JSON, `TOPIC/picture` its JPEG, `TOPIC/available` says `online` or
`offline`; all are retained, so that who comes later has them at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from platewright import __version__
from platewright.errors import ConfigError, ServiceError
from platewright.output.message import LostError, Message

PORTS = {"mqtt": 1883, "mqtts": 8883}
FORM = "give mqtt://[user:password@]host[:port]/topic, or mqtts://"
LONGEST = 65_535  #: Bytes of a topic (MQTT 3.1.1, section 1.5.3)
KEEP_ALIVE_S = 30
CONNECT_S = 3.0
"""How long a connection is waited for at the start and before each message, seconds."""
ANSWER_S = 10.0
REFUSALS = ("not authorized", "bad user name or password", "banned")
"""What a broker says to whom it does not let in."""


@dataclass(frozen=True, kw_only=True)
class MqttAddress:
    """A broker and a topic."""

    host: str  #: of the broker
    port: int  #: of the broker
    topic: str  #: or a filter with `+` and `#`
    user: str = ""  #: or empty
    password: str = field(default="", repr=False)  #: or empty; is in no line and in no file
    tls: bool = False  #: whether all is encrypted

    @classmethod
    def parse(cls, text: str, *, wildcards: bool = False) -> MqttAddress:
        """Read an address; the parts of a URL that are none of these are refused.

        Args:
            text: such as `mqtts://me:secret@broker:8883/garage/gate`.
            wildcards: whether the topic may be a filter.

        Raises:
            ConfigError: if it can't be used; its text does not hold the address.

        >>> MqttAddress.parse("mqtt://me:s%2F@broker/garage/gate").name
        'mqtt://broker/garage/gate'
        """
        # `#` is a filter here and begins a fragment elsewhere.
        try:
            parts = urlsplit(text.replace("#", "%23"))
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError:
            raise ConfigError(FORM) from None
        kind, topic = parts.scheme.lower(), unquote(parts.path).removeprefix("/")
        if kind not in PORTS or not parts.hostname or not topic or parts.query or parts.fragment:
            raise ConfigError(FORM)
        if len(topic.encode()) > LONGEST or not topic.isprintable() or topic.startswith("$"):
            raise ConfigError("the MQTT topic can't be used: too long, or with odd characters")
        levels = topic.split("/")
        bad = [k for k, each in enumerate(levels) if re.search("[+#]", each) and each not in "+#"]
        bad += [k for k, each in enumerate(levels[:-1]) if each == "#"]
        if bad or (not wildcards and {"+", "#"} & {*levels}):
            raise ConfigError(
                "the MQTT topic can't be used: + and # stand for whole levels, # for the last ones"
                if wildcards
                else "the MQTT topic can't be used: + and # are for those who read"
            )
        return cls(
            host=parts.hostname,
            port=port or PORTS[kind],
            topic=topic,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=kind == "mqtts",
        )

    @property
    def broker(self) -> str:
        """The broker's address, without user and password."""
        kind = "mqtts" if self.tls else "mqtt"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{kind}://{host}" + (f":{self.port}" if self.port != PORTS[kind] else "")

    @property
    def name(self) -> str:
        """The address, without user and password."""
        return f"{self.broker}/{self.topic}"

    def with_password(self, password: str) -> MqttAddress:
        """Return it with a password that was given apart, unless it has one."""
        return self if self.password or not password else replace(self, password=password)


def new_client(address: MqttAddress) -> Any:
    """Return a client of paho's that is not connected yet.

    Raises:
        ConfigError: if paho-mqtt is not installed, or there is a password without a user.
    """
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError:
        raise ConfigError("MQTT needs paho-mqtt: pip install paho-mqtt") from None
    if address.password and not address.user:
        raise ConfigError(f"{address.broker}: a password needs a user: mqtt://user@host/topic")
    name = f"platewright-{uuid.uuid4().hex[:10]}"
    client = Client(CallbackAPIVersion.VERSION2, client_id=name)
    if address.user:
        client.username_pw_set(address.user, address.password or None)
    if address.tls:
        client.tls_set()  # whom the machine trusts, or who SSL_CERT_FILE names
    client.connect_timeout = CONNECT_S
    client.reconnect_delay_set(1, 30)
    return client


class Connection:
    """A client, connected anew whenever the connection breaks.

    Args:
        on_connect: called by the network's thread after each connecting.
    """

    def __init__(self, address: MqttAddress, on_connect: Callable[[Any], None]) -> None:
        self.address, self.client = address, new_client(address)
        self.why = "no answer"
        self.refused = False
        self._greet = on_connect
        self._changed = threading.Condition()
        self._connected = False
        self.client.on_connect = self._came
        self.client.on_connect_fail = self._missed
        self.client.on_disconnect = lambda *words: self._went(str(words[3]).lower())

    def open(self) -> bool:
        """Begin to connect, and tell whether that was done in a few seconds.

        Raises:
            ServiceError: if the broker does not let us in.
        """
        self.client.connect_async(self.address.host, self.address.port, KEEP_ALIVE_S)
        self.client.loop_start()
        if self.wait(CONNECT_S):
            return True
        if self.refused:
            self.close()
            raise ServiceError(f"{self.address.broker}: {self.why}; see --mqtt-password")
        return False

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is connected, or refused, and tell whether it is."""
        with self._changed:
            self._changed.wait_for(lambda: self._connected or self.refused, timeout_s)
            return self._connected

    def close(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()

    def _came(self, client: Any, _: Any, flags: Any, code: Any, *rest: Any) -> None:
        if code.is_failure:
            told = str(code).lower()
            self._went(told, refused=told in REFUSALS)
            return
        self._greet(client)
        with self._changed:
            self._connected, self.refused = True, False
            self._changed.notify_all()

    def _missed(self, *_: Any) -> None:
        error = sys.exc_info()[1]  # it is called where that is handled
        told = " ".join(str(getattr(error, "strerror", None) or "it can't be reached").split())
        self._went(told)

    def _went(self, why: str, *, refused: bool = False) -> None:
        with self._changed:
            # Who was refused is disconnected as well, which says less.
            if not (self.refused and not refused and not self._connected):
                self.why, self.refused = why, refused
            self._connected = False
            self._changed.notify_all()


class MqttReceiver:
    """Publishes messages, each until the broker says that it has it (QoS 1).

    Args:
        address: of the broker, and the topic.
        prefix: of the topics that Home Assistant discovers things by; empty: it is told nothing.

    Raises:
        ConfigError: if paho-mqtt is not installed.
    """

    def __init__(self, address: MqttAddress, prefix: str = "homeassistant") -> None:
        self.address, self.name, self.key = address, address.name, address.name
        self._prefix = prefix
        self._taken: set[int] = set()
        self._sent: tuple[str, list[int]] = ("", [])
        self._news = threading.Event()
        self._connection = Connection(address, self._greet)
        client = self._client = self._connection.client
        client.on_publish = self._published
        client.will_set(f"{address.topic}/available", "offline", qos=1, retain=True)

    def open(self) -> bool:
        """Connect, and tell whether that was done in a few seconds; else it goes on trying.

        Raises:
            ServiceError: if the broker does not let us in.
        """
        return self._connection.open()

    @property
    def why(self) -> str:
        """Why it is not connected."""
        return self._connection.why

    def send(self, message: Message) -> None:
        """See `Receiver`."""
        if not self._connection.wait(CONNECT_S):
            raise LostError(self._connection.why)
        if self._sent[0] != message.id:  # else it is still on its way: the client sends it again
            self._taken.clear()
            topic = self.address.topic
            told = [(f"{topic}/picture", message.picture)] if message.picture else []
            told.append((topic, message.as_json()))
            numbers = [self._client.publish(*each, qos=1, retain=True).mid for each in told]
            self._sent = (message.id, numbers)
        while not self._taken.issuperset(self._sent[1]):
            self._news.clear()
            if self._taken.issuperset(self._sent[1]):
                break
            if not self._news.wait(ANSWER_S):
                raise LostError(self._connection.why)
        self._sent = ("", [])

    def close(self) -> None:
        """See `Receiver`; says `offline`, which the broker says where we could not."""
        if self._connection.wait(0):
            gone = self._client.publish(
                f"{self.address.topic}/available", "offline", qos=1, retain=True
            )
            with contextlib.suppress(RuntimeError, ValueError):  # lost just now; the will says it
                gone.wait_for_publish(1.0)
        self._connection.close()

    def _greet(self, client: Any) -> None:
        if self._prefix:
            topic, told = discovery(self.address.topic, self._prefix)
            client.publish(topic, json.dumps(told), qos=1, retain=True)
        client.publish(f"{self.address.topic}/available", "online", qos=1, retain=True)

    def _published(self, _: Any, __: Any, number: int, *rest: Any) -> None:
        self._taken.add(number)
        self._news.set()


def discovery(topic: str, prefix: str = "homeassistant") -> tuple[str, dict[str, Any]]:
    """Return the topic and the message by which Home Assistant sets a device up by itself.

    A device with a sensor for the plate, its confidence, region and list, and its picture
    (home-assistant.io/integrations/mqtt, "Device discovery payload").

    Args:
        topic: that vehicles are told by.
        prefix: of the topics that it listens to.
    """
    own = re.sub(r"[^a-zA-Z0-9]+", "_", topic).strip("_").lower()
    own = f"platewright_{own}_{hashlib.sha256(topic.encode()).hexdigest()[:6]}"
    attributes = ("source", "seen", "accepted", "complete", "presence", "frames", "groups", "id")

    def part(platform: str, name: str, **more: Any) -> dict[str, Any]:
        key = name.lower()
        return {
            "platform": platform, "name": name, "unique_id": f"{own}_{key}",
            "availability_topic": f"{topic}/available", "qos": 1, **more,
        }  # fmt: skip

    def sensor(name: str, template: str, icon: str, **more: Any) -> dict[str, Any]:
        return part(
            "sensor", name, state_topic=topic, value_template=template, icon=icon,
            # The same vehicle twice is two events.
            force_update=True, **more,
        )  # fmt: skip

    chosen = ", ".join(f"'{name}': value_json.{name}" for name in attributes)
    return f"{prefix}/device/{own}/config", {
        "device": {
            "identifiers": [own],
            "name": topic.replace("/", " ").replace("_", " ").strip().capitalize(),
            "manufacturer": "Platewright",
            "model": "Number plate reader",
            "sw_version": __version__,
        },
        "origin": {"name": "Platewright", "sw_version": __version__},
        "components": {
            "plate": sensor(
                "Plate", "{{ value_json.text }}", "mdi:car",
                json_attributes_topic=topic,
                json_attributes_template=f"{{{{ {{{chosen}}} | tojson }}}}",
            ),
            "confidence": sensor(
                "Confidence", "{{ (value_json.confidence * 100) | round(1) }}", "mdi:percent",
                unit_of_measurement="%", state_class="measurement",
            ),
            "region": sensor("Region", "{{ value_json.region or 'none' }}", "mdi:earth"),
            "list": sensor("List", "{{ value_json.list or 'none' }}", "mdi:clipboard-list"),
            "picture": part(
                "image", "Picture", image_topic=f"{topic}/picture", content_type="image/jpeg"
            ),
        },
    }  # fmt: skip
