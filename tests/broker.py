"""A real broker, Mosquitto, that a test may end and start again, and who listens to it."""

from __future__ import annotations

import getpass
import random
import shutil
import socket
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import pytest

from platewright.output import mqtt
from tests.script import PATIENCE_S, wait_until

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
"""Debian has it off the path of all but root."""


def program(name: str) -> str:
    """Return where a program of Mosquitto's is; skips the test where it is not."""
    found = shutil.which(name) or shutil.which(name, path=SBIN)
    if found is None:
        pytest.skip(f"no {name}: apt-get install mosquitto")
    return found


def free_port() -> int:
    """Return a free port of those that systems give to nobody by themselves (32768 and more).

    While a broker is down, nobody who asks for any port gets its.
    """
    for port in random.SystemRandom().sample(range(10_000, 32_000), 100):
        with socket.socket() as free:
            if free.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError("no free port")


def decide_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connections be there or be given up when the first try has ended, and not by the clock.

    So no test waits for long where nobody answers, nor for too short where somebody will.
    """

    def wait(connection: mqtt.Connection, timeout_s: float) -> bool:
        if timeout_s:
            wait_until(
                lambda: connection._connected or connection.refused or connection.why != "no answer"
            )
        return connection._connected

    monkeypatch.setattr(mqtt.Connection, "wait", wait)


class Broker:
    """Mosquitto on a port of its own; keeps what it has even if it is killed.

    Args:
        folder: of its files.
        password: of the user `me`; empty: all are let in.
    """

    def __init__(self, folder: Path, password: str = "") -> None:
        pytest.importorskip("paho.mqtt")
        self.program = program("mosquitto")
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.config = folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1", f"user {getpass.getuser()}", "persistence true",
            f"persistence_location {folder}/", "autosave_interval 1", "autosave_on_changes true",
            "log_type all",
        ]  # fmt: skip
        if password:
            users = folder / "users"
            make = [program("mosquitto_passwd"), "-b", "-c", str(users), "me", password]
            subprocess.run(make, check=True, capture_output=True)
            lines += ["allow_anonymous false", f"password_file {users}"]
        else:
            lines.append("allow_anonymous true")
        self.config.write_text("\n".join(lines) + "\n")
        self.log = folder / "mosquitto.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "-c", str(self.config)], stdout=log, stderr=log
            )
        wait_until(self.listens)

    def listens(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.log.read_text()
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0

    def wait_for(self, topic: str, times: int = 1) -> None:
        """Wait until somebody has asked for a topic, or as many have."""
        wait_until(lambda: self.log.read_text().count(f" 1 {topic}\n") >= times)

    def end(self) -> None:
        """End it as the system does, so that it writes down what it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
        self.end()

    def url(self, topic: str, user: str = "") -> str:
        return f"mqtt://{user}127.0.0.1:{self.port}/{topic}"


class Listener:
    """Hears what a broker hands on, and misses nothing while either is away.

    Attributes:
        heard: topics and payloads in order.
    """

    def __init__(
        self, broker: Broker, topics: str = "#", password: str = "", name: str = "listener"
    ) -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.heard: list[tuple[str, bytes]] = []
        self.ready = False
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        if password:
            self.client.username_pw_set("me", password)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_message = lambda _, __, m: self.heard.append((m.topic, m.payload))
        self.client.on_subscribe = lambda *_: setattr(self, "ready", True)
        self.client.on_connect = lambda client, *_: client.subscribe(topics, qos=1)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        wait_until(lambda: self.ready)

    def of(self, topic: str) -> list[bytes]:
        found: dict[str, list[bytes]] = defaultdict(list)
        for name, payload in [*self.heard]:
            found[name].append(payload)
        return found[topic]

    def send(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)
        time.sleep(0.01)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
