"""Readies what all tests need: bytecode, threads, memory, Ctrl-C, and Django before all imports."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip


PACKAGE = Path(__file__).resolve().parent / "platewright"


def keep_bytecode() -> None:
    """Let Python keep what it compiles: each process that tests start would compile it anew."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def share_cores() -> None:
    """Give each of pytest-xdist's workers, and what it starts, its part of the cores alone."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        share = max((os.cpu_count() or 1) // workers, 1)
        for name in THREADS:
            os.environ.setdefault(name, str(share))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Pass over the modules of the package that have no doctest: looking for none takes seconds."""
    if collection_path.suffix != ".py" or PACKAGE not in collection_path.parents:
        return None
    return ">>>" not in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_finish() -> None:
    """Let the garbage collector look at what tests make alone: modules and tests stay anyway."""
    gc.freeze()
    gc.enable()


def prepare() -> None:
    """Point the cache and, where Django is installed, the web page to an empty folder."""
    folder = tempfile.mkdtemp(prefix="platewright-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("PLATEWRIGHT_")]:
        del os.environ[name]
    os.environ["PLATEWRIGHT_CACHE"] = f"{folder}/cache"
    try:
        import django
    except ImportError:
        return
    os.environ["PLATEWRIGHT_DATA"] = folder
    os.environ["PLATEWRIGHT_REQUEST_S"] = "600"  # a machine may be busy
    os.environ["PLATEWRIGHT_READERS"] = "0"  # this process reads: none is started for each test
    os.environ["PLATEWRIGHT_TOKEN"] = "a-token-that-is-used-by-the-tests-alone"
    os.environ["DJANGO_SETTINGS_MODULE"] = "platewright.web.settings"
    django.setup()
    from django.conf import settings

    # A good one takes half a second an account and a log-in; servers that tests start have it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


# A shell's background job ignores Ctrl-C, and so would the scripts that the tests start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
gc.disable()  # the modules and tests, a million objects, were gone through again and again
keep_bytecode()
# Here, not in a hook: numpy and TensorFlow look once, when they are imported.
share_cores()
# The same: the conftest.py of folders below import the page's models.
prepare()
