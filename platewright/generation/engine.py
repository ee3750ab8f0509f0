"""Runs pieces of work on this machine's processes or on a cluster's: joblib with Dask or Ray."""

import contextlib
import importlib
import importlib.util
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from platewright import __version__
from platewright.errors import ConfigError, EngineError
from platewright.pool import end_with, uninterrupted

Backend = tuple[str, int, tuple[type[Exception], ...]]
"""Joblib's name of it, how many pieces it does at once, and what is raised when a worker dies."""

LOKY = "loky"
PLAIN_SCHEMES = ("", "tcp", "tls", "ray")  #: Of addresses that a connection can be tried at
CONNECT_S = 10  #: So long a cluster may take to answer
LOST = (
    "the cluster was lost; what is whole is kept, and the same command goes on from there (detect: "
    "with --resume)"
)


@contextlib.contextmanager
def start_backend(kind: str, workers: int, address: str) -> Iterator[Backend]:
    """Start or join what does the work, and end it or leave it afterwards.

    Args:
        kind: `local`, `dask` or `ray`.
        workers: processes to start, where none are there already.
        address: of a cluster; empty: one is started here.

    Raises:
        ConfigError: if the cluster can't be reached.
        EngineError: if its workers can't do the work.
    """
    if why := _silence(address):
        who = "Dask scheduler" if kind == "dask" else "Ray"
        raise ConfigError(f"--address {address}: no {who} answers there ({why})")
    start = {"local": _local, "dask": _dask, "ray": _ray}[kind]
    with start(workers, address) as backend:
        yield backend


def _silence(address: str) -> str:
    """Return why nobody listens at an address; empty where somebody does, or it names no port.

    Ray tries for minutes.
    """
    try:
        told = urlsplit(address if "://" in address else f"//{address}")
        if told.scheme not in PLAIN_SCHEMES or not told.hostname or told.port is None:
            return ""
        socket.create_connection((told.hostname, told.port), CONNECT_S).close()
    except (OSError, ValueError) as error:
        return str(error)
    return ""


@contextlib.contextmanager
def _local(workers: int, address: str) -> Iterator[Backend]:
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        yield LOKY, workers, (BrokenProcessPool,)
    finally:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextlib.contextmanager
def _dask(workers: int, address: str) -> Iterator[Backend]:
    distributed: Any = importlib.import_module("distributed")
    lost = (distributed.client.FutureCancelledError, distributed.comm.CommClosedError)
    with contextlib.ExitStack() as stack:
        # It logs lost connections with tracebacks; what they mean for the work is told by us.
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.ERROR)
        try:
            if address:
                client = stack.enter_context(distributed.Client(address, timeout=CONNECT_S))
            else:
                with uninterrupted():
                    cluster = distributed.LocalCluster(
                        n_workers=workers, threads_per_worker=1, dashboard_address=None,
                        silence_logs=logging.CRITICAL,
                    )  # fmt: skip
                stack.enter_context(cluster)
                client = stack.enter_context(distributed.Client(cluster))
        except (OSError, ValueError) as error:  # its time-out is an OSError
            raise ConfigError(
                f"--address {address}: no Dask scheduler answers there ({error})"
            ) from None
        jobs = sum(client.nthreads().values())
        if not jobs:
            raise ConfigError(f"--address {address}: this Dask cluster has no workers")
        _check_versions(client.run(_version, on_error="return"))
        _tell_where(jobs)
        try:
            yield "dask", jobs, (distributed.KilledWorker,)
        except lost:
            raise EngineError(LOST) from None


def _tell_where(jobs: int) -> None:
    """Say so where joblib sends nothing away, which it does only for two pieces at once or more."""
    if jobs == 1:
        print("this cluster has one core: the work is done here instead", file=sys.stderr)


def _version() -> str:
    """Return this package's version; called in a cluster's workers."""
    return __version__


def _check_versions(found: Mapping[str, Any]) -> None:
    """See whether a cluster's workers have this package; tasks that they can't load would hang.

    Args:
        found: each worker's version, or the error in finding it.
    """
    for worker, version in found.items():
        if version != __version__:
            has = f"has platewright {version}" if isinstance(version, str) else "has no platewright"
            raise EngineError(f"the worker {worker} {has}: install {__version__} on all workers")


@contextlib.contextmanager
def _ray(workers: int, address: str) -> Iterator[Backend]:
    ray: Any = importlib.import_module("ray")
    from joblib import register_parallel_backend
    from ray.util.joblib.ray_backend import RayBackend

    class Streaming(RayBackend):  # type: ignore[misc]
        """Ray's back end with results as they come.

        Ray's pool calls back when a result is there. The back end inherits from joblib's for
        `multiprocessing`, whose pool may hang on early ends, and so does not say that it can.
        """

        supports_return_generator = True

    try:
        ray.init(
            address=address or None,
            num_cpus=None if address else workers,
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level="ERROR",
        )
    except Exception as error:  # of a node that does not start, no kind of its own
        why = " ".join(str(error).split())[:200]
        if not address:
            raise EngineError(f"Ray does not start on this machine ({why})") from None
        raise ConfigError(
            f"--address {address}: no Ray answers there ({why}); one that asks for a token, as "
            "clusters do by now, wants RAY_AUTH_MODE=token and its token here"
        ) from None
    try:
        register_parallel_backend("platewright-ray", Streaming)
        jobs = int(ray.cluster_resources().get("CPU", 1))
        _tell_where(jobs)
        yield "platewright-ray", jobs, (ray.exceptions.RayActorError,)
    except ray.exceptions.RayError:
        raise EngineError(LOST) from None
    finally:
        ray.shutdown()


