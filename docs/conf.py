"""How the documentation becomes a site: `make docs` builds it with Sphinx into site/.

Pages are Markdown, as they are read in the repository; `api.md` is made of docstrings, and
`commands.md` of what the commands say to `--help`.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from platewright import __version__  # noqa: E402
from platewright.command import command_names  # noqa: E402

project = "Platewright"
copyright = "Platewright contributors"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["*.ipynb"]
html_theme = "furo"
html_title = "Platewright"
html_copy_source = False
html_show_sourcelink = False
highlight_language = "text"  # of indented lines: mostly a shell's, and what it answers
suppress_warnings = ["config.cache"]

myst_heading_anchors = 3
default_role = "code"  # `so` in docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_type_aliases = {"Source": "Source", "Picture": "Picture"}

napoleon_numpy_docstring = False
napoleon_use_ivar = True


class CommandHelp(Directive):
    """`command-help`: what each command says to `--help`, under a heading of its own."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        os.environ["COLUMNS"] = "96"
        made: list[nodes.Node] = []
        for name in command_names():
            module = importlib.import_module(f"platewright.command.{name}")
            if not hasattr(module, "parse_args"):  # Django's, which has commands of its own
                continue
            argv, sys.argv = sys.argv, [f"platewright {name}"]
            out = io.StringIO()
            try:
                with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
                    module.parse_args(["--help"])
            finally:
                sys.argv = argv
            section = nodes.section(ids=[name], names=[name])
            section += nodes.title(text=f"platewright {name}")
            told = out.getvalue()
            section += nodes.literal_block(told, told, language="text")
            made.append(section)
        return made


def setup(app: Sphinx) -> None:
    """Add what this site has of its own."""
    app.add_directive("command-help", CommandHelp)
