"""Writes a reader's `.onnx` file: python -m platewright.reader.export weights.npz weights.onnx."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from platewright.file import file_digest, write_file
from platewright.reader.graph import add_tail
from platewright.reader.weights import load_networks
from platewright.recognizer.export import example, write_model

__all__ = ["export_reader"]


def export_reader(weights: Path, path: Path) -> None:
    """Export a reader's weights file, with its settings in the metadata.

    Args:
        weights: the `.npz`.
        path: the `.onnx`.

    Raises:
        WeightsError: if the weights can't be used, or the back end isn't TensorFlow.
        OutputError: if the export can't be written.
    """
    import onnx

    networks, settings = load_networks(weights)
    model = networks.run if networks.head is None else networks.head
    inputs = {x.name: example((1, *x.shape[1:]), x.dtype) for x in model.inputs}
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.onnx"
        write_model(model, inputs, settings.to_json(), part, file_digest(weights))
        proto = onnx.load(str(part))
    if networks.tail:
        add_tail(proto, networks.tail, "steps", networks.tail_output)
    onnx.checker.check_model(proto)
    write_file(path, proto.SerializeToString())


if __name__ == "__main__":
    export_reader(Path(sys.argv[1]), Path(sys.argv[2]))
