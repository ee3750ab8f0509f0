"""Mines hard negatives: places without a plate that a network takes for one.

Run: python -m platewright.training.mining weights.npz hard.npy

The reader is to reject what the scan finds wrongly, so that is what it has to see. Plate-free
photos and drawings are searched, never real plates. Bootstrapping of negatives: Sung and Poggio,
"Example-based learning for view-based human face detection", 1998.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray

from platewright.background.photo import background_folder, load_backgrounds
from platewright.errors import DatasetError, WeightsError, run_script
from platewright.file import claim_results, named_path, open_file, whole_file
from platewright.geometry import Picture, box_of_quad
from platewright.image import as_grey
from platewright.network.part import LineSettings, SlotSettings
from platewright.progress import track
from platewright.reading.choice import detector_of
from platewright.reading.finder import Find, sift
from platewright.reading.runtime import load_network
from platewright.reading.settings import DetectorSettings
from platewright.reading.straighten import rectify
from platewright.record import PlateRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.street.picture import draw_street

Searched = tuple[Picture, tuple[PlateRecord, ...]]

ROOM = 1.25  #: Mined windows are so many times as large as the reader's: framings are drawn within
SCENE = SceneSettings(
    size=(480, 640), plates=(0.7, 0.3), decoys=(0, 0, 0, 1, 1, 1), width_px=(40.0, 260.0)
)
LEAST = 16  #: Pixels: no mined window is smaller
STREET_SHARE = 0.1  #: Of the drawings: streets with vehicles, the rest scenes with decoys


def mine(
    find: Callable[[Picture], Sequence[Find]],
    pictures: Iterator[Searched],
    most: int,
    reader: LineSettings | SlotSettings,
) -> Iterator[Picture]:
    """Find what is taken for a plate and is none.

    Args:
        find: says what is taken for a plate in a (H, W) grey picture, the surest first.
        pictures: (H, W) grey pictures, and the plates that they do have.
        most: windows of one picture.
        reader: is to reject what is mined.

    Yields:
        Windows, `ROOM` times as large as the reader's, (h, w) grey.
    """
    size = _mined_size(reader)
    room = [((1 + 2 * part) * ROOM - 1) / 2 for part in reader.margin]
    for grey, plates in pictures:
        boxes = [box_of_quad(plate.quad) for plate in plates]
        found = 0
        for candidate in find(grey):
            x0, y0, x1, y1 = box_of_quad(candidate.quad)
            if any(x0 < b[2] and b[0] < x1 and y0 < b[3] and b[1] < y1 for b in boxes):
                continue
            try:
                yield rectify(grey, candidate.quad, size, (room[0], room[1]))[0]
            except ValueError:  # corners on a line
                continue
            found += 1
            if found == most:
                break


def save_mined(path: Path, windows: Iterable[Picture], size: tuple[int, int]) -> int:
    """Write windows of a (height, width) to a file, whole or not at all, and return how many.

    After Ctrl-C they are those that were mined so far, if there are any.

    Raises:
        OutputError: if it can't be written.
    """
    count = 0

    def head() -> None:
        stream.seek(0)
        told = {"descr": "|u1", "fortran_order": False, "shape": (count, *size)}
        write_array_header_1_0(stream, told)  # as long for any count

    with whole_file(path) as stream:
        head()
        try:
            for window in windows:
                stream.write(window.tobytes())
                count += 1
        except KeyboardInterrupt:
            if not count:
                raise
        head()
    return count


def load_hard(path: Path) -> Picture:
    """Open mined windows.

    Raises:
        DatasetError: if the file is missing or holds something else.
    """
    try:
        open_file(path).close()  # no pipe, which would be waited for
        windows: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: no mined windows ({error})") from None
    small = windows.ndim != 3 or not len(windows) or min(windows.shape[1:]) < LEAST
    if windows.dtype != np.uint8 or small:
        raise DatasetError(f"{path}: {windows.dtype} {windows.shape}, not uint8 (n, height, width)")
    return np.asarray(windows, np.uint8)


def draw_hard(rng: np.random.Generator, windows: Picture, window: tuple[int, int]) -> Picture:
    """Draw one window for the reader: a framing of a mined one, mirrored or inverted at times.

    Args:
        windows: (n, h, w) mined.
        window: (height, width) of the reader's.
    """
    mined = windows[int(rng.integers(len(windows)))]
    tall, wide = mined.shape
    part = rng.uniform(0.7, 1.0, 2)
    height, width = int(tall * part[0]), int(wide * part[1])
    top = int(rng.integers(tall - height + 1))
    left = int(rng.integers(wide - width + 1))
    framed = mined[top : top + height, left : left + width]
    if rng.random() < 0.5:
        framed = framed[:, ::-1]
    if rng.random() < 0.25:
        framed = 255 - framed
    seen = cv2.resize(np.ascontiguousarray(framed), window[::-1], interpolation=cv2.INTER_LINEAR)
    gain, shift = rng.uniform(0.6, 1.2), rng.uniform(-30, 30)
    return np.asarray(np.clip(seen * gain + shift, 0, 255), np.uint8)


def _mined_size(reader: LineSettings | SlotSettings) -> tuple[int, int]:
    height, width = reader.window
    return round(height * ROOM), round(width * ROOM)


def _searched(photos: list[Picture], seed: int) -> Iterator[Searched]:
    """Yield the photos, then drawings without end."""
    for photo in photos:
        yield as_grey(photo), ()
    backgrounds = Backgrounds(photos)
    for index in count():
        rng = np.random.default_rng([seed, index])
        if rng.random() < STREET_SHARE:
            picture, record = draw_street(rng)
            yield as_grey(picture), record.plates
        else:
            picture, record = draw_scene(rng, backgrounds, SCENE)
            yield picture, record.plates


def main() -> int:
    """Mine and write."""
    parser = argparse.ArgumentParser(
        prog="python -m platewright.training.mining",
        description="Collect what weights take for plates and what is none, for train.py --hard.",
    )
    add = parser.add_argument
    add("weights", type=named_path, metavar="WEIGHTS")
    add("out", type=named_path, metavar="OUT.npy")
    add("--bgs", type=named_path, metavar="FOLDER",
        help="plate-free photos (bgs, where it is there; none: drawn ones alone)")  # fmt: skip
    add("--count", type=int, default=16_000, metavar="N", help="windows (%(default)s)")
    add("--most", type=int, default=10, metavar="N", help="of one picture (%(default)s)")
    add("--presence", type=float, default=0.03, metavar="P",
        help="least of scan times reader, 0-1 (%(default)s)")  # fmt: skip
    add("--seed", type=int, default=0, help="of the drawings (%(default)s)")
    add("--force", action="store_true", help="replace OUT.npy")
    args = parser.parse_args()
    if args.out.suffix != ".npy":
        raise DatasetError(f"{args.out}: mined windows are an .npy file")
    if args.count < 1 or args.most < 1 or not 0 < args.presence < 1:
        raise WeightsError("--count and --most start at 1, --presence lies between 0 and 1")
    claim_results([args.weights], args.out, force=args.force)
    network = load_network(args.weights)
    settings = DetectorSettings(
        min_presence=args.presence, scan_presence=args.presence, second_look=args.presence
    )
    photos = load_backgrounds(background_folder(args.bgs))
    detector = detector_of(network, settings)
    reader = network.settings.line or network.settings.slots

    def find(grey: Picture) -> list[Find]:
        return sift(grey, detector.finder.find(grey, settings), detector.framer, settings)

    found = mine(find, _searched(photos, args.seed), args.most, reader)
    wanted = track(islice(found, args.count), args.count, unit="windows")
    print(f"{args.out}: {save_mined(args.out, wanted, _mined_size(reader)):,} windows")
    return 0


if __name__ == "__main__":
    run_script(main, "mining")
