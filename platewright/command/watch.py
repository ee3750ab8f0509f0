"""Watch a video, a camera or a stream: one line for each vehicle that passes."""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platewright.command.argument import (
    ParserWithFiles,
    add_force,
    add_reading,
    add_threads,
    add_weights,
    bounded,
    program,
    secret,
    settings_of,
    shown_of,
)
from platewright.errors import ConfigError, OutputError, printable
from platewright.file import nonempty
from platewright.resource import bundled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from platewright.output.clip import ClipWriter, Display
    from platewright.output.message import Receiver
    from platewright.output.mqtt import MqttAddress
    from platewright.output.sender import Sender
    from platewright.output.writer.jsonl import LinesFile
    from platewright.reading.detector import Detector
    from platewright.record import Reading
    from platewright.tracking.follow import StopWish
    from platewright.tracking.passing import Passing
    from platewright.tracking.source import Frame, Source
    from platewright.tracking.track import TrackerSettings


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = ParserWithFiles(
        description="Follow the vehicles of a video; the readings of all frames vote on each text.",
        epilog="Ctrl-C, SIGTERM or q in the window end it: vehicles under way are told, files are "
        "closed. @FILE stands for the arguments in a file, which may hold passwords. Exit 0: done; "
        "1: the source or the weights could not be read, or something could not be sent; 2: the "
        "arguments are off.",
    )
    add = parser.add_argument
    add("source", type=nonempty, metavar="SOURCE",
        help="video file, folder of pictures, number of a camera, RTSP or HTTP URL, or "
        "mqtt://HOST/TOPIC of pictures, as Frigate sends them")  # fmt: skip
    add_weights(parser, "weights")
    add("--jsonl", type=Path, metavar="FILE", help="write a JSON line per vehicle there")
    add("--csv", type=Path, metavar="FILE", help="write a row per vehicle there")
    add("--mqtt", type=topic, metavar="URL",
        help="send a message per vehicle to mqtt[s]://[USER@]HOST[:PORT]/TOPIC; Home Assistant "
        "finds it by itself")  # fmt: skip
    add("--mqtt-password", metavar="VARIABLE|FILE",
        help="environment variable or file that holds the broker's password")  # fmt: skip
    add("--discovery", metavar="PREFIX", default="homeassistant",
        help="where Home Assistant listens; none: it is told nothing (%(default)s)")  # fmt: skip
    add("--webhook", type=webhook, metavar="URL", help="post a message per vehicle there")
    add("--webhook-secret", metavar="VARIABLE|FILE",
        help="environment variable or file that holds what messages are signed with")  # fmt: skip
    add("--queue", type=Path, metavar="FILE",
        help="holds what could not be sent yet (beside --jsonl or --csv, or here)")  # fmt: skip
    add("--out", type=Path, metavar="VIDEO", help="write the annotated video there (.mp4, .mkv)")
    add("--show", action="store_true", help="show it in a window")
    add("--every", type=bounded(int, 1, 10_000), default=1, metavar="N",
        help="read every N-th frame only (%(default)s)")  # fmt: skip
    add("--realtime", action="store_true",
        help="a recording as if it were live: frames that come too fast are dropped")  # fmt: skip
    add("--fps", type=bounded(float, 0.001, 1000), default=25.0, metavar="N",
        help="frames a second of a folder of pictures (%(default)g)")  # fmt: skip
    add("--follow", action="store_true",
        help="a folder: read the pictures that come into it from now on")  # fmt: skip
    add("--patience", type=bounded(float, 0, 1e9), default=float("inf"), metavar="S",
        help="give up on a lost camera or stream after S seconds (never)")  # fmt: skip
    add("--save", action="store_true", help="keep each vehicle in the registry (docs/web.md)")
    add("--lookup", action="store_true",
        help="tell in messages on which list of the registry it is, and keep nothing")  # fmt: skip
    add("--redact", action="store_true", help="hide all plates in --out instead of reading them")
    add_threads(parser)
    add_reading(parser)
    add("--gap", type=bounded(float, 0, 3600), metavar="S",
        help="out of sight for S seconds it is another vehicle (2; standing: 5)")  # fmt: skip
    add("--early", action="store_true",
        help="tell a vehicle once its text is accepted, before it is gone; for gates")  # fmt: skip
    add("--reader", metavar="NAME|FILE", help="read with other networks, as detect does")
    add("--append", action="store_true",
        help="go on behind the lines of --jsonl and --csv, as a restarted service")  # fmt: skip
    add_force(parser)
    return parser


