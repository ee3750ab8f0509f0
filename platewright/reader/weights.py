"""A reader's weights file, as the default network's: arrays, settings and alphabet, no pickles."""

from __future__ import annotations

from pathlib import Path

from platewright.reader.kind import Networks, build
from platewright.reader.settings import ReaderSettings
from platewright.recognizer.weights import load_file, set_arrays

__all__ = ["load_networks"]


def load_networks(path: Path) -> tuple[Networks, ReaderSettings]:
    """Build the networks of an `.npz` with its weights.

    Args:
        path: the file.

    Raises:
        WeightsError: if the file is missing, damaged or of another network.
        ConfigError: if Keras is not installed.
    """
    arrays, text, _ = load_file(path)
    settings = ReaderSettings.from_json(text, str(path))
    networks = build(settings)
    set_arrays(networks.teach, arrays, str(path))
    return networks, settings