Piece = TypeVar("Piece", bound=Hashable)
Result = TypeVar("Result")

ENGINES = ("local", "dask", "ray")
NEEDS = {
    "local": {"joblib": "joblib"},
    "dask": {"joblib": "joblib", "dask": "dask[distributed]", "distributed": "dask[distributed]"},
    "ray": {"joblib": "joblib", "ray": "ray"},
}
PATIENCE = 3  #: So many times in a row may workers die without a piece getting done


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Where work is done."""

    kind: str = "local"  #: one of `ENGINES`
    workers: int = 1  #: processes to start; of a cluster that is there already, all it has
    address: str = ""  #: of the cluster's scheduler; empty: start one here

    def check(self) -> None:
        """See whether it can be used at all.

        Raises:
            ConfigError: if a package is missing, or an address makes no sense.
        """
        if self.address and self.kind == "local":
            raise ConfigError("--address is of a cluster: add --engine dask or --engine ray")
        for module, package in self.missing():
            hint = " (or --workers 1)" if self.kind == "local" else ""
            raise ConfigError(f"--engine {self.kind} needs {module}: pip install {package}{hint}")

    def run(
        self, function: Callable[[Piece], Result], pieces: Iterable[Piece]
    ) -> Generator[tuple[Piece, Result], None, None]:
        """Call a function on every piece and yield (piece, result) as they get done.

        Workers that die cost what they were at, which is done again by others. Close the iterator
        to end early.

        Args:
            function: picklable; what it raises ends the run.
            pieces: numbers or what else can be pickled, each once.

        Raises:
            ConfigError: if the cluster can't be reached.
            EngineError: if workers keep dying, or can't run the function.
        """
        todo = list(dict.fromkeys(pieces))
        if not todo:
            return
        if self._inline:
            yield from ((piece, function(piece)) for piece in todo)
            return
        self.check()
        with start_backend(self.kind, self.workers, self.address) as (backend, jobs, deaths):
            fruitless = 0
            while todo:
                before = len(todo)
                results = _parallel(function, todo, backend, jobs)
                try:
                    for piece, result in results:
                        todo = [p for p in todo if p != piece]
                        yield piece, result
                except deaths as error:
                    fruitless = fruitless + 1 if len(todo) == before else 0
                    if fruitless >= PATIENCE:
                        raise EngineError(
                            f"workers keep dying ({type(error).__name__}), perhaps for want of "
                            "memory: try fewer --workers; the same command goes on from here "
                            "(detect: with --resume)"
                        ) from None
                    print(
                        f"\na worker died; what it was at is done again ({len(todo)} shards left)",
                        file=sys.stderr,
                    )
                except ModuleNotFoundError as error:
                    raise EngineError(
                        f"the workers can't import {error.name}: install this package there"
                    ) from None
                finally:
                    results.close()

    def missing(self) -> Iterator[tuple[str, str]]:
        """Yield (module, package) of what isn't installed."""
        for module, package in () if self._inline else NEEDS[self.kind].items():
            if importlib.util.find_spec(module) is None:
                yield module, package

    @property
    def _inline(self) -> bool:
        return self.kind == "local" and self.workers == 1


def choose_engine(kind: str | None, workers: int, address: str = "") -> Engine:
    """Return the engine of a command line, checked.

    Args:
        kind: None where none is named: this machine's processes, or only this one, with a note,
            where joblib isn't installed.

    Raises:
        ConfigError: see `Engine.check`.
    """
    engine = Engine(kind=kind or "local", workers=workers, address=address)
    if kind is None and any(engine.missing()):
        print("without joblib only one process works (pip install joblib)", file=sys.stderr)
        engine = Engine()
    engine.check()
    return engine


def _parallel(
    function: Callable[[Piece], Result], pieces: list[Piece], backend: str, jobs: int
) -> Generator[tuple[Piece, Result], None, None]:
    """Yield (piece, result) out of order, with few more pieces handed out than are worked on."""
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend=backend, n_jobs=jobs):
        parallel = Parallel(
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch="n_jobs + 2",
            max_nbytes=None,
        )
        with uninterrupted() if backend == LOKY else contextlib.nullcontext():
            results: Any = parallel(
                delayed(_call)(function, piece, os.getpid()) for piece in pieces
            )
        try:
            for result in results:  # noqa: UP028 - it is closed below, where nothing is said
                yield result
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib remarks that not all was done
                results.close()


def _call(
    function: Callable[[Piece], Result], piece: Piece, started_by: int
) -> tuple[Piece, Result]:
    """Do one piece in a worker, which leaves it to the main process to end early."""
    own = os.getpid() != started_by
    if own and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.getppid() == started_by:  # a cluster's workers have other parents
        end_with(started_by)
    return piece, function(piece)
