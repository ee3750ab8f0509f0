"""How much `watch.py --redact` leaves to be seen of a video that is turned, and what looking costs.

Run: python benchmarks/hidden_video.py data/video/gb_LS15EBC.mp4 --frames 40 --degrees 0 45 90 180

A plate that is accepted in a frame counts as visible where less than half of it has changed. Each
turn is tried without the looks in other ways up, and with them. With `--mosaic 5`
each frame is 25 times in one of 3840 x 2160, in which plates are as small as those far off.
"""

import argparse
import time
from itertools import islice

import cv2
import numpy as np
from checkout import ROOT

from platewright.errors import run_script
from platewright.output.redaction import redaction_settings
from platewright.reading.choice import load_detector
from platewright.reading.settings import DetectorSettings
from platewright.tracking.redaction import TurnedLooks, hide_plates
from platewright.tracking.source import Frame, open_source

HALF = 0.5
LARGE = (3840, 2160)  #: Width and height
SMALLER = 0.75  # so that plates near the edges stay in the turned picture


def main() -> None:
    """Turn, hide, count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("video")
    parser.add_argument("--frames", type=int, default=40, metavar="N", help="the first N")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="leave others out")
    parser.add_argument(
        "--mosaic", type=int, default=1, metavar="N", help="N x N of each frame as one large one"
    )
    parser.add_argument("--degrees", type=float, nargs="+", default=[0, 45, 90, 180])
    args = parser.parse_args()
    source = open_source(args.video, fps=25.0, patience_s=1.0, report=print)
    taken = islice(source.frames(), 0, args.frames * args.every, args.every)
    pictures = [frame.picture for frame in taken]
    if args.mosaic > 1:
        size = LARGE[0] // args.mosaic, LARGE[1] // args.mosaic
        pictures = [cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in pictures]
    usual = load_detector(ROOT / "weights.onnx", DetectorSettings(), reader="")
    plates = [[r.quad for r in usual.read(p) if r.accepted] for p in pictures]
    height, width = pictures[0].shape[:2]
    copies = [np.array([width * x, height * y]) for y, x in np.ndindex(args.mosaic, args.mosaic)]
    plates = [[quad + copy for copy in copies for quad in quads] for quads in plates]
    pictures = [np.tile(picture, (args.mosaic, args.mosaic, 1)) for picture in pictures]
    detector = load_detector(
        ROOT / "weights.onnx", DetectorSettings(**redaction_settings()), reader="window"
    )
    height, width = pictures[0].shape[:2]
    for degrees in args.degrees:
        scale = SMALLER if degrees else 1.0
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
        turned = [
            np.asarray(cv2.warpAffine(p, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))
            for p in pictures
        ]
        for looks in (None, TurnedLooks(detector)):
            frames = [Frame(k, k / 25, lambda p=p: p) for k, p in enumerate(turned)]
            out: list[np.ndarray] = []
            start = time.process_time()
            hide_plates(frames, detector.read, lambda p, _, out=out: out.append(p), turned=looks)
            seconds = (time.process_time() - start) / len(frames)
            visible = 0
            for before, after, quads in zip(turned, out, plates, strict=True):
                changed = (before != after).any(axis=2)
                for quad in quads:
                    corners = np.rint(quad @ turn[:, :2].T + turn[:, 2]).astype(np.int32)
                    inside = cv2.fillPoly(np.zeros(changed.shape, np.uint8), [corners], 1) > 0
                    visible += bool(changed[inside].mean() < HALF)
            painted = np.mean(
                [(a != b).any(axis=2).mean() for a, b in zip(turned, out, strict=True)]
            )
            ways = "in all ways up" if looks else "upright alone"
            count = f"{visible} of {sum(map(len, plates))} visible, {painted:.3f} painted"
            print(f"{degrees:g} degrees, {ways}: {count}, {seconds:.2f} s a frame", flush=True)


if __name__ == "__main__":
    run_script(main, "hidden_video.py")
