"""The curves of a run, as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

__all__ = ["draw_curves"]


def draw_curves(log: Path, picture: Path) -> bool:
    """Draw a run's losses and accuracies over its steps.

    Args:
        log: the run's CSV.
        picture: the PNG to write.

    Returns:
        Whether there was anything to draw, and matplotlib to draw it with.
    """
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    if not log.exists():
        return False
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return False
    names = [n for n in rows[0] if n.endswith("loss")]
    measured = sorted(
        {n for row in rows for n, v in row.items() if v and n.startswith(("drawn_", "real_"))}
    )
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.5))
    for name in names:
        points = [(int(r["step"]), float(r[name])) for r in rows if r.get(name)]
        x, y = np.array(points).T
        left.plot(x, np.maximum(y, 1e-4), label=name, linewidth=1.0)
    left.set(yscale="log", xlabel="step", title="losses")
    left.legend(fontsize=7)
    for name in measured:
        points = [(int(r["step"]), float(r[name])) for r in rows if r.get(name)]
        x, y = np.array(points).T
        right.plot(x, y, label=name, marker="o", markersize=2.5)
    right.set(ylim=(0, 1), xlabel="step", title="right, part of all")
    if measured:
        right.legend(fontsize=7)
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)
    return True
