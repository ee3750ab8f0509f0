"""A data set from its shards: hands them out, keeps the books, and writes what there is one of."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from platewright import __version__
from platewright.dataset.drawing import claim_folder
from platewright.dataset.engine import Engine
from platewright.dataset.format import load_format
from platewright.dataset.ledger import Ledger
from platewright.dataset.progress import Progress
from platewright.dataset.shard import ShardDone, ShardJob, draw_shard, format_folder
from platewright.dataset.store import is_url, local_path, open_store, tree
from platewright.errors import ConfigError, OutputError
from platewright.region import REGIONS, region_codes

__all__ = ["assemble", "job_settings"]


def assemble(job: ShardJob, engine: Engine, *, force: bool = False) -> str:
    """Draw a data set, or what is missing of it.

    Shards that are there stay; so do those that get done before an error or Ctrl-C.

    Args:
        job: what to draw, and where it goes.
        engine: what draws it.
        force: begin anew, whatever is there.

    Returns:
        What was done, in one line.

    Raises:
        ConfigError: if a format is unknown, or the engine can't be used.
        OutputError: if the output holds another data set, or can't be written.
        EngineError: if workers keep dying.
    """
    engine.check()
    if not is_url(job.out):
        job = dataclasses.replace(job, out=str(local_path(job.out)))
        if force:
            claim_folder(Path(job.out), force=True)
    formats = {name: load_format(name) for name in job.formats}
    store = open_store(job.out)
    ledger = Ledger(store, job.out)
    ledger.claim(job_settings(job), force=force)
    there = ledger.shards() & set(range(job.num_shards))
    if ledger.ended and len(there) == job.num_shards:
        return f"{job.out}: all {job.count} pictures are there already"
    missing = [shard for shard in range(job.num_shards) if shard not in there]
    progress = Progress(job.count, sum(len(job.indices(shard)) for shard in there))
    results = engine.run(functools.partial(draw_shard, job), missing)
    num_done = len(there)
    try:
        for _, done in results:
            if done.error:
                raise _error(done)
            num_done += 1
            progress.add(done.samples, f"  {num_done} of {job.num_shards} shards")
        rate = progress.rate
    finally:
        results.close()
        progress.end()
        store.sweep()
    with store.staging("end") as folder:
        for name, kind in formats.items():
            lines = ledger.lines(name, range(job.num_shards))
            kind.finish(lines, format_folder(folder, name, job.formats))
        ledger.announce(None, tree(folder))
        store.take(folder)
    ledger.mark(None, {})
    ledger.tidy()
    before = f" ({len(there)} of them were there)" if there else ""
    return (
        f"{job.out}: {job.count} pictures as {', '.join(job.formats)} in {job.num_shards} "
        f"shards{before}, {rate:.0f} a second"
    )


def _error(done: ShardDone) -> Exception:
    """Return a worker's failure as what it was."""
    kind = ConfigError if done.exit_code == ConfigError.exit_code else OutputError
    return kind(done.error)


def job_settings(job: ShardJob) -> dict[str, Any]:
    """Return all that decides about the bytes of a data set, as JSON values.

    Neither the engine nor the number of workers is among it.
    """
    drawing = job.drawing
    codes = drawing.settings.regions or region_codes()
    regions = [Path(c) if c.endswith(".toml") else REGIONS / f"{c}.toml" for c in codes]
    photos = sorted(drawing.backgrounds.glob("*.jpg")) if drawing.backgrounds else []
    return {
        "version": __version__,
        "count": job.count,
        "seed": drawing.seed,
        "scenes": drawing.scenes,
        "formats": list(job.formats),
        "shard_size": job.shard_size,
        "regions": _digest(path.read_bytes() for path in regions),
        "backgrounds": _digest(f"{p.name} {p.stat().st_size}".encode() for p in photos),
        **_flat("settings", dataclasses.asdict(drawing.settings)),
    }


def _flat(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings as one level, so that a difference can be named.

    >>> _flat("a", {"b": {"c": 1}, "d": 2})
    {'a.b.c': 1, 'a.d': 2}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}.{key}"
        found |= _flat(name, value) if isinstance(value, dict) else {name: value}
    return found


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.blake2b(digest_size=8)
    for part in parts:
        total.update(hashlib.blake2b(part, digest_size=16).digest())
    return total.hexdigest()
