"""Lets the wheel carry what lies at the repository's root: weights, readers, faces, regions."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DATA = (
    "weights.onnx",
    "weights.float.onnx",
    "synth.toml",
    "readers/default.json",
    "readers/*.onnx",
    "regions/**/*.toml",
    "fonts/**/*.md",
    "fonts/**/*.otf",
    "fonts/**/*.toml",
    "fonts/**/*.ttf",
    "fonts/**/*.txt",
)
"""Files that `platewright.resource` finds, in a wheel inside the package."""


class BuildWithData(build_py):  # type: ignore[misc]
    """Copies the data into the package that is built; an editable one reads them where they lie."""

    def run(self) -> None:
        """Build, then copy.

        Raises:
            FileNotFoundError: if a file that the program ships is missing.
        """
        super().run()
        if self.editable_mode:
            return
        for source, target in self._data().items():
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return all that is built, the data as well."""
        more = [] if self.editable_mode else [*self._data().values()]
        return [*super().get_outputs(include_bytecode), *more]

    def _data(self) -> dict[str, str]:
        """Return where each file is copied to."""
        target = Path(self.build_lib, "platewright", "_data")
        found: dict[str, str] = {}
        for pattern in DATA:
            files = sorted(Path().glob(pattern))
            if not files and "*" not in pattern:
                raise FileNotFoundError(pattern)
            found |= {str(path): str(target / path) for path in files}
        return found


setup(cmdclass={"build_py": BuildWithData})
