"""Photos a second of extractbgs.py against the plain loop.

Run: python benchmarks/extraction.py ARCHIVE.tar.gz. The plain loop is what one writes first:
tarfile, cv2.imdecode, centre square, cv2.resize, cv2.imwrite, in one process. Ours decodes large
JPEGs at reduced size, scales in two steps, unpacks with igzip, checks every file, and does it in
one process and in two. Both write into a scratch folder where the command is run, as bgs/ would be:
in some folders for temporary files making a file takes longer than decoding a photo. All in turn,
in one run, medians of the rounds. Where other programs keep the machine busy (`load_average`,
against `cores`), photos a second say little of two processes; the time on the processor for one
photo, of the plain loop and of ours in one process, says more.

Also how near our squares are to the plain loop's, as PSNR of their grey pictures. Done for the
archive as it is and for its first photos enlarged to four times their sides, as large as those of
cameras. Writes results/extraction.json.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import tarfile
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from checkout import ROOT, write_result

from platewright.background.archive import Archive
from platewright.background.extraction import begin, extract
from platewright.background.photo import Crop, load_backgrounds


def plain(archive: Path, folder: Path, size: int) -> int:
    """Extract the plain way; returns how many pictures were written."""
    count = 0
    with tarfile.open(archive) as tar:
        for info in tar:
            if not info.isreg():
                continue
            data = tar.extractfile(info).read()  # type: ignore[union-attr]
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            if image is None:
                continue
            height, width = image.shape[:2]
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            square = image[top : top + side, left : left + side]
            small = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(folder / f"{count:08d}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 92])
            count += 1
    return count


def ours(archive: Path, folder: Path, size: int, workers: int) -> int:
    """Extract with the package; returns how many pictures were written."""
    opened, crop = Archive(archive), Crop(size=size)
    state = begin(opened, crop, folder, force=False)
    extract(opened, folder, crop, state, workers=workers)
    return state.written


def enlarge(archive: Path, large: Path, count: int) -> None:
    """Write the archive's first photos at four times their sides."""
    with tarfile.open(large, "w:gz", compresslevel=1) as out:
        for member in Archive(archive):
            image = cv2.imdecode(np.frombuffer(member.data, np.uint8), cv2.IMREAD_COLOR)
            if image is None:
                continue
            size = (image.shape[1] * 4, image.shape[0] * 4)
            bigger = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
            packed = cv2.imencode(".jpg", bigger, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
            info = tarfile.TarInfo(member.name)
            info.size = len(packed)
            out.addfile(info, io.BytesIO(packed))
            count -= 1
            if count == 0:
                return


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Return the peak signal to noise ratio of two uint8 pictures, dB."""
    error = float(np.mean((a.astype(float) - b.astype(float)) ** 2))
    return 99.0 if error == 0 else 10 * math.log10(255**2 / error)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--large", type=int, default=150, help="photos enlarged (%(default)s)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    result: dict[str, object] = {
        "command": f"python benchmarks/extraction.py {args.archive.name} --rounds {args.rounds}",
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
    }
    scratch_folder = tempfile.TemporaryDirectory(dir=".")
    large = Path(scratch_folder.name) / "large.tar.gz"
    enlarge(args.archive, large, args.large)
    size = args.size
    for title, archive in (("as_it_is", args.archive), ("enlarged_4_times", large)):
        rates: dict[str, list[float]] = {"plain": [], "ours_1": [], "ours_2": []}
        spent: dict[str, list[float]] = {"plain": [], "ours_1": []}
        close: list[float] = []
        for _ in range(args.rounds):
            with tempfile.TemporaryDirectory(dir=".") as scratch:
                folders = {name: Path(scratch) / name for name in rates}
                for name, folder in folders.items():
                    folder.mkdir()
                    began, busy = time.perf_counter(), time.process_time()
                    if name == "plain":
                        count = plain(archive, folder, size)
                    else:
                        count = ours(archive, folder, size, int(name[-1]))
                    rates[name].append(count / (time.perf_counter() - began))
                    if name in spent:
                        spent[name].append((time.process_time() - busy) / count)
                pairs = zip(
                    load_backgrounds(folders["plain"]),
                    load_backgrounds(folders["ours_1"]),
                    strict=True,
                )
                close = close or [psnr(a, b) for a, b in pairs]
        median = {name: sorted(v)[len(v) // 2] for name, v in rates.items()}
        busy_s = {name: sorted(v)[len(v) // 2] for name, v in spent.items()}
        result[title] = {
            "photos_per_s": {name: round(v) for name, v in median.items()},
            "ratio_one_process": round(median["ours_1"] / median["plain"], 2),
            "ratio_two_processes": round(median["ours_2"] / median["plain"], 2),
            "processor_ms_a_photo": {name: round(1e3 * v, 2) for name, v in busy_s.items()},
            "processor_ratio": round(busy_s["plain"] / busy_s["ours_1"], 2),
            "psnr_db_median": round(sorted(close)[len(close) // 2], 1),
            "psnr_db_lowest": round(min(close), 1),
        }
    scratch_folder.cleanup()
    write_result(ROOT / "results/extraction.json", result)


if __name__ == "__main__":
    main()
