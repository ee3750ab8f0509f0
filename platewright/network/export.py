"""Writes the `.onnx` file of a weights file of several networks."""

from __future__ import annotations

import sys
from pathlib import Path

from platewright.file import file_digest
from platewright.network.bundle import build_bundle
from platewright.network.settings import BundleSettings
from platewright.recognizer.export import example, write_model
from platewright.recognizer.weights import load_file, set_arrays

__all__ = ["export_bundle"]


def export_bundle(weights: Path, path: Path) -> None:
    """Export a weights file.

    Args:
        weights: the `.npz`.
        path: the `.onnx`.

    Raises:
        WeightsError: if the weights can't be used.
        OutputError: if the export can't be written.
    """
    arrays, text, _ = load_file(weights)
    settings = BundleSettings.from_json(text, str(weights))
    model = build_bundle(settings)
    set_arrays(model, arrays, str(weights))
    sizes = {"image": settings.scan.grid.window} if settings.scan else {}
    inputs = {
        x.name: example((1, *sizes.get(x.name, x.shape[1:3]), x.shape[3])) for x in model.inputs
    }
    write_model(model, inputs, settings.to_json(), path, file_digest(weights))


if __name__ == "__main__":
    export_bundle(Path(sys.argv[1]), Path(sys.argv[2]))
