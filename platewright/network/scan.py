"""The scan: a few convolutions that slide over a photo and say where a plate may be."""

from typing import Any

import keras
from keras import layers, ops

from platewright.network.kind import Networks, part_recipe
from platewright.network.layers import normalized
from platewright.network.part import ScanSettings, thick, thin

BATCH = 8
RECIPES = {
    "full": part_recipe(ScanSettings(), "ours: a quarter of the size after one step", BATCH),
    "small": part_recipe(
        ScanSettings(layers=thin(16, 32), head=32), "the same with fewer channels", BATCH
    ),
    "first": part_recipe(
        ScanSettings(layers=thick(16, 32, 64), residual=(2, 5, 7), head=64, extent=(0.45, 0.68)),
        "that of the first edition: more layers of fewer channels, four times the time",
        BATCH,
    ),
}


def build(settings: ScanSettings) -> Networks:
    """Build it: grey levels `image` (B, H, W, 1) in 0-1, not under the window.

    VALID padding, so that a cell of the output sees exactly its window and the slid output equals
    the cropped window's.

    Its outputs are `scan_presence` (B, h, w, 1) logits and `scan_corners` (B, h, w, 8), offsets
    from the cell's window centre in half windows (x, y of four corners).
    """
    image = keras.Input((None, None, 1), name="image")

    def conv(x: Any, step: int) -> Any:
        *kernel, stride, channels = settings.layers[step]
        x = layers.Conv2D(channels, kernel, stride, use_bias=False, name=f"scan_conv{step}")(x)
        return normalized(x, f"scan_norm{step}")

    x, step = image, 0
    while step < len(settings.layers):
        if step in settings.residual:
            y = conv(ops.relu(conv(x, step)), step + 1)
            pair = settings.layers[step : step + 2]
            down, right = (sum(layer[axis] // 2 for layer in pair) for axis in (0, 1))
            x = layers.Cropping2D((down, right), name=f"scan_crop{step}")(x) + y
            step += 2
        else:
            x = conv(x, step)
            step += 1
        x = ops.relu(x)
    x = layers.Conv2D(settings.head, 1, activation="relu", name="scan_mix")(x)
    rare = keras.initializers.Constant(-4.0)
    presence = layers.Conv2D(1, 1, bias_initializer=rare, name="scan_presence")(x)
    corners = layers.Conv2D(8, 1, name="scan_corners")(x)
    model = keras.Model(
        {"image": image}, {"scan_presence": presence, "scan_corners": corners}, name=settings.name
    )
    return Networks(model, model)
