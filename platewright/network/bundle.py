"""Builds the networks of a weights file as one Keras model."""

from __future__ import annotations

import keras

from platewright.network.frame import build_frame
from platewright.network.line import build_line
from platewright.network.origin import build_origin
from platewright.network.scan import build_scan
from platewright.network.settings import BundleSettings

__all__ = ["build_bundle"]

BUILD = {"scan": build_scan, "frame": build_frame, "line": build_line, "origin": build_origin}


def build_bundle(settings: BundleSettings) -> keras.Model:
    """Build the networks with fresh weights; inputs and outputs as their own files say."""
    inputs, outputs = {}, {}
    for name in settings.names:
        own_inputs, own_outputs = BUILD[name](getattr(settings, name))
        inputs |= own_inputs
        outputs |= own_outputs
    return keras.Model(inputs, outputs, name="_".join(settings.names))
