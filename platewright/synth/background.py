"""Backgrounds: photos without plates, or drawn stand-ins where there are none."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from platewright.geometry import Picture


class Backgrounds:
    """A stock of pictures from which scenes take their backgrounds.

    Args:
        photos: (H, W) grey or (H, W, 3) RGB pictures, all alike; empty: some are drawn.
        grey: whether crops have one channel; must fit the photos.
        seed: of the drawn ones.
        num_drawn: how many to draw when there are no photos.
    """

    def __init__(
        self,
        photos: Sequence[Picture] = (),
        *,
        grey: bool = True,
        seed: int = 0,
        num_drawn: int = 96,
    ) -> None:
        self.grey = grey
        self.drawn = not photos
        self._halves: dict[tuple[int, int], Picture] = {}
        self.photos = list(photos)
        if self.drawn:
            self.photos = [
                draw_background(np.random.default_rng([seed, k]), (256, 256), grey=grey)
                for k in range(num_drawn)
            ]

    def crop(self, rng: np.random.Generator, size: tuple[int, int]) -> Picture:
        """Return a new (height, width) crop of some photo, mirrored and stretched a little.

        Args:
            size: (height, width) wanted; photos are scaled up where they are smaller.
        """
        height, width = size
        u, g = rng.random(6).tolist(), rng.standard_normal(2).tolist()
        which = int(u[0] * len(self.photos))
        tall, wide = self.photos[which].shape[:2]
        part = 0.3 ** (1 - u[1])
        scale = min(tall * part / height, wide * part / width)
        aspect = math.exp(0.5 * u[2] - 0.25)
        crop_h = min(max(int(height * scale), 8), tall)
        crop_w = min(max(int(width * scale * aspect), 8), wide)
        top, left = int(u[3] * (tall - crop_h + 1)), int(u[4] * (wide - crop_w + 1))
        level = 0 if crop_h < 2 * height else (1 if crop_h < 4 * height else 2)
        photo = self._level(which, level)
        box = [v >> level for v in (top, top + crop_h, left, left + crop_w)]
        crop = photo[box[0] : max(box[1], box[0] + 2), box[2] : max(box[3], box[2] + 2)]
        out = cv2.resize(crop, (width, height), interpolation=cv2.INTER_LINEAR)
        if u[5] < 0.5:
            out = cv2.flip(out, 1)
        # Saturating arithmetic of OpenCV: rounds, and stays within 0-255.
        gain, bias = math.exp(0.25 * g[0]), 18.0 * g[1]
        return np.asarray(cv2.addWeighted(out, gain, out, 0.0, bias), np.uint8)

    def _level(self, which: int, level: int) -> Picture:
        """Return a photo halved `level` times; each size is made once.

        Shrinking by a factor of up to 2 needs no average, and is ten times as fast without one.
        """
        if level == 0:
            return self.photos[which]
        found = self._halves.get((which, level))
        if found is None:
            before = self._level(which, level - 1)
            size = (max(before.shape[1] // 2, 2), max(before.shape[0] // 2, 2))
            found = np.asarray(cv2.resize(before, size, interpolation=cv2.INTER_AREA), np.uint8)
            self._halves[which, level] = found
        return found


def draw_background(
    rng: np.random.Generator, size: tuple[int, int], *, grey: bool = True
) -> Picture:
    """Draw a background: a gradient, cloudy texture, panels, lines and discs.

    Args:
        size: (height, width).
        grey: one channel instead of three.

    Returns:
        (H, W) or (H, W, 3) uint8.
    """
    height, width = size
    channels = 1 if grey else 3
    corners = rng.uniform(20, 235, (2, 2, channels)).astype(np.float32)
    image = np.asarray(
        cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )
    image = image.reshape(height, width, channels)
    for cells in (4, 16, 64):
        cloud = rng.normal(0, rng.uniform(0, 22), (cells, cells)).astype(np.float32)
        image += cv2.resize(cloud, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    canvas = np.ascontiguousarray(np.clip(image, 0, 255).astype(np.uint8))
    for _ in range(int(rng.integers(4, 26))):
        colour = tuple(float(v) for v in rng.integers(0, 256, channels))
        kind = rng.integers(4)
        centre = rng.uniform(0, [width, height])
        reach = np.exp(rng.uniform(np.log(4), np.log(width / 2)))
        if kind == 0:
            points = centre + rng.uniform(-reach, reach, (4, 2))
            hull = cv2.convexHull(points.astype(np.int32))
            cv2.fillConvexPoly(canvas, hull, colour, cv2.LINE_AA)
        elif kind == 1:
            middle = (int(centre[0]), int(centre[1]))
            axes = (int(reach / 2) + 1, int(reach * rng.uniform(0.2, 0.6)) + 1)
            thick = -1 if rng.random() < 0.6 else int(rng.integers(1, 6))
            cv2.ellipse(
                canvas, middle, axes, rng.uniform(0, 180), 0, 360, colour, thick, cv2.LINE_AA
            )
        elif kind == 2:
            end = centre + rng.uniform(-reach, reach, 2) * 2
            first, last = (int(centre[0]), int(centre[1])), (int(end[0]), int(end[1]))
            cv2.line(canvas, first, last, colour, int(rng.integers(1, 7)), cv2.LINE_AA)
        else:
            step = rng.uniform(3, 18)
            for k in range(int(rng.integers(3, 14))):
                y = int(centre[1] + k * step)
                x0, x1 = int(centre[0] - reach), int(centre[0] + reach)
                cv2.line(canvas, (x0, y), (x1, y), colour, max(int(step / 3), 1), cv2.LINE_AA)
    return canvas[..., 0] if grey else canvas