def topic(text: str) -> MqttAddress:
    """Return the broker and topic of `--mqtt`."""
    from platewright.output.mqtt import MqttAddress

    try:
        return MqttAddress.parse(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def webhook(text: str) -> str:
    """Return the URL of `--webhook`."""
    from platewright.output.webhook import WebhookReceiver

    try:
        WebhookReceiver(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line and check that its parts go together."""
    parser = make_parser()
    args = parser.parse_args(argv)
    args.weights = args.weights or bundled("weights.onnx")
    if args.redact:
        if not (args.out or args.show):
            parser.error("--redact needs --out or --show")
        texts = (
            "jsonl", "csv", "mqtt", "webhook", "save", "lookup", "accept", "min_confidence",
            "region", "early", "reader", "all", "mask", "follow",
        )  # fmt: skip
        if given := [n.replace("_", "-") for n in texts if getattr(args, n)]:
            parser.error(f"--redact reads no text: --{given[0]} means nothing with it")
        if args.every > 1:
            parser.error("--redact looks at every frame; leave out --every")
    if args.lookup and not (args.mqtt or args.webhook):
        parser.error("--lookup goes with --mqtt or --webhook")
    if args.append and (args.force or not (args.jsonl or args.csv)):
        parser.error("--append goes with --jsonl or --csv, and without --force")
    if args.webhook_secret and not args.webhook:
        parser.error("--webhook-secret goes with --webhook")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Open the source, follow what passes, tell it."""
    args = parse_args(argv)

    from platewright.file import claim_results
    from platewright.output.annotation import portrait
    from platewright.output.redaction import lit
    from platewright.tracking.arrival import ArrivalSource
    from platewright.tracking.follow import StopWish, Summary, follow
    from platewright.tracking.frame_reader import FrameReader
    from platewright.tracking.live import NewestFrames
    from platewright.tracking.passing import Voter
    from platewright.tracking.redaction import PlateCount, TurnedLooks, hide_plates
    from platewright.tracking.source import open_source
    from platewright.tracking.track import Tracker

    args.mqtt_password = secret("--mqtt-password", args.mqtt_password)
    args.webhook_secret = secret("--webhook-secret", args.webhook_secret)
    look_up = registry(keeping=args.save) if args.save or args.lookup else None
    results = (args.jsonl, args.csv, args.out)
    sources = (Path(args.source), args.weights)
    claim_results(sources, *((args.out,) if args.append else results), force=args.force)
    claim_results(sources, *results, args.queue, force=True)  # it is gone on with
    detector, tracking = load(args)
    source = open_source(
        args.source, fps=args.fps, patience_s=args.patience, report=report,
        filling=args.follow, password=args.mqtt_password,
    )  # fmt: skip
    arrives = isinstance(source, ArrivalSource)
    if args.redact and arrives:
        raise ConfigError(f"{source.name}: --redact needs a video, not single pictures; see detect")
    latest = NewestFrames(source) if source.live or (args.realtime and not arrives) else None
    done, start = Summary(), time.perf_counter()
    shown, voter, tracker = shown_of(args), Voter.of(detector), Tracker(tracking)
    with StopWish() as stop, Outlets(args, source.name, stop, look_up) as outlets:
        frames = latest.frames(stop) if latest else outlets.counted(source)
        try:
            if args.redact:
                count = PlateCount(voter, tracker, shown)
                hide_plates(
                    frames, lambda picture: detector.read(lit(picture)), outlets.put, done,
                    turned=TurnedLooks(detector), count=count, stop=stop,
                )  # fmt: skip
            else:
                steady = FrameReader.suits(detector) and not arrives
                reader = FrameReader(detector, tracker) if steady else detector.read
                follow(
                    frames, reader, voter, done, on_passing=outlets.tell,
                    on_frame=outlets.draw if outlets.pictures else None, tracker=tracker,
                    every=args.every, shown=shown, early=args.early, source=source.name, stop=stop,
                    portrait=portrait if outlets.senders else None,
                )  # fmt: skip
        finally:
            outlets.progress.end()
            if done.frames:
                seconds = time.perf_counter() - start
                dropped = f", {latest.dropped} dropped" if latest else ""
                report(f"{done} in {seconds:.1f} s{dropped}")
    return 0


class Outlets(ExitStack):
    """Where what is seen goes: the terminal, files, the registry, others, a video, a window.

    Args:
        stop: is told where the window is closed.
        look_up: keeps a vehicle in the registry, and tells its list; None: neither.
    """

    def __init__(
        self,
        args: argparse.Namespace,
        name: str,
        stop: StopWish,
        look_up: Callable[[Passing], str] | None,
    ) -> None:
        from platewright.output.clip import ClipWriter, Display
        from platewright.output.message import csv_header
        from platewright.output.message_queue import MessageQueue
        from platewright.output.sender import Sender
        from platewright.output.writer.jsonl import LinesFile
        from platewright.progress import Progress

        super().__init__()
        self.progress = Progress(unit="frames")
        self.stop, self.look_up = stop, look_up
        self.window: Display | None = None
        self.clip: ClipWriter | None = None
        self.lines: LinesFile | None = None
        self.table: LinesFile | None = None
        self.senders: list[Sender] = []
        self.missed: Counter[str] = Counter()
        """Vehicles that could not be told, by whom or what."""
        with ExitStack() as opened:  # where one can't be opened, the others are closed
            opened.enter_context(self.progress)
            opened.push(self._settle)
            if args.show:
                self.window = Display(f"Platewright: {name}")
            if args.out:
                self.clip = opened.enter_context(ClipWriter(args.out))
            if args.jsonl:
                self.lines = opened.enter_context(
                    LinesFile(args.jsonl, in_place=True, append=args.append)
                )
            if args.csv:
                table = LinesFile(args.csv, in_place=True, head=csv_header(), append=args.append)
                self.table = opened.enter_context(table)
            if look_up:
                from platewright.web.database import finish_registry

                opened.callback(finish_registry)
            if told := receivers(args):
                path = args.queue or queue_file(args, told)
                queue = opened.enter_context(MessageQueue(path, report))
                self.senders = [
                    opened.enter_context(Sender(each, queue, report, stop)) for each in told
                ]
            self.push(opened.pop_all())

    @property
    def pictures(self) -> bool:
        """Whether pictures go anywhere."""
        return bool(self.clip or self.window)

    def tell(self, passing: Passing) -> None:
        """Tell of a vehicle."""
        from platewright.output.message import csv_line

        body = passing.as_dict()
        if self.lines:
            self._each(str(self.lines.path), partial(self.lines.add, body))
        if self.table:
            self._each(str(self.table.path), partial(self.table.write, csv_line(body)))
        self._send(passing, body)
        self.progress.say(passing.line(), sys.stdout)  # last: who read it may be gone

    def _each(self, who: str, tell: Callable[[], object]) -> None:
        """Tell one of those to be told; what fails keeps nobody else from knowing."""
        try:
            tell()
        except OutputError as error:
            if not self.missed[who]:
                report(str(error))
            self.missed[who] += 1

    def _settle(self, kind: type[BaseException] | None, *_: object) -> None:
        """Say at the end what was told to some alone."""
        if self.missed and kind is None:
            raise OutputError(
                "; ".join(
                    f"{who}: {count} vehicle{'s are' if count > 1 else ' is'} missing"
                    for who, count in self.missed.items()
                )
            )

    def _send(self, passing: Passing, body: dict[str, Any]) -> None:
        """Look a vehicle up, and send what is known of it."""
        from platewright.output.message import Message

        listed = ""
        try:
            if self.look_up:
                listed = self.look_up(passing)
        except OutputError as error:
            report(str(error))
        seen = (passing.best.at or datetime.now(UTC)).isoformat(timespec="milliseconds")
        message = Message(body={"seen": seen, "list": listed, **body}, picture=passing.picture)
        for sender in self.senders:
            self._each(sender.receiver.name, partial(sender.add, message))

    def counted(self, source: Source) -> Iterator[Frame]:
        """Yield a recording's frames and show how many are done."""
        for frame in source.frames():
            self.progress.expect(source.total)
            yield frame
            self.progress.add(not frame.idle)

    def put(self, picture: NDArray[np.uint8], time_s: float) -> None:
        """Show or write a picture."""
        if self.clip:
            self.clip.add(picture, time_s)
        if self.window and not self.window.show(picture):
            self.stop.wish()

    def draw(self, frame: Frame, readings: list[Reading]) -> None:
        """Show or write a frame with what was read."""
        from platewright.output.annotation import annotate

        self.put(annotate(frame.picture, readings), frame.time_s)


def registry(*, keeping: bool) -> Callable[[Passing], str]:
    """Return what looks a vehicle up in the registry, and keeps it there if wished."""
    from platewright.web.database import open_registry

    return open_registry(keeping=keeping)


def receivers(args: argparse.Namespace) -> list[Receiver]:
    """Return who is told of each vehicle by a message."""
    from platewright.output.mqtt import MqttReceiver
    from platewright.output.webhook import WebhookReceiver

    told: list[Receiver] = []
    if args.webhook:
        told.append(WebhookReceiver(args.webhook, args.webhook_secret))
    if args.mqtt:
        prefix = "" if args.discovery == "none" else args.discovery
        broker = MqttReceiver(args.mqtt.with_password(args.mqtt_password), prefix)
        if not broker.open():
            report(f"{broker.name}: can't be reached yet ({broker.why}); vehicles wait")
        told.append(broker)
    return told


def queue_file(args: argparse.Namespace, told: list[Receiver]) -> Path:
    """Return where messages wait: one file for each source and receivers, beside the results."""
    who = [re.sub("//.*@", "//", args.source), *(receiver.key for receiver in told)]
    name = f"watch-{hashlib.sha256(' '.join(who).encode()).hexdigest()[:8]}.queue"
    results = [path for path in (args.jsonl, args.csv) if path and path.is_file()]
    return results[0].with_name(name) if results else Path(name)


def load(args: argparse.Namespace) -> tuple[Detector, TrackerSettings]:
    """Return the detector of a command line, and how vehicles are followed."""
    from platewright.output.redaction import redaction_settings
    from platewright.reading.choice import load_detector
    from platewright.reading.settings import DetectorSettings
    from platewright.tracking.follow import watching_settings

    settings, tracking = watching_settings(args.min_presence, args.gap, **settings_of(args))
    if args.redact:
        settings = DetectorSettings(**redaction_settings(args.min_presence, args.min_height))
    reader = "line" if args.redact else args.reader or ""
    return load_detector(args.weights, settings, reader=reader, threads=args.threads), tracking


def report(line: str) -> None:
    """Print a line on stderr."""
    print(f"{program()}: {printable(line)}", file=sys.stderr, flush=True)
