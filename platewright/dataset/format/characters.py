"""Cut-out characters and what they are, for training a reader of single characters.

    images/NAME_K_J.png  train.csv  val.csv

Character J of plate K of a sample, cut out along its upright box, whole; one that the picture's
edge cuts off is left out, and one smaller than `MIN_SIDE_PX`. The columns are file, character,
confidence (of the reader that labelled it, 0-1; empty where it is known), plate (its text), line
(0 the upper, 1 the lower) and position (from 0). Characters of one plate's text are on one side.
"""

import numpy as np

from platewright.dataset.writer import Sample, SplitFormat, csv_row, save_picture
from platewright.geometry import Picture
from platewright.record import CharacterRecord

COLUMNS = ("file", "character", "confidence", "plate", "line", "position")
CUT_CHARACTERS = "all characters cut off or too small"  #: Why a plate is left out
MIN_SIDE_PX = 3.0  #: Least width and height: that of an I on a plate 40 pixels wide


class CharactersFormat(SplitFormat):
    """Pictures of characters and two CSV files."""

    name = "characters"
    needs = "characters"
    suffix, header = ".csv", ",".join(COLUMNS)
    summary = "characters cut out of plates, and CSV files with what they are"

    def add(self, sample: Sample) -> None:
        """Write the characters of a sample."""
        for number, plate in enumerate(sample.record.plates):
            cuts = [cut_character(sample.image, character) for character in plate.characters]
            if all(cut is None for cut in cuts):
                self.leave(plate, CUT_CHARACTERS)
                continue
            self.hold(plate.text)
            for position, (character, cut) in enumerate(zip(plate.characters, cuts, strict=True)):
                if cut is None:
                    continue
                file = f"images/{sample.name}_{number}_{position}.png"
                save_picture(cut, self.folder / file)
                sure = character.confidence
                row = csv_row(
                    file,
                    character.char,
                    "" if sure is None else f"{sure:.4f}",
                    plate.text,
                    character.line,
                    position,
                )
                self.list_line(sample, row, plate.text)


def cut_character(image: Picture, character: CharacterRecord) -> Picture | None:
    """Return the pixels that a character's box touches.

    Args:
        image: (H, W) or (H, W, 3).
        character: in its pixels.

    Returns:
        A view of the picture; None where the box is too small or not all inside.
    """
    x0, y0, x1, y1 = character.box
    left, top = int(np.floor(x0)), int(np.floor(y0))
    right, bottom = int(np.ceil(x1)), int(np.ceil(y1))
    inside = left >= 0 and top >= 0 and right <= image.shape[1] and bottom <= image.shape[0]
    if not inside or min(x1 - x0, y1 - y0) < MIN_SIDE_PX:
        return None
    return image[top:bottom, left:right]
