"""What networks consist of and what they cost, layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from platewright.network.kind import build, joined
from platewright.network.part import ScanSettings
from platewright.network.weights import AnySettings


@dataclass(frozen=True)
class LayerRow:
    """One layer."""

    network: str  #: that it belongs to: the part's task, or the name
    name: str  #: its name
    kind: str  #: its class
    shape: tuple[int, ...]  #: of its output, without the batch
    parameters: int  #: how many numbers it has learned or keeps
    macs: int  #: multiply-accumulates for one window


def layer_rows(settings: AnySettings) -> list[LayerRow]:
    """Return the layers with weights, network by network, in order.

    Raises:
        ConfigError: if there is no such network, or Keras is not installed.
    """
    return [
        row
        for name, part in settings.parts.items()
        for row in _rows(name, build(joined([part])).teach, part)
    ]


def _rows(network: str, model: Any, settings: Any) -> list[LayerRow]:
    """Return one model's rows; an input of any size is taken to be of the scan's window."""
    import keras

    layers = [layer for layer in model.layers if layer.weights]
    probe = keras.Model(model.inputs, {layer.name: _first(layer.output) for layer in layers})
    given = [
        keras.KerasTensor((1, *_size(x, settings), *x.shape[3:]), x.dtype) for x in model.inputs
    ]
    shapes = probe.compute_output_spec(given)
    rows = []
    for layer in layers:
        shape = tuple(int(v) for v in shapes[layer.name].shape[1:])
        macs = _macs(layer, shape, settings)
        kind = type(layer).__name__
        rows.append(LayerRow(network, layer.name, kind, shape, layer.count_params(), macs))
    return rows


def _size(x: Any, settings: Any) -> tuple[int, ...]:
    return settings.grid.window if isinstance(settings, ScanSettings) else tuple(x.shape[1:3])


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, list | tuple) else output


def _macs(layer: Any, shape: tuple[int, ...], settings: Any) -> int:
    """Count multiply-accumulates: one per weight and output cell, and so on.

    A decoder takes `slots + 1` steps.
    """
    kind = type(layer).__name__
    if kind in ("Conv2D", "Dense"):
        return int(np.prod(layer.kernel.shape)) * int(np.prod(shape[:-1]))
    if kind == "Attention":
        cells, width = shape[0] * shape[1], shape[2]
        return cells * 8 * width * width + 2 * cells * cells * width
    if kind == "LinePool":
        return (2 + 2 * int(layer.reach)) * int(layer.lines) * int(np.prod(layer.input.shape[1:]))
    if kind == "Bidirectional":
        kernels = [w for w in layer.weights if "kernel" in w.path]
        return int(shape[0]) * sum(int(np.prod(w.shape)) for w in kernels)
    if kind == "Decoder":
        cells, width = (int(v) for v in layer.input[0].shape[1:])
        once = sum(int(np.prod(w.shape)) for w in layer.weights if "embed" not in w.path)
        return cells * width * int(layer.units) + (int(settings.slots) + 1) * (
            once + cells * (int(layer.units) + width)
        )
    return 0


def scan_macs(settings: ScanSettings, height: int, width: int) -> int:
    """Return the multiply-accumulates of the scan over one picture.

    Args:
        height: of the picture, pixels.
        width: of the picture, pixels.
    """
    total, before = 0, 1
    for tall, wide, stride, channels in settings.layers:
        height, width = (height - tall) // stride + 1, (width - wide) // stride + 1
        if height < 1 or width < 1:
            return total
        total += tall * wide * before * channels * height * width
        before = channels
    return total + height * width * settings.head * (before + 9)


def photo_macs(settings: ScanSettings, size: tuple[int, int], factors: Sequence[float]) -> int:
    """Return the multiply-accumulates of the scan over a whole photo.

    Args:
        size: (height, width) of the photo.
        factors: sizes of the levels over the photo's.
    """
    grid = settings.grid
    pads = [round(w * (1 - settings.extent[0])) for w in grid.window]
    return sum(
        scan_macs(
            settings,
            max(round(size[0] * f) + pads[0], grid.window[0]),
            max(round(size[1] * f) + pads[1], grid.window[1]),
        )
        for f in factors
    )


def draw_plot(rows: Sequence[LayerRow], path: Path) -> None:
    """Draw each network's layers as a column of boxes, as wide as they have channels.

    Raises:
        OutputError: if it can't be written.
    """
    from PIL import Image, ImageDraw, ImageFont

    from platewright.image import save_image

    shown = [r for r in rows if r.kind != "BatchNormalization"]
    columns = {row.network: [r for r in shown if r.network == row.network] for row in rows}
    tall, wide, pad = 34, 620, 24
    height = pad * 3 + tall * max(len(c) for c in columns.values())
    picture = Image.new("RGB", (len(columns) * wide + pad, height), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=14)
    most = max(r.shape[-1] for r in shown)
    for k, (title, column) in enumerate(columns.items()):
        x = pad + k * wide
        pen.text((x, pad // 2), title, fill=(20, 20, 20), font=font)
        for i, row in enumerate(column):
            y = pad * 2 + i * tall
            part = 60 + 190 * row.shape[-1] / most
            colour = {"Conv2D": (190, 214, 240), "Attention": (244, 205, 170)}.get(
                row.kind, (216, 226, 204)
            )
            pen.rounded_rectangle(
                (x, y, x + part, y + tall - 8), 5, fill=colour, outline=(90, 90, 90)
            )
            pen.text((x + 6, y + 4), row.kind, fill=(20, 20, 20), font=font)
            shape = " x ".join(str(v) for v in row.shape)
            note = f"{row.name}   {shape}   {row.macs / 1e6:.2f} MMAC"
            pen.text((x + 262, y + 4), note, fill=(60, 60, 60), font=font)
    save_image(path, np.asarray(picture, np.uint8))
