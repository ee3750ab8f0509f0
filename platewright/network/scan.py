"""The scan: a few wide convolutions that slide over a photo and say where a plate may be."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from platewright.network.settings import ScanSettings

__all__ = ["build_scan"]


def build_scan(settings: ScanSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build it with fresh weights.

    VALID padding, so that a cell of the output sees exactly its window and the slid output equals
    the cropped window's.

    Returns:
        Inputs `image` (B, H, W, 1), grey levels in 0-1, not under the window; and outputs
        `scan_presence` (B, h, w, 1) logits and `scan_corners` (B, h, w, 8), offsets from the
        cell's window centre in half windows (x, y of four corners).
    """
    image = keras.Input((None, None, 1), name="image")

    def conv(x: Any, step: int) -> Any:
        kernel, stride, channels = settings.chain[step]
        x = layers.Conv2D(channels, kernel, stride, use_bias=False, name=f"scan_conv{step}")(x)
        return layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=f"scan_norm{step}")(x)

    x = ops.relu(conv(image, 0))
    x = ops.relu(conv(x, 1))
    y = conv(ops.relu(conv(x, 2)), 3)
    x = ops.relu(layers.Cropping2D((2, 2), name="scan_crop2")(x) + y)
    y = conv(ops.relu(conv(x, 4)), 5)
    x = ops.relu(layers.Cropping2D((0, 2), name="scan_crop4")(x) + y)
    x = layers.Conv2D(settings.channels[1], 1, activation="relu", name="scan_mix")(x)
    rare = keras.initializers.Constant(-4.0)
    presence = layers.Conv2D(1, 1, bias_initializer=rare, name="scan_presence")(x)
    corners = layers.Conv2D(8, 1, name="scan_corners")(x)
    return {"image": image}, {"scan_presence": presence, "scan_corners": corners}
