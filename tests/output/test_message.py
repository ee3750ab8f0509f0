"""What waits to be sent, who sends it, and a webhook's server that fails at first."""

from __future__ import annotations

import base64
import contextlib
import csv
import hashlib
import hmac
import io
import json
import os
import re
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platewright.errors import ConfigError, OutputError
from platewright.output import message_queue
from platewright.output import sender as module
from platewright.output.message import LostError, Message, RefusedError, csv_header, csv_line
from platewright.output.message_queue import MessageQueue
from platewright.output.sender import Sender
from platewright.output.webhook import WebhookReceiver
from tests.script import wait_until

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()


def of(text: str, picture: bytes = b"") -> Message:
    return Message(body={"text": text, "seen": "12:00"}, picture=picture)


class Scripted:
    """Fails as often as a list says for each message; then takes them."""

    name = key = "scripted"

    def __init__(self, failures: dict[str, list[Exception]] | None = None) -> None:
        self.failures = failures or {}
        self.taken: list[str] = []
        self.lost = False
        self.closed = False

    def send(self, message: Message) -> None:
        text = message.body["text"]
        if self.lost:
            raise LostError("gone")
        if self.failures.get(text):
            raise self.failures[text].pop(0)
        self.taken.append(text)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_WAIT_S", 0.1)
    monkeypatch.setattr(module, "LAST_S", 60.0)  # a machine may be busy


