from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ConfigError, OutputError
from platewright.generation.job import TRUTH, VideoJob, draw_videos
from platewright.synth.street.picture import DriveSettings, draw_drive
from platewright.tracking.source import FileSource
from tests.script import run_here

pytest.importorskip("av")
SETTINGS = DriveSettings(size=(90, 160), frames=3, regions=("GB",), hardness=0.5)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}


@pytest.mark.slow
def test_videos_and_their_truth(tmp_path: Path) -> None:
    job = VideoJob(seed=3, settings=SETTINGS, folder=tmp_path / "out")
    assert draw_videos(job, 2) == f"{tmp_path / 'out'}: 2 videos and drives.jsonl"
    lines = [json.loads(line) for line in (tmp_path / "out" / TRUTH).read_text().splitlines()]
    assert [line["file"] for line in lines] == ["00000000.mp4", "00000001.mp4"]
    assert [line["seed"] for line in lines] == [[3, 0], [3, 1]]
    assert lines[0]["text"] != lines[1]["text"]
    second = lines[1]
    assert (second["width"], second["height"], second["fps"], second["hardness"]) == (
        160,
        90,
        25,
        0.5,
    )
    drawn = list(draw_drive(np.random.default_rng([3, 1]), SETTINGS))
    assert (second["text"], second["region"]) == (drawn[0][1].plates[0].text, "GB")
    frames = list(FileSource(tmp_path / "out" / second["file"]).frames())
    assert len(frames) == len(drawn) == len(second["frames"]) == 3
    for frame, (picture, record), told in zip(frames, drawn, second["frames"], strict=True):
        assert np.abs(frame.picture.astype(int) - picture).mean() < 8
        assert told["time_s"] == pytest.approx(frame.time_s, abs=1e-3)
        assert told["quad"] == pytest.approx(record.plates[0].quad, abs=0.01)
        assert told["box"] == pytest.approx(record.plates[0].box, abs=0.01)
    again = VideoJob(seed=3, settings=SETTINGS, folder=tmp_path / "again")
    draw_videos(again, 2)
    assert contents(tmp_path / "again") == contents(tmp_path / "out")


def test_only_its_own_files_are_replaced_and_only_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "platewright.generation.job._write_video", lambda job, index: f'{{"file": "{index}"}}'
    )
    job = VideoJob(seed=3, settings=SETTINGS, folder=tmp_path)
    for name in ("00000007.mp4", TRUTH, "mine.mp4"):
        (tmp_path / name).write_text("old")
    with pytest.raises(OutputError, match="holds 2 drawn files: --force"):
        draw_videos(job, 1)
    assert set(contents(tmp_path).values()) == {b"old"}
    draw_videos(job, 1, force=True)
    assert contents(tmp_path) == {TRUTH: b'{"file": "0"}\n', "mine.mp4": b"old"}


def test_what_a_command_line_asks_for() -> None:
    job = VideoJob.of(5, "out", (90, 160), ("GB",), 0.7)
    assert (job.seed, job.folder) == (5, Path("out"))
    assert job.settings == DriveSettings(size=(90, 160), frames=75, regions=("GB",), hardness=0.7)
    with pytest.raises(ConfigError, match="s3://b/x: videos are written to a folder"):
        VideoJob.of(5, "s3://b/x", (90, 160), (), 0.7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--video"], "say how many pictures to draw"),
        (["2", "--video", "1.5"], "1.5 is not between 0 and 1"),
        (["2", "--video", "--format", "coco"], "--video draws no pictures"),
        (["2", "--video", "--size", "40x40"], "a drive has 64 x 64 pixels"),
        (["2", "--video", "--region", "XX"], "no region XX"),
    ],
)
def test_what_is_off_in_gen(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run_here(tmp_path, "gen.py", *arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_gen_draws_videos(tmp_path: Path) -> None:
    done = run_here(
        tmp_path, "gen.py", "1", "--video", "0.9", "--size", "96x64", "--workers", "1", "--seed",
        "4", "--region", "GB",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "test: 1 video and drives.jsonl\n"), done.stderr
    line = json.loads((tmp_path / "test/drives.jsonl").read_text())
    assert (line["hardness"], line["region"], len(line["frames"])) == (0.9, "GB", 75)
    assert (tmp_path / "test/00000000.mp4").stat().st_size > 1000
