"""What results tell of how they came about."""

from __future__ import annotations

from pathlib import Path

import pytest

from platewright.evaluation.report import processor


@pytest.mark.parametrize(
    ("told", "want"),
    [
        ("model name\t: Fast @ 2 GHz\nflags\t\t: avx2 avx512f\n", "Fast @ 2 GHz, without VNNI"),
        ("model name\t: Fast\nflags\t\t: avx2 avx_vnni\n", "Fast, with VNNI"),
        ("model name\t: Fast\nflags\t\t: avx512_vnni\n\nmodel name\t: Fast\n", "Fast, with VNNI"),
        ("model name\t: Arm\n", "Arm"),
    ],
)
def test_processor_is_told_by_name(told: str, want: str, tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(told)
    assert processor(file) == want


def test_a_processor_that_nothing_tells_of_is_named_all_the_same(tmp_path: Path) -> None:
    assert processor(tmp_path / "none")
