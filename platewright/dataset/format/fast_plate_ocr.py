"""CSV files and crops as fast-plate-ocr takes them: `image_path,plate_text,plate_region`.

    images/NAME_K.png  train.csv  val.csv  plate_config.yaml

Crops are upright boxes round the plates, as a detector hands them on (fast-plate-ocr reads them
without straightening). Its reader (`read_annotations_csv` of 1.1.0) takes these three columns; the
region is used where its plate configuration names regions, and versions before 1.1 want the column
removed. `plate_config.yaml` is that configuration for the texts that were written: as many slots
as the longest has, the signs that occur beside 0-9 and A-Z, and the regions, where every plate has
one and there are several. A tenth of the texts is in `val.csv`. It reads texts through pandas, to
which `NA` and `NULL` are empty cells: plates with such texts are left out.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from platewright.dataset.outline import SeenPlate
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.picture_file import cut_box
from platewright.dataset.selection import list_files, lists_in
from platewright.dataset.textfile import first_line, has_columns, rows_of
from platewright.dataset.writer import CropFormat, csv_row
from platewright.errors import DatasetError
from platewright.file import whole_text
from platewright.geometry import Picture
from platewright.record import PlateRecord, SceneRecord
from platewright.text import DEFAULT_CHARACTERS

EMPTY = {"NA", "NULL", "NAN"}
"""Texts that pandas reads as no text at all (`pandas.read_csv`, na_values)."""
NEEDED = ("image_path", "plate_text")
CONFIG = "plate_config.yaml"
PAD = "_"
WINDOW = (64, 128)  #: (height, width) that its networks are given, as of those that it ships


class FastPlateOcrFormat(CropFormat):
    """Crops and two CSV files."""

    name = "fast-plate-ocr"
    summary = "crops and CSV files with image_path, plate_text and plate_region"

    suffix = ".csv"
    header = "image_path,plate_text,plate_region"

    def takes(self, text: str) -> bool:
        """Refuse what its reader would take for an empty cell."""
        return text.upper() not in EMPTY

    def cut(self, image: Picture, seen: SeenPlate) -> Picture | None:
        """Return the upright crop."""
        return cut_box(image, seen.box)

    def line(self, file: str, plate: PlateRecord) -> str:
        """Return the row."""
        return csv_row(file, plate.text, plate.region)

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the CSV files and the plate configuration."""
        slots, characters, regions = 1, {*DEFAULT_CHARACTERS}, set()

        def seen(line: str) -> str:
            nonlocal slots
            ((_, text, region),) = csv.reader([line.partition("\t")[2]])
            slots = max(slots, len(text))
            characters.update(text)
            regions.add("" if region in EMPTY else region)
            return line

        super().finish(map(seen, lines), folder)
        values = {
            "max_plate_slots": slots,
            "alphabet": "".join(sorted(characters - {PAD})) + PAD,
            "pad_char": PAD,
            "img_height": WINDOW[0],
            "img_width": WINDOW[1],
            "keep_aspect_ratio": False,
            "interpolation": "linear",
            "image_color_mode": "rgb",
        }
        if len(regions) > 1 and "" not in regions:
            values["plate_regions"] = sorted(regions)
        with whole_text(folder / CONFIG) as stream:
            # JSON is YAML, and what is quoted stays a text: NO is no `false`.
            stream.writelines(
                f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
            )


def claims(path: Path) -> bool:
    """Tell whether a path looks like such files."""
    files = lists_in(path, ".csv") if path.is_dir() else [path]
    return any(has_columns(first_line(file), NEEDED) for file in files)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read CSV files with the columns image_path, plate_text and maybe plate_region.

    Args:
        path: one file, or a folder with `train.csv`, `val.csv` and `test.csv`; pictures are
            named from there.
    """
    for file in list_files(path, ".csv"):
        for number, row in rows_of(file, NEEDED):
            where = f"{file}: line {number}"
            if not row["image_path"]:
                raise DatasetError(f"{where}: image_path is empty")
            text, region = row["plate_text"], row.get("plate_region", "")
            yield from finder.crop(row["image_path"], file, where, text=text, region=region)
