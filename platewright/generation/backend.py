"""Starts or joins what joblib hands work to: this machine's processes, Dask, Ray."""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from platewright import __version__
from platewright.errors import ConfigError, EngineError
from platewright.pool import uninterrupted

__all__ = ["LOKY", "Backend", "start_backend"]

Backend = tuple[str, int, tuple[type[Exception], ...]]
"""Joblib's name of it, how many pieces it does at once, and what is raised when a worker dies."""

LOKY = "loky"
CONNECT_S = 10
"""So long a cluster may take to answer."""
LOST = "the cluster was lost; what is whole is kept, and the same command goes on from there"


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
    start = {"local": _local, "dask": _dask, "ray": _ray}[kind]
    with start(workers, address) as backend:
        yield backend


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
                        n_workers=workers, threads_per_worker=1, dashboard_address=None
                    )
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
        print("this cluster has one core: drawing here instead", file=sys.stderr)


def _version() -> str:
    """Return this package's version; called in a cluster's workers."""
    return __version__


def _check_versions(found: Mapping[str, Any]) -> None:
    """See whether a cluster's workers have this package; tasks that they can't load would hang.

    Args:
        found: each worker's version, or the error in finding it.

    Raises:
        EngineError: if one has none, or another version, which may draw other bytes.
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

    class Streaming(RayBackend):
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
    except (ConnectionError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise ConfigError(f"--address {address}: no Ray answers there ({why})") from None
    try:
        register_parallel_backend("platewright-ray", Streaming)
        jobs = int(ray.cluster_resources().get("CPU", 1))
        _tell_where(jobs)
        yield "platewright-ray", jobs, (ray.exceptions.RayActorError,)
    except ray.exceptions.RayError:
        raise EngineError(LOST) from None
    finally:
        ray.shutdown()
