"""Twenty clients for two minutes: errors, how long answers take, and whether memory grows.

Run: python benchmarks/load.py

Starts the server as `make serve` does, with a database of its own and without the limit of pictures
a minute (all clients have one address here). Each client sends a drawn street to the API, waits for
the answer, sends the next one; every tenth is a picture that can't be read, every twentieth asks
for the page. The readings of a picture have to be the same all the time. Memory is that of all the
server's processes after each tenth of the time. In the first half every thread comes to need its
share for the first time; a leak shows as growth from then to the end. The processor's time for a
picture is theirs, too, and much the same on a busy machine; `cores_used` tells how much of the
machine they were given. Writes results/load.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from checkout import ROOT, write_result

from platewright.errors import ConfigError, PlatewrightError, run_script
from platewright.evaluation.metrics import milliseconds
from platewright.evaluation.report import default_digests, processor
from platewright.image import encode_image
from platewright.synth.street.picture import draw_street

STREETS = 6
SAMPLES = 10
BROKEN = b"\xff\xd8\xff\xe0 no picture"


class Tally:
    """What the clients saw."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.lock = threading.Lock()
        self.ms: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.readings: dict[int, set[str]] = {}
        self.errors: list[str] = []

    def add(self, kind: str, status: int, ms: float) -> None:
        """Note an answer."""
        with self.lock:
            self.statuses[f"{kind} {status}"] += 1
            if kind == "picture":
                self.ms.append(ms)

    def fail(self, error: str) -> None:
        """Note that there was none."""
        with self.lock:
            self.errors.append(error)


def ask(url: str, data: bytes | None) -> tuple[int, bytes]:
    """Send a request and return status and body."""
    request = urllib.request.Request(url, data, {"Content-Type": "image/jpeg"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return int(response.status), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def client(url: str, number: int, streets: list[bytes], until: float, tally: Tally) -> None:
    """Ask until the time is over."""
    turn = number
    while time.monotonic() < until:
        turn += 1
        which = turn % len(streets)
        kind = "page" if turn % 20 == 0 else "broken" if turn % 10 == 0 else "picture"
        start = time.perf_counter()
        try:
            if kind == "page":
                status, body = ask(url + "/", None)
            else:
                data = BROKEN if kind == "broken" else streets[which]
                status, body = ask(url + "/api/v1/read", data)
        except OSError as error:
            tally.fail(str(error))
            continue
        tally.add(kind, status, (time.perf_counter() - start) * 1e3)
        if kind == "picture" and status == 200:
            texts = [plate["text"] for plate in json.loads(body)["pictures"][0]["plates"]]
            with tally.lock:
                tally.readings.setdefault(which, set()).add(" ".join(texts))


def process_files(process: int, name: str) -> Iterator[str]:
    """Yield what the system tells (Linux) of a process and those it started, file by file.

    One that has ended meanwhile is left out.

    Args:
        name: of the file in its folder of /proc.
    """
    if not Path(f"/proc/{process}/{name}").exists():
        raise ConfigError("memory and processor are measured on Linux, of a process that runs")
    todo = [str(process)]
    while todo:
        each = Path(f"/proc/{todo.pop()}")
        with contextlib.suppress(OSError):
            for task in (each / "task").iterdir():
                todo += (task / "children").read_text().split()
            yield (each / name).read_text()


def memory_mb(process: int) -> float:
    """Return the memory in use of a process and those it started (Linux), MB.

    What they share is counted once: proportional set size (proc(5), smaps_rollup).
    """
    files = process_files(process, "smaps_rollup")
    shares = [int(kb) for file in files for kb in re.findall(r"^Pss:\s+(\d+)", file, re.M)]
    return sum(shares) * 1024 / 1e6


def cpu_s(process: int) -> float:
    """Return what a process and those it started have spent of the processor (Linux), seconds.

    Unlike the time of the clock it is much the same on a busy machine.
    """
    fields = [file.rpartition(")")[2].split() for file in process_files(process, "stat")]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def start_server(folder: str, workers: int) -> tuple[subprocess.Popen[bytes], str]:
    """Start it and wait until it is healthy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PLATEWRIGHT_")}
    environment |= {"PLATEWRIGHT_DATA": folder, "PLATEWRIGHT_PER_MINUTE": "0"}
    log = Path(folder) / "server.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "serve", "--bind", f"127.0.0.1:{port}",
             "--workers", str(workers)],
            env=environment, stdout=stream, stderr=stream,
        )  # fmt: skip
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            if ask(url + "/health", None)[0] == 200:
                return server, url
        except OSError:
            pass
        time.sleep(0.2)
    server.kill()
    raise PlatewrightError(f"the server does not start: {log.read_text()[-500:]}")


def run(args: argparse.Namespace, server: subprocess.Popen[bytes], url: str) -> dict[str, Any]:
    """Let the clients ask, and watch the memory."""
    streets = [
        encode_image(draw_street(np.random.default_rng([seed, 0]))[0], ".jpg", 92)
        for seed in range(1, STREETS + 1)
    ]
    tally, until = Tally(), time.monotonic() + args.seconds
    start, spent = time.monotonic(), cpu_s(server.pid)
    clients = [
        threading.Thread(target=client, args=(url, k, streets, until, tally))
        for k in range(args.clients)
    ]
    for each in clients:
        each.start()
    memory: list[float] = []
    for sample in range(1, SAMPLES + 1):
        time.sleep(max(start + sample * args.seconds / SAMPLES - time.monotonic(), 0))
        memory.append(memory_mb(server.pid))
    for each in clients:
        each.join()
    wall, spent = time.monotonic() - start, cpu_s(server.pid) - spent
    wanted = {"picture 200", "broken 422", "page 200"}
    odd = {k: n for k, n in tally.statuses.items() if k not in wanted}
    return {
        "clients": args.clients,
        "seconds": round(wall, 1),
        "workers": args.workers,
        "cores": os.cpu_count(),
        "processor": processor(),
        "load_average": round(os.getloadavg()[0], 1),
        "answers": dict(sorted(tally.statuses.items())),
        "errors": len(tally.errors) + sum(odd.values()),
        "first_error": next(iter([*tally.errors, *odd]), None),
        "readings_that_differ": sum(len(texts) > 1 for texts in tally.readings.values()),
        "pictures_per_s": round(len(tally.ms) / wall, 2),
        "ms": {**milliseconds(tally.ms), "slowest": round(max(tally.ms, default=0.0), 1)},
        "cores_used": round(spent / wall, 2),
        "cpu_ms_per_picture": round(spent * 1e3 / max(len(tally.ms), 1), 1),
        "memory_mb": [round(value, 1) for value in memory],
        "memory_growth_mb": round(memory[-1] - memory[SAMPLES // 2 - 1], 1),
    }


def main() -> int:
    """Serve, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, default=20, help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=120.0, help="(%(default)g)")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    networks = default_digests(ROOT / "weights.onnx")
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_server(folder, args.workers)
        try:
            figures = run(args, server, url)
        finally:
            server.terminate()
            server.wait(30)
    command = " ".join(["python benchmarks/load.py", *sys.argv[1:]])
    write_result(args.out / "load.json", {"command": command, **networks, **figures})
    return 1 if figures["errors"] else 0


if __name__ == "__main__":
    run_script(main, "load.py")