def test_what_waits_outlives_the_program_in_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "new/a.queue"
    with MessageQueue(path, print) as queue:
        for text in ("AB12CDE", "XY99ZZZ"):
            queue.add("one", of(text, b"jpeg"))
            queue.add("other", of(text + "2"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with MessageQueue(path, print) as queue:
        first = queue.first("one")
        assert first is not None
        assert (first.body["text"], first.picture) == ("AB12CDE", b"jpeg")
        assert [queue.count(key) for key in ("one", "other", "none")] == [2, 2, 0]
        queue.remove(first)
        assert not any(b'AB12CDE"' in each.read_bytes() for each in path.parent.iterdir())
        assert queue.first("one").body["text"] == "XY99ZZZ"  # type: ignore[union-attr]
        for key in ("one", "other", "other"):
            queue.remove(queue.first(key))  # type: ignore[arg-type]
    assert not [*path.parent.iterdir()]


def test_of_more_than_fit_the_oldest_go_and_that_is_said(tmp_path: Path) -> None:
    told: list[str] = []
    with MessageQueue(tmp_path / "a", told.append, most=3, most_bytes=25) as queue:
        for k in range(5):
            queue.add("one", of(f"TEXT{k}", bytes(10)))
        assert [f"TEXT{k} of 12:00" in told[k] for k in range(2)] == [True, True]
        assert len(told) == 2
        # Pictures go before vehicles do.
        assert taken_of(queue) == [("TEXT2", 0), ("TEXT3", 10), ("TEXT4", 10)]
        for k in range(3):
            queue.add("one", of(f"TEXT{k}"))
        queue.most = 1
        queue.add("one", of("TEXT3"))
        assert told[2:] == [f"{queue.path}: 1 vehicles wait; the 3 oldest are dropped"]


def test_a_queue_of_another_run_or_none_at_all_is_an_error_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        MessageQueue(tmp_path / "a", print),
        pytest.raises(OutputError, match="another run has it; name another with --queue"),
        MessageQueue(tmp_path / "a", print),
    ):
        pass
    (tmp_path / "b").write_text("no queue" * 200)
    for name in ("b", "."):
        with pytest.raises(OutputError, match=r"can't be|no queue that can be used") as caught:
            MessageQueue(tmp_path / name, print).__enter__()
        assert "\n" not in str(caught.value)
    assert (tmp_path / "b").read_text() == "no queue" * 200
    monkeypatch.setattr(message_queue, "TABLE", "CREATE nothing")  # as on a full disk
    with pytest.raises(OutputError, match="no queue that can be used"):
        MessageQueue(tmp_path / "c", print).__enter__()
    assert not [*tmp_path.glob("c*")]


def taken_of(queue: MessageQueue, receiver: str = "one") -> list[tuple[str, int]]:
    """Return the texts that wait, and the bytes of their pictures; they wait no more."""
    taken = []
    while (each := queue.first(receiver)) is not None:
        taken.append((each.body["text"], len(each.picture)))
        queue.remove(each)
    return taken


def filled(path: Path) -> list[str]:
    """Make a queue that is larger than what SQLite keeps in memory of it."""
    texts = [f"AB{k:02}CDE" for k in range(30)]
    with MessageQueue(path, print) as queue:
        for text in texts:
            queue.add("one", of(text, bytes(100_000)))
    return texts


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        stream.write(np.random.default_rng(0).bytes(20_000))


@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize("harm", [cut, overwrite])
def test_what_can_be_read_of_a_damaged_queue_is_sent(
    tmp_path: Path, harm: Callable[[Path], None], meanwhile: bool
) -> None:
    path, told = tmp_path / "a", list[str]()
    texts = filled(path)
    if not meanwhile:
        harm(path)
    with MessageQueue(path, told.append) as queue:
        if meanwhile:
            harm(path)
        taken = [*taken_of(queue)]
        queue.add("one", of("NEW"))
        taken += taken_of(queue)
    found = [text for text, _ in taken]
    assert found[:10] == texts[:10]
    assert found[10:] == [text for text in texts[10:] if text in found] + ["NEW"]
    assert len(told) == 1
    assert re.fullmatch(
        r".*a: .*malformed; \d+ vehicles? of it and those to come wait in .*a", told[0]
    )
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("stranger", [False, True])
def test_a_queue_that_somebody_removes_is_written_again(tmp_path: Path, stranger: bool) -> None:
    path, told = tmp_path / "new/a", list[str]()
    with MessageQueue(path, told.append) as queue:
        queue.add("one", of("AB12CDE", b"jpeg"))
        shutil.rmtree(path.parent)
        if stranger:
            path.parent.mkdir()
            path.write_text("somebody else's")
    assert len(told) == 1
    assert (queue.path == path) is not stranger
    assert not stranger or path.read_text() == "somebody else's"
    with MessageQueue(queue.path, print) as again:
        assert taken_of(again) == [("AB12CDE", 4)]


def test_a_full_disk_costs_no_vehicle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, told, pages = tmp_path / "a", list[str](), [20]
    connect = message_queue._connected

    def connected(path: Path) -> sqlite3.Connection:
        base = connect(path)
        base.execute(f"PRAGMA max_page_count={pages[0]}")
        return base

    monkeypatch.setattr(message_queue, "_connected", connected)
    wanted = [(f"AB{k}CDE", 20_000) for k in range(6)]
    with MessageQueue(path, told.append) as queue:
        for text, size in wanted:
            queue.add("one", of(text, bytes(size)))
        assert taken_of(queue) == wanted
        assert len(told) == 1
        assert re.fullmatch(r".*a: .* is full; \d vehicles of it and those .* in memory", told[0])
        for text, size in wanted:
            queue.add("one", of(text, bytes(size)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with MessageQueue(path, told.append) as queue:  # there is no room for pictures
        assert taken_of(queue) == [(text, 0) for text, _ in wanted]
    monkeypatch.setattr(message_queue, "AGAIN_S", 0.0)
    with MessageQueue(path, told.append) as queue:
        for text, size in wanted:
            queue.add("one", of(text, bytes(size)))
        queue._file.execute("PRAGMA max_page_count=1000")  # type: ignore[union-attr]
        queue.add("one", of("NEW"))
        assert told[-1] == f"{path}: it can be written again"
    with (
        pytest.raises(OutputError, match="a: can't be written: 7 vehicles are lost"),
        MessageQueue(path, told.append),
    ):
        pages[0] = 1
        shutil.rmtree(tmp_path)


def test_a_message_that_is_none_stops_no_other(tmp_path: Path) -> None:
    path, told = tmp_path / "a", list[str]()
    bodies = ("{", "[]", "[" * 100_000, b"\xff", '{"text": "\xe9"}', 7)
    with MessageQueue(path, print) as queue:
        for k in range(len(bodies) + 2):
            queue.add("one", of(f"TEXT{k}", b"jpeg"))
    with contextlib.closing(sqlite3.connect(path)) as base, base:
        for number, body in enumerate(bodies, 1):
            base.execute("UPDATE message SET body = ? WHERE number = ?", (body, number))
        base.execute("UPDATE message SET id = ? WHERE number = ?", ("a\nb", len(bodies) + 1))
    with MessageQueue(path, told.append) as queue:
        assert [text for text, _ in taken_of(queue)] == [f"TEXT{len(bodies) + 1}"]
    assert told == [f"{path}: a vehicle's message is damaged and dropped"] * (len(bodies) + 1)


def test_all_arrive_in_order_however_often_it_fails(tmp_path: Path) -> None:
    told: list[str] = []
    receiver = Scripted({"B": [LostError("down")] * 3, "C": [LostError("again")]})
    with (
        MessageQueue(tmp_path / "a", told.append) as queue,
        Sender(receiver, queue, told.append) as s,
    ):
        for text in "ABCD":
            s.add(of(text))
    assert receiver.taken == [*"ABCD"]
    assert receiver.closed
    assert [line.partition(" (")[0] for line in told if "lost" in line] == ["scripted: lost"] * 2
    assert sum("back after" in line for line in told) == 2


def test_what_is_not_wanted_stops_nothing_else(tmp_path: Path) -> None:
    told: list[str] = []
    receiver = Scripted({"B": [RefusedError("HTTP 422")] * 3})
    with (
        MessageQueue(tmp_path / "a", told.append) as queue,
        Sender(receiver, queue, told.append) as s,
    ):
        for text in "ABC":
            s.add(of(text))
    assert receiver.taken == ["A", "C"]
    assert told == ["scripted: refused (HTTP 422) and dropped: B of 12:00"]


def test_what_can_not_be_sent_is_sent_first_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAST_S", 0.5)
    receiver = Scripted()
    receiver.lost = True
    with (
        pytest.raises(OutputError, match=r"scripted: 2 vehicles wait in .*a; the same command"),
        MessageQueue(tmp_path / "a", print) as queue,
        Sender(receiver, queue, print) as sender,
    ):
        sender.add(of("A"))
        sender.add(of("B"))
    monkeypatch.setattr(module, "LAST_S", 60.0)
    again = Scripted()
    with MessageQueue(tmp_path / "a", print) as queue, Sender(again, queue, print) as sender:
        sender.add(of("C"))
    assert again.taken == [*"ABC"]
    assert not (tmp_path / "a").exists()


def test_a_table_has_a_row_for_each_vehicle() -> None:
    at = {"frame": 1, "time_s": 0.5, "at": "2026-01-02T03:04:05+00:00"}
    body = {
        "source": 'a "b", c', "track": 1, "text": "AB12", "confidence": 0.9, "presence": 1.0,
        "accepted": True, "region": "GB", "frames": 3, "box": [1.0, 2.0, 3.0, 4.0],
        "first": {"frame": 0, "time_s": 0.0}, "last": at, "best": at,
    }  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(csv_header() + csv_line(body)))
    assert (row["source"], row["first_s"], row["first_at"]) == ('a "b", c', "0.0", "")
    assert (row["best_at"], row["x1"], row["y1"]) == (at["at"], "3.0", "4.0")
    body |= {"source": "=1+1.mp4", "box": [-1.0, 2.0, 3.0, 4.0]}
    (row,) = csv.DictReader(io.StringIO(csv_header() + csv_line(body)))
    assert (row["source"], row["x0"]) == ("'=1+1.mp4", "-1.0")  # no formula to a spreadsheet


class Hook:
    """A webhook's server that answers what its plan says, the last for all that follow."""

    def __init__(self, plan: list[int]) -> None:
        self.plan = plan
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                code = hook.plan[min(len(hook.asked), len(hook.plan) - 1)]
                hook.asked.append((self.path, headers, body))
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self.server.server_address[1]


@pytest.fixture
def hook() -> Iterator[Callable[[list[int]], Hook]]:
    started: list[Hook] = []

    def start(plan: list[int]) -> Hook:
        started.append(Hook(plan))
        return started[-1]

    yield start
    for each in started:
        each.server.shutdown()
        each.server.server_close()


def test_a_webhook_that_fails_at_first_gets_all_of_it_signed(
    hook: Callable[[list[int]], Hook], tmp_path: Path
) -> None:
    server = hook([503, 500, 429, 302, 200])
    url = f"http://me:pa%2Fss@127.0.0.1:{server.port}/hook/k3y?token=t0k3n"
    told: list[str] = []
    receiver = WebhookReceiver(url, SECRET)
    with (
        MessageQueue(tmp_path / "a", told.append) as queue,
        Sender(receiver, queue, told.append) as s,
    ):
        s.add(of("AB12CDE", b"jpeg"))
        s.add(of("XY99ZZZ"))
        wait_until(lambda: not queue.count(receiver.key))
    assert len(server.asked) == 6
    good = server.asked[4:]
    assert [json.loads(body)["text"] for *_, body in good] == ["AB12CDE", "XY99ZZZ"]
    assert base64.b64decode(json.loads(good[0][2])["picture"]) == b"jpeg"
    assert "picture" not in json.loads(good[1][2])
    ids = [headers["webhook-id"] for _, headers, _ in server.asked]
    assert len({*ids[:5]}) == 1 and ids[5] != ids[4]
    for path, headers, body in server.asked:
        assert path == "/hook/k3y?token=t0k3n"
        assert base64.b64decode(headers["authorization"].split()[1]) == b"me:pa/ss"
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = b"twenty-four bytes of key"
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    page = (ROOT / "docs/home-assistant.md").read_text("utf-8")
    example: dict[str, Any] = {}
    exec(re.search(r"```python\n(.*?)^```", page, re.M | re.S)[1], example)  # type: ignore[index]
    _, headers, body = server.asked[-1]
    assert example["is_genuine"](headers, body, SECRET)
    assert not example["is_genuine"](headers, body + b" ", SECRET)
    assert not any(word in " ".join(told) + receiver.key for word in ("ss@", "k3y", "t0k3n", "me:"))
    assert told[0].startswith(f"http://127.0.0.1:{server.port}: lost (HTTP 503); vehicles wait in")


def test_a_webhook_that_is_not_there_is_lost_and_one_that_does_not_want_it_refuses(
    hook: Callable[[list[int]], Hook],
) -> None:
    server = hook([413])
    with pytest.raises(RefusedError, match="HTTP 413"):
        WebhookReceiver(f"http://127.0.0.1:{server.port}/").send(of("A"))
    with pytest.raises(LostError, match="refused"):
        WebhookReceiver("http://127.0.0.1:1/secret").send(of("A"))


@pytest.mark.parametrize(
    "url",
    ["ftp://h/secret", "http:///secret", "file:///secret", "http://h:port/secret", "secret",
     "http://[::1/secret", "http://h\n/secret"],
)  # fmt: skip
def test_an_address_that_can_not_be_used_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        WebhookReceiver(url)
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigError, match="no base64"):
        WebhookReceiver("http://h/", "whsec_ä")
