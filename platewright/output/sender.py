"""Who sends what waits for a receiver, again and again until it is taken."""

import threading
import time
from collections.abc import Callable
from typing import Self

from platewright.errors import OutputError
from platewright.output.message import LostError, Message, Receiver, RefusedError
from platewright.output.message_queue import MessageQueue

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
TRIES = 3  #: How often a message is offered that the receiver does not want
LAST_S = 5.0  #: How long what is left is tried at the end since something was taken last, seconds


class Sender:
    """Sends what waits for a receiver, in a thread of its own, in order, for a `with` statement.

    Whatever fails is tried again after 0.5, 1, 2 ... 30 seconds: who goes away misses nothing.

    Args:
        queue: holds what was not taken yet.
        report: takes a line when the receiver is lost and when it is back.
        stop: tells, at the end, whether there is no more time.
    """

    def __init__(
        self,
        receiver: Receiver,
        queue: MessageQueue,
        report: Callable[[str], None],
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.receiver, self.queue, self.report, self.stop = receiver, queue, report, stop
        self._news = threading.Event()
        self._closed = threading.Event()
        self._taken_s = 0.0
        self._path = queue.path
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def add(self, message: Message) -> None:
        """Send a message as soon as that can be."""
        self.queue.add(self.receiver.key, message)
        self._news.set()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait until everything was taken, or nothing has been for some seconds.

        Raises:
            OutputError: if something was not, and nothing else went wrong.
        """
        wished = self.stop()
        self._taken_s = time.monotonic()
        left = self.queue.count(self.receiver.key)
        while left and self._thread.is_alive() and time.monotonic() - self._taken_s < LAST_S:
            if self.stop() and not wished:
                break
            self._news.set()
            time.sleep(0.05)
            left = self.queue.count(self.receiver.key)
        self._closed.set()
        self._news.set()
        self._thread.join(LAST_S)
        self.receiver.close()
        self.queue.secure()
        left, path = self.queue.count(self.receiver.key), self.queue.path
        if left and kind is None:
            what = "1 vehicle waits" if left == 1 else f"{left} vehicles wait"
            named = "" if path == self._path else f" with --queue {path}"
            raise OutputError(
                f"{self.receiver.name}: {what} in {path}; the same command{named} sends "
                f"{'it' if left == 1 else 'them'} first"
            )

    def _run(self) -> None:
        key, name = self.receiver.key, self.receiver.name
        lost_s: float | None = None
        wait, tries = FIRST_WAIT_S, 0
        while not self._closed.is_set():
            self._news.clear()
            message = self.queue.first(key)
            if message is None:
                self._news.wait()
                continue
            try:
                self.receiver.send(message)
            except RefusedError as error:
                tries += 1
                if tries >= TRIES:
                    self.report(f"{name}: refused ({error}) and dropped: {message}")
                    self.queue.remove(message)
                    tries = 0
                else:
                    self._closed.wait(wait)
                continue
            except LostError as error:
                if lost_s is None:
                    lost_s = time.monotonic()
                    self.report(f"{name}: lost ({error}); vehicles wait in {self.queue.path}")
                self._closed.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
                continue
            self.queue.remove(message)
            self._taken_s = time.monotonic()
            if lost_s is not None:
                self.report(f"{name}: back after {self._taken_s - lost_s:.0f} s")
            lost_s, wait, tries = None, FIRST_WAIT_S, 0
