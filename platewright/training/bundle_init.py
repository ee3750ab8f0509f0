"""Weights to begin with: those of the same networks, or the trunk of the first edition's reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.network.settings import BundleSettings
from platewright.recognizer.weights import load_file

__all__ = ["initial"]

Arrays = dict[str, NDArray[np.float32]]


def initial(fresh: Arrays, path: Path, network: BundleSettings) -> Arrays:
    """Return a network's weights with all that a file has for it.

    Args:
        fresh: the network's own, by path; what the file lacks stays as it is.
        path: a weights file; `read_*` of the first edition becomes `line_*`.
        network: of the fresh weights.
    """
    found, _, _ = load_file(path)
    out = dict(fresh)
    for name, value in found.items():
        wanted = name.replace("read_", "line_")
        if wanted in out and out[wanted].shape == value.shape:
            out[wanted] = value
    if network.line and "read_characters/kernel" in found:
        # A step says at first what the cells of its column say; blank is none.
        order = [len(network.line.characters), *range(len(network.line.characters))]
        kernel = found["read_characters/kernel"][..., order]
        bias = found["read_characters/bias"][order]
        width = network.line.width
        if width == kernel.shape[2]:
            out["line_steps/kernel"][..., :-1] = kernel
            out["line_steps/bias"][:-1] = bias
    return out
