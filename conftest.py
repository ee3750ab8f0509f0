"""Readies Django before pytest imports anything of the web page: with a folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
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


# Here, not in a hook: the conftest.py of folders below import the page's models.
prepare()
