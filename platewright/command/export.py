"""Write the networks for other programs: ONNX, LiteRT, SavedModel.

One file each for the scan and for the reading, which tell of themselves what is needed to use them:
alphabet, windows, scales, margins, temperature, licence. docs/use-elsewhere.md reads a photo with
them in some thirty lines of plain Python.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from platewright.command.argument import Parser, add_force, names
from platewright.errors import WeightsError
from platewright.file import files_below, refuse_existing
from platewright.network.interchange import FORMATS, export_for_others, file_names
from platewright.resource import DATA, bundled, is_bundled

OUR_LICENCE = "MIT"  #: Of the bundled weights


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("weights", type=Path, nargs="?", metavar="WEIGHTS",
        help=".npz, or for ONNX alone .onnx, also 8-bit ones (the bundled ones)")  # fmt: skip
    add("--format", type=names, default=("onnx",), metavar="NAME[,NAME]",
        help=f"which of {', '.join(FORMATS)} (onnx); the others need TensorFlow")  # fmt: skip
    add("--out", type=Path, default=Path("exported"), metavar="FOLDER",
        help="folder to write to (%(default)s)")  # fmt: skip
    add("--licence", metavar="NAME",
        help=f"of the weights, told in the files ({OUR_LICENCE} of the bundled ones)")  # fmt: skip
    add_force(parser)
    args = parser.parse_args(argv)
    if unknown := [name for name in args.format if name not in FORMATS]:
        parser.error(f"--format: no format {unknown[0]!r}; known: {', '.join(FORMATS)}")
    args.format = tuple(dict.fromkeys(args.format))
    return args


def main(argv: Sequence[str] | None = None) -> None:
    """Export, and say what was written."""
    args = parse_args(argv)
    weights = args.weights or usual_weights(args.format)
    licence = OUR_LICENCE if args.licence is None and is_bundled(weights) else args.licence or ""
    refuse_existing(*(args.out / name for name in file_names(args.format)), force=args.force)
    for path in export_for_others(weights, args.out, args.format, licence=licence):
        files = [path] if path.is_file() else [p for p in files_below(path) if p.is_file()]
        print(f"{path}: {sum(p.stat().st_size for p in files) / 1e6:.1f} MB")


def usual_weights(formats: Sequence[str]) -> Path:
    """Return the bundled weights that formats are made of.

    Raises:
        WeightsError: if they aren't here: an installed package has but what ONNX is made of.
    """
    if {*formats} == {"onnx"}:
        return bundled("weights.float.onnx")
    if not (DATA / "weights.npz").is_file():
        raise WeightsError(
            "--format litert and savedmodel are made of weights.npz, which is no part of the "
            "installed package: take it from the repository and name it"
        )
    return bundled("weights.npz")
