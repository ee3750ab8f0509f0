"""What a network consists of and what it costs, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from platewright.reading.pyramid import scales
from platewright.recognizer.settings import NetworkSettings

__all__ = ["LayerRow", "describe_layers", "draw_plot", "scan_macs", "scan_photo_macs"]


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Attributes:
        name: its name.
        kind: its class.
        shape: of its output, without the batch.
        parameters: how many numbers it has learned or keeps.
        macs: multiply-accumulates for one window.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    macs: int


def describe_layers(model: Any) -> list[LayerRow]:
    """Return the layers with weights, in order.

    Args:
        model: from `build_network` with a fixed image size.
    """
    rows = []
    for layer in model.layers:
        if not layer.weights:
            continue
        shape = tuple(int(v) for v in layer.output.shape[1:])
        rows.append(
            LayerRow(
                layer.name, type(layer).__name__, shape, layer.count_params(), _macs(layer, shape)
            )
        )
    return rows


def _macs(layer: Any, shape: tuple[int, ...]) -> int:
    """Count multiply-accumulates: one per weight of a convolution and output cell, and so on."""
    kind = type(layer).__name__
    if kind == "Conv2D":
        return int(np.prod(layer.kernel.shape)) * shape[0] * shape[1]
    if kind == "Dense":
        return int(np.prod(layer.kernel.shape))
    if kind == "Attention":
        cells, width = shape[0] * shape[1], shape[2]
        return cells * 8 * width * width + 2 * cells * cells * width
    return 0


def scan_macs(settings: NetworkSettings, height: int, width: int) -> int:
    """Return the multiply-accumulates of the scan over one picture.

    Args:
        settings: of the network.
        height: of the picture, pixels.
        width: of the picture, pixels.
    """
    total, before = 0, 1
    for kernel, stride, channels in settings.scan_chain:
        height, width = (height - kernel[0]) // stride + 1, (width - kernel[1]) // stride + 1
        if height < 1 or width < 1:
            return total
        total += kernel[0] * kernel[1] * before * channels * height * width
        before = channels
    return total + height * width * before * (before + 9)


def scan_photo_macs(settings: NetworkSettings, size: tuple[int, int], min_width: float) -> int:
    """Return the multiply-accumulates of the scan over a whole photo's pyramid.

    Args:
        settings: of the network.
        size: (height, width) of the photo.
        min_width: of the smallest plate looked for, photo pixels.
    """
    grid = settings.grid
    pads = [round(w * (1 - settings.extent[0])) for w in grid.window]
    factors = scales(size, grid.window, settings.extent, min_width)
    return sum(
        scan_macs(
            settings,
            max(round(size[0] * f) + pads[0], grid.window[0]),
            max(round(size[1] * f) + pads[1], grid.window[1]),
        )
        for f in factors
    )


def draw_plot(rows: list[LayerRow], path: Path) -> None:
    """Draw the layers as two columns of boxes, as wide as they have channels.

    Args:
        rows: of `describe_layers`.
        path: the picture to write.

    Raises:
        OutputError: if it can't be written.
    """
    from PIL import Image, ImageDraw, ImageFont

    from platewright.image import save_image

    shown = [r for r in rows if r.kind != "BatchNormalization"]
    columns = [
        [r for r in shown if r.name.startswith("scan")],
        [r for r in shown if not r.name.startswith("scan")],
    ]
    tall, wide, pad = 34, 620, 24
    height = pad * 3 + tall * max(len(c) for c in columns)
    picture = Image.new("RGB", (2 * wide + pad, height), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=14)
    most = max(r.shape[-1] for r in shown)
    for k, column in enumerate(columns):
        x = pad + k * wide
        title = ("look one: scan", "look two: read")[k]
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
