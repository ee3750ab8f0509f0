"""Which window of a picture each output cell looks at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platewright.geometry import Box

__all__ = ["Grid", "receptive_field"]


def receptive_field(layers: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return (receptive field, stride) along one axis of a chain of VALID convolutions.

    Args:
        layers: (kernel, stride) of each, input side first.

    >>> receptive_field([(3, 2), (3, 2), (3, 1)])
    (15, 4)
    """
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field, jump


@dataclass(frozen=True)
class Grid:
    """A window slid in even steps.

    Attributes:
        window: (height, width) in network-input pixels.
        stride: (down, right) in network-input pixels.
    """

    window: tuple[int, int]
    stride: tuple[int, int]

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """Return (rows, cols) of the output for an input; 0 where the window does not fit.

        >>> Grid((64, 128), (8, 8)).shape(64, 144)
        (1, 3)
        """
        return (
            max((height - self.window[0]) // self.stride[0] + 1, 0),
            max((width - self.window[1]) // self.stride[1] + 1, 0),
        )

    def box(self, row: int, col: int, *, scale: float = 1.0) -> Box:
        """Return the box of the photo that one output cell looks at.

        Args:
            row: cell row in the output map, from 0.
            col: cell column in the output map, from 0.
            scale: photo pixels per network-input pixel (2.0: the photo was halved).

        Returns:
            (x0, y0, x1, y1) in photo pixels, half-open.

        Raises:
            ValueError: if `scale` is not positive.

        >>> Grid(window=(64, 128), stride=(8, 8)).box(1, 2, scale=2.0)
        (32.0, 16.0, 288.0, 144.0)
        """
        if scale <= 0:
            raise ValueError(f"scale must be positive, not {scale}")
        top, left = row * self.stride[0], col * self.stride[1]
        return (
            left * scale,
            top * scale,
            (left + self.window[1]) * scale,
            (top + self.window[0]) * scale,
        )
