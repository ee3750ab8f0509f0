"""watch.py as a person runs it, mostly with a detector that finds white rectangles."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from platewright.command import run_command
from platewright.errors import WeightsError
from platewright.geometry import quad_of_box
from platewright.image import decode_image, encode_image, save_image
from platewright.output import sender
from platewright.output.clip import ClipWriter
from platewright.output.redaction import redaction_settings
from platewright.reading import choice as choice_module
from platewright.reading.settings import DetectorSettings
from platewright.reading.spelling import spell
from platewright.record import Reading
from platewright.synth.street.picture import DriveSettings, draw_drive
from platewright.text import Alphabet
from platewright.tracking import arrival, live
from platewright.tracking import source as source_module
from tests.broker import Broker, Listener, decide_at_once
from tests.script import PATIENCE_S, wait_until
from tests.work import Turnstile

av = pytest.importorskip("av")
ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared/data/video/gb_LS15EBC.mp4"
ALPHABET = Alphabet()
Run = Callable[..., int]


class WhiteRectangles:
    """Reads the white pixels' box as AB123, or as XY999 in the left half."""

    loaded: list[tuple[Path, object, int]]

    alphabet = ALPHABET
    jurisdiction = None

    def __init__(self, network: tuple[Path, int], settings: object = None) -> None:
        self.loaded.append((network[0], settings, network[1]))
        self.settings = settings

    def locate(self, image: np.ndarray) -> list[Reading]:
        return []  # nothing stands on its side here

    def read(self, image: np.ndarray) -> list[Reading]:
        rows, columns = np.nonzero((image > 225).all(axis=-1))
        if rows.size < 50:
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        text = "XY999" if box[2] < image.shape[1] / 2 else "AB123"
        slots = np.full((6, ALPHABET.num_classes), 0.001)
        for position, index in enumerate(ALPHABET.encode(text, 6)):
            slots[position, index] = 1 - 0.001 * (ALPHABET.num_classes - 1)
        confidence, characters = spell(text, slots, ALPHABET)
        return [Reading(text=text, confidence=confidence, presence=0.9, quad=quad_of_box(box),
                        characters=characters, slots=slots, accepted=True)]  # fmt: skip


def open_file(path: Path, threads: int = 1) -> tuple[Path, int]:
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    return path, threads


def picture(x: int | None) -> np.ndarray:
    rgb = np.full((120, 320, 3), 82, np.uint8)
    if x is not None:
        rgb[60:80, x : x + 80] = 255
    return rgb


def make_video(path: Path) -> Path:
    """Write 60 frames, 10 a second: one vehicle in the right half, 3 s, another in the left."""
    places = [200 + k for k in range(12)] + [None] * 36 + [20 + 2 * k for k in range(12)]
    with ClipWriter(path) as clip:
        for k, x in enumerate(places):
            clip.add(picture(x), k / 10)
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(choice_module, "load_network", open_file)
    monkeypatch.setattr(choice_module, "detector_of", WhiteRectangles)
    monkeypatch.setattr(choice_module, "default_choice", lambda weights: "line")
    monkeypatch.setattr(WhiteRectangles, "loaded", [], raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    (tmp_path / "w.onnx").touch()

    def run_it(*arguments: str) -> int:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["watch.py", *arguments])
        with pytest.raises(SystemExit) as left:
            run_command("watch")
        return int(left.value.code or 0)

    return run_it


