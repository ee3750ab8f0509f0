"""Engines: who does the work never changes the result."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from platewright.errors import ConfigError, EngineError
from platewright.generation.engine import Engine, choose_engine
from platewright.generation.shard import ShardJob, assemble
from platewright.output.batch import Job
from platewright.reading.folder import ReadingJob, read_photos
from platewright.reading.settings import DetectorSettings
from tests.script import PATIENCE_S, gone, wait_until

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[..., ShardJob]
Tree = Callable[[Path], dict[str, bytes]]


def square(piece: int) -> int:
    return piece * piece


def die_once(folder: str, piece: int) -> tuple[int, bool]:
    """Kill the worker that first comes to piece 3."""
    mark = Path(folder) / "died"
    if piece == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid(), mark.exists()


def die(piece: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def linger(folder: str, piece: int) -> None:
    """Leave a mark of the worker; only the first piece ever ends."""
    Path(folder, str(os.getpid())).touch()
    if piece:
        time.sleep(PATIENCE_S)


def fail(piece: int) -> None:
    raise ZeroDivisionError("a programmer's mistake")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_piece_is_done_once(workers: int) -> None:
    engine = Engine(workers=workers)
    assert sorted(engine.run(square, range(7))) == [(k, k * k) for k in range(7)]
    assert list(engine.run(square, [])) == []


def test_what_a_dead_worker_was_at_is_done_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    results = dict(Engine(workers=2).run(functools.partial(die_once, str(tmp_path)), range(6)))
    assert sorted(results) == list(range(6))
    assert os.getpid() not in {pid for pid, _ in results.values()}
    assert results[3][1]
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1 and told[0].startswith("a worker died; what it was at is done again")


def test_workers_that_keep_dying_end_the_run() -> None:
    with pytest.raises(EngineError, match=r"keep dying .* the same command goes on from here"):
        list(Engine(workers=2).run(die, range(4)))


def test_a_mistake_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError, match="a programmer's mistake"):
        list(Engine(workers=2).run(fail, range(4)))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_ending_early_ends_the_workers(tmp_path: Path) -> None:
    results = Engine(workers=2).run(functools.partial(linger, str(tmp_path)), range(40))
    next(results)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert workers and not any(map(gone, workers))
    results.close()
    wait_until(lambda: all(gone(int(path.name)) for path in tmp_path.iterdir()))


def test_what_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match="--engine dask or --engine ray"):
        Engine(address="tcp://127.0.0.1:1").check()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for kind, package in (("dask", r"dask\[distributed\]"), ("ray", "ray"), ("local", "joblib")):
        with pytest.raises(ConfigError, match=rf"--engine {kind} needs \w+: pip install"):
            choose_engine(kind, 2)
        assert package  # named once joblib is there
    assert choose_engine("local", 1) == Engine()
    assert capsys.readouterr().err == ""
    assert choose_engine(None, 2) == Engine()
    assert "without joblib only one process works" in capsys.readouterr().err


def test_a_scheduler_that_is_not_there_is_told(make_job: Make, tmp_path: Path) -> None:
    for kind, address, who in (
        ("ray", "127.0.0.1:9", "Ray"),
        ("ray", "ray://127.0.0.1:9", "Ray"),
        ("dask", "127.0.0.1:none", "Dask scheduler"),
        ("dask", "tcp://127.0.0.1:9", "Dask scheduler"),
    ):
        engine = Engine(kind=kind, address=address, workers=1)
        with pytest.raises(ConfigError, match=f"{address}: no {who} answers there"):
            list(engine.run(square, range(2)))
    how = ReadingJob(weights=ROOT / "weights.onnx", settings=DetectorSettings(), pictures=False)
    photo = Job(ROOT / "docs/street.jpg", "a.jpg", None)
    with pytest.raises(ConfigError, match="no Dask scheduler"):  # before any file is opened
        read_photos(how, [photo], engine=engine)
    with pytest.raises(ConfigError):
        assemble(make_job(tmp_path / "set"), engine)
    assert not [*(tmp_path / "set").iterdir()]  # and the command removes an empty folder


def check_reading(folder: Path, engine: Engine) -> None:
    """See that a cluster reads photos as this process does, and in their order."""
    photos = [Job(ROOT / "docs/street.jpg", f"{k}.jpg", None) for k in range(3)]
    photos.insert(1, Job(folder / "nowhere.jpg", "nowhere.jpg", None))
    photos[2] = Job(photos[2].photo, "drawn.jpg", folder / "drawn.jpg")
    how = ReadingJob(weights=ROOT / "weights.onnx", settings=DetectorSettings(), pictures=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("platewright.reading.folder.SHARD", 1)
        there = list(read_photos(how, photos, engine=engine))
    assert (folder / "drawn.jpg").is_file()
    (folder / "drawn.jpg").unlink()
    for one, here in zip(there, read_photos(how, photos), strict=True):
        assert (one.job, one.error, one.image) == (here.job, here.error, None)
        if one.photo is not None and here.photo is not None:
            assert one.photo.as_dict() | {"ms": 0} == here.photo.as_dict() | {"ms": 0}
    assert [one.photo is None for one in there] == [False, True, False, False]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Dask cluster of two worker processes of its own, as on other machines."""
    folder = tmp_path_factory.mktemp("dask")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    commands = [["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]]
    commands += [["worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]] * 2
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--scheduler-file", str(told)],
            env=environment,
            **quiet,
        )
        for command in commands
    ]
    try:
        import json

        wait_until(lambda: told.exists() and told.stat().st_size, running[0])
        address = json.loads(told.read_text())["address"]
        from distributed import Client

        with Client(address, timeout=PATIENCE_S) as client:
            client.wait_for_workers(2, timeout=PATIENCE_S)
        yield address
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_dask_cluster_writes_the_same_bytes(
    tmp_path: Path,
    make_job: Make,
    tree_of: Tree,
    scheduler: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platewright.generation.engine.CONNECT_S", PATIENCE_S)
    engine = Engine(kind="dask", address=scheduler)
    said = assemble(make_job(tmp_path / "dask", formats=("windows", "lmdb")), engine)
    assert "10 pictures as windows, lmdb in 3 shards" in said
    assemble(make_job(tmp_path / "here", formats=("windows", "lmdb")), Engine())
    assert tree_of(tmp_path / "dask") == tree_of(tmp_path / "here")
    check_reading(tmp_path, engine)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_ray_writes_the_same_bytes_and_survives_a_death(
    tmp_path: Path, make_job: Make, tree_of: Tree, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = Engine(kind="ray", workers=2)
    assemble(make_job(tmp_path / "ray"), engine)
    assemble(make_job(tmp_path / "here"), Engine())
    assert tree_of(tmp_path / "ray") == tree_of(tmp_path / "here")
    check_reading(tmp_path, engine)
    results = dict(engine.run(functools.partial(die_once, str(tmp_path)), range(6)))
    assert sorted(results) == list(range(6))
    assert "a worker died" in capfd.readouterr().err
