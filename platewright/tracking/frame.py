"""One picture of a video, and when it was taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame"]

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """A picture of a video, unpacked when it is asked for.

    Attributes:
        number: from 0; those that are not read count too.
        time_s: seconds from the first frame.
        unpack: returns the picture.
        at: when a live one came; None in a recording.
    """

    number: int
    time_s: float
    unpack: Callable[[], Picture]
    at: datetime | None = None

    @cached_property
    def picture(self) -> Picture:
        """The picture, (H, W, 3) RGB."""
        return self.unpack()