def test_one_row_per_vehicle_and_an_annotated_video(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_video(tmp_path / "in.mp4")
    assert run("in.mp4", "w.onnx", "--jsonl", "new/a.jsonl", "--out", "out.mp4") == 0
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert re.fullmatch(r"00:00\.0 - 00:01\.1  AB123 +9\d\.\d%  -      12 frames", first)
    assert re.fullmatch(r"00:04\.8 - 00:05\.9  XY999 +9\d\.\d%  -      12 frames", second)
    assert re.fullmatch(r"watch\.py: 60 frames, 60 read, 2 plates in \d+\.\d s\n", err)
    told = lines_of(tmp_path / "new/a.jsonl")
    assert [(line["text"], line["track"], line["source"]) for line in told] == [
        ("AB123", 1, "in.mp4"), ("XY999", 2, "in.mp4"),
    ]  # fmt: skip
    assert told[0]["first"] == {"frame": 0, "time_s": 0.0}
    before, after = frames_of(tmp_path / "in.mp4"), frames_of(tmp_path / "out.mp4")
    assert len(after) == 60
    changed = [np.abs(a.astype(int) - b).mean() > 1 for a, b in zip(after, before, strict=True)]
    assert changed[:12] == changed[48:] == [True] * 12
    assert not any(changed[20:46])


@pytest.mark.process
def test_a_broker_that_was_away_is_told_of_earlier_runs_first(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broker: Broker,
) -> None:
    monkeypatch.setattr(sender, "LAST_S", 0.5)
    monkeypatch.setenv("BROKER", "s3cr3t")
    make_video(tmp_path / "in.mp4")
    (tmp_path / "out").mkdir()
    arguments = ["in.mp4", "w.onnx", "--mqtt", broker.url("gate", "me:pa55@"), "--force"]
    results = ["--csv", "out/a.csv", "--webhook-secret", "BROKER", "--webhook"]
    broker.kill()
    assert run(*arguments, *results, "http://me:pa55@127.0.0.1:1/k3y") == 1
    out, err = capsys.readouterr()
    assert [line.split()[3] for line in out.splitlines()] == ["AB123", "XY999"]
    told = f"{broker.url('gate')}: can't be reached yet (Connection refused); vehicles wait"
    assert told in err
    assert re.search(r"2 vehicles wait in out/watch-\w{8}\.queue; the same command", err)
    assert not any(word in out + err for word in ("s3cr3t", "pa55", "k3y"))
    (queue,) = (tmp_path / "out").glob("*.queue")
    assert not any(word in queue.read_bytes() for word in (b"s3cr3t", b"pa55", b"k3y"))
    with (tmp_path / "out/a.csv").open() as table:
        assert [row["text"] for row in csv.DictReader(table)] == ["AB123", "XY999"]
    queue.rename(tmp_path / "mine.queue")
    monkeypatch.setattr(sender, "LAST_S", PATIENCE_S)
    broker.start()
    listener = Listener(broker)
    (tmp_path / "gate.args").write_text("# a gate\n\n" + " ".join(arguments[:-1]))
    assert run("@gate.args", "--queue", "mine.queue") == 0
    assert "there already" not in capsys.readouterr().err
    wait_until(lambda: len(listener.of("gate")) == 4)
    told = [json.loads(each) for each in listener.of("gate")]
    assert [each["text"] for each in told] == ["AB123", "XY999"] * 2
    assert len({each["id"] for each in told}) == 4
    rgb = decode_image(io.BytesIO(listener.of("gate/picture")[-1]), "picture")
    assert (rgb > 225).all(axis=-1).sum() > 500  # the white plate is in it
    listener.close()


@pytest.mark.process
def test_snapshots_of_several_cameras_are_read_until_a_signal(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broker: Broker,
) -> None:
    listener = Listener(broker, "frigate/#")
    now, read = [100.0], []
    monkeypatch.setattr(arrival, "time", SimpleNamespace(monotonic=lambda: now[0]))
    real = WhiteRectangles.read

    def counted(self: WhiteRectangles, image: np.ndarray) -> list[Reading]:
        now[0] += 0.01
        read.append(image)
        return real(self, image)

    monkeypatch.setattr(WhiteRectangles, "read", counted)

    def send() -> None:
        broker.wait_for("frigate/+/car/snapshot")
        for camera, x in (("gate", 200), ("yard", 20)):
            for k in range(2):
                data = encode_image(picture(x + 3 * k), ".jpg")
                listener.send(f"frigate/{camera}/car/snapshot", data)
        wait_until(lambda: len(read) == 4)
        now[0] += 60
        wait_until(lambda: len(lines_of(tmp_path / "a.jsonl")) == 2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    source = broker.url("frigate/+/car/snapshot")
    assert run(source, "w.onnx", "--jsonl", "a.jsonl", "--gap", "0.5") == 0
    thread.join(PATIENCE_S)
    listener.close()
    err = capsys.readouterr().err
    assert "4 frames, 4 read, 2 plates" in err
    found = {
        line["source"]: (line["text"], line["frames"]) for line in lines_of(tmp_path / "a.jsonl")
    }
    base = broker.url("frigate")
    assert found == {
        f"{base}/gate/car/snapshot": ("AB123", 2), f"{base}/yard/car/snapshot": ("XY999", 2),
    }  # fmt: skip


def test_redact_hides_every_plate_and_tells_no_text(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_video(tmp_path / "in.mp4")
    assert run("in.mp4", "w.onnx", "--redact", "--out", "out.mkv") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "60 frames, 60 read, 2 plates" in err
    hidden = frames_of(tmp_path / "out.mkv")
    assert len(hidden) == 60
    assert max(int(frame.max()) for frame in hidden) < 90
    assert WhiteRectangles.loaded[0][1] == DetectorSettings(**redaction_settings())


def test_frames_that_come_too_fast_are_dropped_and_counted(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turnstile = Turnstile(60)
    monkeypatch.setattr(live, "time", SimpleNamespace(sleep=turnstile, monotonic=lambda: 0.0))
    real = WhiteRectangles.read

    def slowly(self: WhiteRectangles, image: np.ndarray) -> list[Reading]:
        turnstile.let(5)  # frames that come meanwhile
        return real(self, image)

    monkeypatch.setattr(WhiteRectangles, "read", slowly)
    with ClipWriter(tmp_path / "in.mp4") as clip:
        for k in range(60):
            clip.add(picture(200), k / 50)
    assert run("in.mp4", "w.onnx", "--realtime") == 0
    out, err = capsys.readouterr()
    found = re.search(r"(\d+) frames, (\d+) read, 1 plate in .* s, (\d+) dropped", err)
    assert found, err
    frames, read, dropped = map(int, found.groups())
    assert frames + dropped == 60
    assert 12 <= read == frames <= 15
    assert "AB123" in out


def test_a_folder_every_other_frame_with_settings(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "frames").mkdir()
    for k in range(5):
        save_image(tmp_path / f"frames/{k}.png", picture(200))
    (tmp_path / "frames/4.png").write_bytes(b"broken")
    arguments = ["frames", "w.onnx", "--every", "2", "--fps", "10", "--threads", "3"]
    assert run(*arguments, "--min-height", "9", "--min-presence", "0.6", "--accept", "0.9") == 0
    out, err = capsys.readouterr()
    assert "00:00.0 - 00:00.2  AB123" in out
    assert "5 frames (1 damaged), 2 read, 1 plate" in err
    path, settings, threads = WhiteRectangles.loaded[0]
    assert (path, threads) == (Path("w.onnx"), 3)
    assert (settings.min_height, settings.min_presence, settings.accept) == (9, 0.1, 0.9)
    assert run("frames", "w.onnx", "--min-confidence", "1") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_a_stream_that_is_lost_for_good_leaves_all_that_was_seen(
    run: Run,
    tmp_path: Path,
    camera_server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]

    class Waiting(threading.Event):
        def wait(self, seconds: float | None = None) -> bool:
            now[0] += seconds or 0
            return self.is_set()

    monkeypatch.setattr(source_module, "threading", SimpleNamespace(Event=Waiting))
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: now[0]))
    server = camera_server([picture(200)], [15, 12, 0])
    address = server.address.replace("//", "//me:secret@")
    arguments = ["--patience", "1.2", "--jsonl", "a.jsonl", "--out", "out.mp4", "--early"]
    assert run(address, "w.onnx", *arguments) == 1
    out, err = capsys.readouterr()
    # Twice lost, once back; the vehicle stood there all the time and is told once.
    assert err.count(": lost (") == 2
    assert err.count(": back after") == 1
    assert err.splitlines()[-1].startswith(f"watch.py: {server.address}: lost for ")
    assert "secret" not in out + err
    assert out.count("AB123") == 1
    (line,) = lines_of(tmp_path / "a.jsonl")
    assert (line["source"], line["text"], line["frames"]) == (server.address, "AB123", 3)
    assert "at" in line["first"]
    assert len(frames_of(tmp_path / "out.mp4")) >= 10


COUNTED = """
import runpy, sys
from platewright.tracking.frame_reader import FrameReader
look = FrameReader.look
def counted(self, *given):
    seen, readings = look(self, *given)
    with open("../seen", "a") as marks:
        marks.write("." * bool(seen or readings))
    return seen, readings
FrameReader.look = counted
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script, and leaves a mark for each frame in which it sees a plate."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_everything_flushed(
    tmp_path: Path, camera_server, number: signal.Signals
) -> None:
    if not (ROOT / "weights.onnx").is_file():
        pytest.skip("no weights.onnx")
    drive = draw_drive(np.random.default_rng(1), DriveSettings(regions=("GB",), hardness=0))
    server = camera_server([next(drive)[0]], [None])
    (own := tmp_path / "own").mkdir()
    options = ["--threads", "1", "--jsonl", "a.jsonl", "--out", "out.mp4", "--min-height", "12"]
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTED, str(ROOT / "watch.py"), server.address, *options,
         "--gap", "600"],
        cwd=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    seen, part = tmp_path / "seen", own / "out.mp4.part"
    wait_until(lambda: part.exists() and seen.exists() and seen.stat().st_size >= 3, process)
    assert (own / "a.jsonl").read_bytes() == b""  # it is still there, so it has not passed
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert re.search(r"watch\.py: \d+ frames, \d+ read, [1-9] plates? in .* dropped\n$", err)
    told = lines_of(own / "a.jsonl")
    assert len(out.splitlines()) == len(told) >= 1
    assert {p.name for p in own.iterdir()} == {"a.jsonl", "out.mp4"}
    assert len(frames_of(own / "out.mp4")) >= told[0]["frames"] - 1 >= 1


def test_who_can_not_be_told_keeps_nobody_else_from_knowing(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    make_video(tmp_path / "in.mp4")
    assert run("in.mp4", "w.onnx", "--jsonl", "/dev/full", "--csv", "a.csv") == 1
    out, err = capsys.readouterr()
    assert [line.split()[3] for line in out.splitlines()] == ["AB123", "XY999"]
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3
    assert err.count("/dev/full: can't be written: No space left") == 1
    assert err.endswith("watch.py: /dev/full: 2 vehicles are missing\n")
    # What can't be opened leaves nothing of the others.
    assert run("in.mp4", "w.onnx", "--jsonl", "x/b.jsonl", "--csv", "/dev/full") == 1
    assert not (tmp_path / "x").exists()


def test_nothing_is_overwritten_without_force(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_video(tmp_path / "in.mp4")
    before = (tmp_path / "in.mp4").read_bytes()
    (tmp_path / "a.jsonl").write_text("old\n")
    (tmp_path / "out.mp4").write_bytes(b"old")
    assert run("in.mp4", "w.onnx", "--jsonl", "a.jsonl") == 1
    assert "a.jsonl: there already; give another name or --force" in capsys.readouterr().err
    assert run("in.mp4", "w.onnx", "--out", "out.mp4") == 1
    assert (tmp_path / "a.jsonl").read_text() == "old\n"
    assert run("in.mp4", "w.onnx", "--out", "in.mp4", "--force") == 2
    assert (tmp_path / "in.mp4").read_bytes() == before
    assert run("in.mp4", "w.onnx", "--jsonl", "a.jsonl", "--force") == 0
    assert len(lines_of(tmp_path / "a.jsonl")) == 2
    both = ["--jsonl", "a.jsonl", "--csv", "a.csv", "--append"]
    for times in (2, 3):
        with (tmp_path / "a.jsonl").open("a") as file:
            file.write('{"cut')  # what a kill leaves
        assert run("in.mp4", "w.onnx", *both) == 0
        assert len(lines_of(tmp_path / "a.jsonl")) == 2 * times
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 4
    assert run("in.mp4", "w.onnx", *both, "--force") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.mp4", "w.onnx"], 1, "none.mp4: no such file, folder or camera"),
        (["empty.mp4", "w.onnx"], 1, "empty.mp4: no video that can be read"),
        (["nothing", "w.onnx"], 1, "nothing: no photo in it"),
        (["in.mp4", "none.onnx"], 1, "none.onnx: no such weights file"),
        (["96", "w.onnx"], 1, "camera 96: no picture comes"),
        (["http://127.0.0.1:1/x", "w.onnx"], 1, "http://127.0.0.1:1/x: no picture comes"),
        (["in.mp4", "w.onnx", "--out", "a.avi"], 2, "a.avi: a video must end in one of"),
        (["in.mp4", "w.onnx", "--out", "x.mp4", "--jsonl", "x.mp4"], 2, "named twice"),
        (["in.mp4", "w.onnx", "--show"], 2, "--show needs a screen"),
        (["in.mp4", "w.onnx", "--redact"], 2, "--redact needs --out or --show"),
        (["in.mp4", "--redact", "--out", "a.mp4", "--jsonl", "a"], 2, "--jsonl means nothing"),
        (["in.mp4", "--redact", "--out", "a.mp4", "--early"], 2, "--early means nothing"),
        (["in.mp4", "--redact", "--out", "a.mp4", "--every", "2"], 2, "looks at every frame"),
        (["in.mp4", "w.onnx", "--follow"], 2, "--follow goes with a folder, and in.mp4 is none"),
        (["in.mp4", "--mqtt", "mqtt://me:s3cr3t@host"], 2, "give mqtt://[user:password@]host"),
        (["in.mp4", "--mqtt", "mqtt://me:s3cr3t@h/a/#"], 2, "the MQTT topic can't be used"),
        (["in.mp4", "--mqtt-password", "s3cr3t"], 2, "give the name of an environment variable"),
        (["in.mp4", "--webhook", "ftp://me:s3cr3t@h/x"], 2, "give http://[user:password@]host"),
        (["in.mp4", "--webhoook", "http://me:s3cr3t@h/x"], 2, "unrecognized arguments"),
        (["mqtt://me:s3cr3t@h/a", "w.onnx", "--redact", "--out", "a.mp4"], 2, "needs a video"),
        (["@in.mp4"], 2, "the following arguments are required: SOURCE"),
        (["@none.args"], 2, "@none.args: No such file or directory"),
        (["in.mp4", "w.onnx", "--csv", "a.csv", "--queue", "a.csv"], 2, "named twice"),
        (["in.mp4", "--lookup"], 2, "--lookup goes with --mqtt or --webhook"),
        (["mqtt://me:s3cr3t@127.0.0.1:1/a", "w.onnx"], 1, "//127.0.0.1:1: Connection refused"),
        (["in.mp4", "w.onnx", "--csv", "in.mp4"], 2, "is what is read"),
        (["in.mp4", "w.onnx", "--jsonl", "w.onnx", "--force"], 2, "is what is read"),
        (["in.mp4", "--every", "0"], 2, "0 is not between 1 and 10000"),
        (["in.mp4", "--min-presence", "nan"], 2, "nan is not between 0 and 1"),
        ([], 2, "required"),
    ],
)
def test_what_a_user_gets_wrong(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    decide_at_once(monkeypatch)
    (tmp_path / "in.mp4").write_bytes(b"# not looked at")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "nothing").mkdir()
    assert run(*arguments) == code
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert "s3cr3t" not in err
    assert not list(tmp_path.glob("[ax].*"))


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import runpy, sys; sys.argv = [sys.argv[1], '--help']\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as e: assert e.code == 0\n"
        "heavy = {'numpy', 'cv2', 'PIL', 'onnxruntime', 'av'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(ROOT / "watch.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.startswith("usage: watch.py")
    assert done.stdout.endswith("heavy: []\n")


@pytest.mark.skipif(not REAL.is_file(), reason="the real video is not here")
def test_the_real_video_is_read_once_and_nothing_else_is_told_for_sure(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "watch.py"), str(REAL), "--every", "10"]
    subprocess.run([*command, "--jsonl", "a.jsonl"], cwd=tmp_path, check=True, capture_output=True)
    sure = [line for line in lines_of(tmp_path / "a.jsonl") if line["confidence"] > 0.5]
    texts = [line["text"] for line in sure]
    assert texts.count("LS15EBC") == 1
    assert set(texts) <= {"LS15EBC", "R298DTY"}  # a second car's plate, legible in some frames
    assert sure[0]["region"] == "GB"
