"""Keras and its back end, loaded without what TensorFlow's libraries say of themselves."""

from __future__ import annotations

import importlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

SILENT = "3"
"""TensorFlow's level for fatal errors alone."""
CHATTER = re.compile(
    rb"WARNING: All log messages before absl::|[IWE]\d{4} \d\d:\d\d:\d+\.|"
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] |To enable the following instructions: "
)
"""How lines begin that TensorFlow's libraries print before anybody can tell them not to."""


def load_keras() -> None:
    """Import Keras with its back end, once; before anything else does.

    TensorFlow logs nothing below fatal errors unless `TF_CPP_MIN_LOG_LEVEL` is set; where somebody
    has set it to less than 3, all is shown. oneDNN is TensorFlow's choice on the newest processors
    alone, and pays on the others as well.

    Raises:
        ImportError: if Keras, or its back end, is not installed.
    """
    if "keras" in sys.modules:
        return
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

    silent = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", SILENT) == SILENT
    with _sifted() if silent else nullcontext():
        importlib.import_module("keras")


@contextmanager
def _sifted() -> Iterator[None]:
    """Hold back what is written to stderr, also by libraries; then pass on what is no chatter."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError):  # a process without stderr
        yield
        return
    with tempfile.TemporaryFile() as held:
        try:
            os.dup2(held.fileno(), 2)
            yield
        finally:
            with suppress(OSError, AttributeError):
                sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held:
                if not CHATTER.match(line):
                    os.write(2, line)
