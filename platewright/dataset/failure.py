"""What of a data set could not be taken over: pictures that are missing, labels that make no plate.

Nothing of it costs the rest: it is noted with file and line, and passed over. A picture none of
whose labels can be read is passed over, too: without them it would look like one without plates.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from platewright.errors import DatasetError, counted
from platewright.file import make_folder, write_file
from platewright.record import PlateRecord
from platewright.text import shielded

Entry = TypeVar("Entry")
Result = TypeVar("Result")

SHOWN = 1000
"""Characters of a name in a message: pictures that stand in the label file have millions."""
UNREAD = "none of its labels can be read, and it is no picture without plates"
CUT_OFF = "cut off at its end: whatever wrote it was stopped there"
TOLD = 5  #: Failures that are told with their number
# A file, and its line or the place in it: a.txt: line 3, a.json: annotations[3]
PLACE = re.compile(r"(.*?: (?:line \d+|\w*\[\d+\](?:: \w+\[\d+\])*)): (.*)", re.S)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What could not be taken over."""

    where: str  #: file and line of the label
    picture: str  #: as it is named there; empty: it was a plate's label alone
    reason: str  #: in a line


@dataclass
class Failures:
    """Notes failures."""

    strict: bool = False  #: the first is an error
    failures: list[Failure] = field(default_factory=list)  #: in order

    def fail(self, where: str, picture: str, reason: str) -> None:
        """Note a picture that can't be had.

        Raises:
            DatasetError: where `strict`.
        """
        if self.strict:
            raise DatasetError(f"{where}: {reason}" if where else reason)
        self.failures.append(Failure(where=where, picture=shown(picture), reason=reason))

    def attempt(self, parse: Callable[..., Result], *arguments: object) -> Result | None:
        """Return what `parse` makes of a plate's label; None where it can't, which is noted.

        Raises:
            DatasetError: where `strict`.
        """
        try:
            return parse(*arguments)
        except DatasetError as error:
            if self.strict:
                raise
            found = PLACE.fullmatch(str(error))
            where, reason = (found[1], found[2]) if found else ("", str(error))
            self.failures.append(Failure(where=where, picture="", reason=reason))
            return None

    def plates(
        self,
        parse: Callable[[Entry], PlateRecord | None],
        entries: Iterable[Entry],
        where: str,
        picture: str,
    ) -> tuple[PlateRecord, ...] | None:
        """Return the plates of a picture's labels, those that can't be read left out and noted.

        Args:
            parse: makes a plate of a label; None: it is none.
            where: the picture's own label.

        Returns:
            None where labels can't be read and no plate is left; then the picture is a failure.

        Raises:
            DatasetError: where `strict`, at the first label that can't be read.
        """
        before = len(self.failures)
        plates = [plate for one in entries if (plate := self.attempt(parse, one)) is not None]
        if plates or len(self.failures) == before:
            return tuple(plates)
        self.fail(where, picture, UNREAD)
        return None

    def unread(self, where: str, picture: str) -> None:
        """Note a picture none of whose labels could be read."""
        self.fail(where, picture, UNREAD)

    def save_failures(self, path: Path) -> None:
        """Write the failures as CSV (where, picture, reason); none: remove an earlier list.

        Characters that UTF-8 can't hold are written as Python escapes them.

        Raises:
            OutputError: if it can't be written.
        """
        if not self.failures:
            path.unlink(missing_ok=True)
            return
        text = io.StringIO(newline="")
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["where", "picture", "reason"])
        rows.writerows(map(shielded, (f.where, f.picture, f.reason)) for f in self.failures)
        make_folder(path.parent)
        write_file(path, text.getvalue().encode("utf-8", "backslashreplace"))

    def told(self, path: Path) -> str:
        """Return how many there are and the first of them, in lines.

        Args:
            path: where all of them are listed.
        """
        labels = sum(not failure.picture for failure in self.failures)
        pictures = len(self.failures) - labels
        counts = [f"{counted(pictures, 'picture')} could not be had"] if pictures else []
        counts += [f"{counted(labels, 'label')} could not be read"] if labels else []
        first, *more = (f"{f.where}: {f.reason}" for f in self.failures[:TOLD])
        lines = [f"{path}: {' and '.join(counts)}; the first: {first}", *more]
        return "\n  ".join(lines)


def shown(name: str) -> str:
    """Return a name as messages have it."""
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}..."
