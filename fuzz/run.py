"""Fuzz a target: python fuzz/run.py TARGET --seconds N.

With atheris installed (pip install atheris; CPython 3.11 to 3.13 on Linux) what a change reaches in
the code guides the next one; without it, changes are drawn at random from the small corpus. What
ends a target in another way than it may is written to fuzz/found/ and told; the exit code is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

NAMES = ("api", "archive", "labels", "picture", "region", "weights")
FOUND = Path(__file__).resolve().parent / "found"
ODD = (
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"-1",
    b"1e999",
    b"9" * 400,
    b"../",
    b"\x1b[2J",
    b"{" * 50,
)


def mutated(rng: np.random.Generator, corpus: list[bytes]) -> bytes:
    """Return a file of the corpus, changed in some places."""
    data = bytearray(corpus[rng.integers(len(corpus))])
    for _ in range(int(rng.integers(1, 8))):
        at = int(rng.integers(len(data) + 1))
        kind = int(rng.integers(6))
        if kind == 0 and data:
            data[at % len(data)] = int(rng.integers(256))
        elif kind == 1:
            data[at:at] = ODD[rng.integers(len(ODD))]
        elif kind == 2:
            del data[at : at + int(rng.integers(1, 64))]
        elif kind == 3:
            other = corpus[rng.integers(len(corpus))]
            start = int(rng.integers(len(other) + 1))
            data[at:at] = other[start : start + int(rng.integers(1, 64))]
        elif kind == 4:
            data[at : at + 4] = int(rng.integers(2**32)).to_bytes(4, "little")
        elif kind == 5 and rng.random() < 0.2:
            del data[at:]
    return bytes(data)


def drawn(target: Callable[[bytes], object], corpus: list[bytes], tries: float, seconds: float,
          seed: int = 0) -> int:  # fmt: skip
    """Give a target changed files; return how many.

    Raises:
        Exception: what the target may not raise.
    """
    from target import attempt

    rng, until, count = np.random.default_rng(seed), time.monotonic() + seconds, 0
    while count < tries and time.monotonic() < until:
        data = mutated(rng, corpus)
        count += 1
        try:
            attempt(target, data)
        except Exception:
            FOUND.mkdir(exist_ok=True)
            (FOUND / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
            raise
    return count


def main() -> int:
    """Fuzz."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--seconds", type=float, default=10.0, help="(%(default)g)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    args = parser.parse_args()
    try:
        import atheris
    except ImportError:
        from target import TARGETS, seeds

        target, corpus = TARGETS[args.target], seeds(args.target)
        count = drawn(target, corpus, float("inf"), args.seconds, args.seed)
        print(f"{args.target}: {count} files, nothing found")
        return 0
    with atheris.instrument_imports(include=["platewright"]):
        from target import TARGETS, attempt, seeds
    target, corpus = TARGETS[args.target], seeds(args.target)
    folder = FOUND / f"corpus-{args.target}"
    folder.mkdir(parents=True, exist_ok=True)
    for data in corpus:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    attempt(target, corpus[0])  # what is made once counts as nobody's time
    atheris.Setup(
        [sys.argv[0], str(folder), f"-max_total_time={args.seconds:.0f}", f"-seed={args.seed + 1}",
         f"-artifact_prefix={FOUND}/", "-rss_limit_mb=3000", "-timeout=20"],
        lambda data: attempt(target, data),
    )  # fmt: skip
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
