"""Readies what all tests need: Ctrl-C, and Django before pytest imports anything of the page."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile


def prepare() -> None:
    """Point the web page to an empty folder; where Django is not installed, nothing is done."""
    try:
        import django
    except ImportError:
        return
    folder = tempfile.mkdtemp(prefix="platewright-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("PLATEWRIGHT_")]:
        del os.environ[name]
    os.environ["PLATEWRIGHT_DATA"] = folder
    os.environ["PLATEWRIGHT_TOKEN"] = "a-token-that-is-used-by-the-tests-alone"
    os.environ["DJANGO_SETTINGS_MODULE"] = "platewright.web.settings"
    django.setup()


# A shell's background job ignores Ctrl-C, and so would the scripts that the tests start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Here, not in a hook: the conftest.py of folders below import the page's models.
prepare()
