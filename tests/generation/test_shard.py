"""Data sets in shards: the same bytes however they came about, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from platewright.errors import ConfigError, OutputError
from platewright.generation.engine import Engine
from platewright.generation.shard import ShardJob, assemble, draw_shard
from platewright.synth.face import load_faces

Make = Callable[..., ShardJob]
Tree = Callable[[Path], dict[str, bytes]]


class Remote(MemoryFileSystem):
    """A file system as a package would register it; notes what is written, and can be full."""

    protocol = "remote"
    store: dict[str, Any] = {}  # noqa: RUF012 - the base class shares its own in this way
    pseudo_dirs = [""]  # noqa: RUF012
    written: list[str] = []  # noqa: RUF012
    room = 10**9

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: Any) -> None:
        self._note(path)
        super().pipe_file(path, value, mode, **options)

    def put_file(self, lpath: str, rpath: str, *arguments: Any, **options: Any) -> None:
        self._note(rpath)
        super().put_file(lpath, rpath, *arguments, **options)

    def _note(self, path: str) -> None:
        if len(Remote.written) >= Remote.room:
            raise RuntimeError("quota\nexceeded")
        Remote.written.append(path)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.replace("remote://", "memory://", 1))


@pytest.fixture
def remote() -> type[Remote]:
    fsspec.register_implementation("remote", Remote, clobber=True)
    Remote.store.clear()
    Remote.pseudo_dirs[:] = [""]
    Remote.written.clear()
    Remote.room = 10**9
    return Remote


def test_neither_processes_nor_shards_change_a_byte(
    tmp_path: Path, make_job: Make, tree_of: Tree
) -> None:
    formats = ("windows", "coco", "webdataset")
    assemble(make_job(tmp_path / "one", formats=formats), Engine())
    said = assemble(make_job(tmp_path / "two", formats=formats), Engine(workers=2))
    assert said.startswith(
        f"{tmp_path}/two: 10 pictures as windows, coco, webdataset in 3 shards, "
    )
    one = tree_of(tmp_path / "one")
    assert one == tree_of(tmp_path / "two")
    assert {name.split("/")[0] for name in one} == set(formats)
    assert [n for n in one if n.endswith(".tar")] == [f"webdataset/0000{k}.tar" for k in range(3)]
    assemble(make_job(tmp_path / "whole", formats=formats[:2], shard_size=100), Engine())
    apart = {k: v for k, v in one.items() if not k.startswith("webdataset")}
    assert tree_of(tmp_path / "whole") == apart


def test_one_format_lies_in_the_folder_itself(
    tmp_path: Path, make_job: Make, tree_of: Tree
) -> None:
    assemble(make_job(tmp_path / "out"), Engine())
    names = list(tree_of(tmp_path / "out"))
    assert len(names) == 11 and "labels.jsonl" in names
    lines = (tmp_path / "out" / "labels.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == names[:10]
    books = {p.name for p in (tmp_path / "out" / ".gen").iterdir()}
    assert not [name for name in books if name.endswith((".lines", ".part"))]


def test_a_run_goes_on_with_the_shards_that_are_missing(
    tmp_path: Path, make_job: Make, tree_of: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(tmp_path / "out")
    drawn: list[int] = []

    def stop_at_one(job: ShardJob, shard: int) -> object:
        if shard == 1 and len(drawn) == 1:
            raise KeyboardInterrupt
        drawn.append(shard)
        return draw_shard(job, shard)

    monkeypatch.setattr("platewright.generation.shard.draw_shard", stop_at_one)
    with pytest.raises(KeyboardInterrupt):
        assemble(job, Engine())
    assert len(tree_of(tmp_path / "out")) == 4
    drawn = [0, 0]
    said = assemble(job, Engine())
    assert drawn == [0, 0, 1, 2]
    assert "in 3 shards (1 of them were there)" in said
    assemble(make_job(tmp_path / "undisturbed"), Engine())
    assert tree_of(tmp_path / "out") == tree_of(tmp_path / "undisturbed")
    drawn.clear()
    assert assemble(job, Engine()) == f"{tmp_path}/out: 10 pictures: all there already"
    assert drawn == []


def test_half_a_shard_counts_for_nothing(tmp_path: Path, make_job: Make, tree_of: Tree) -> None:
    """Killed while its files were moved: they are there, the mark is not."""
    job = make_job(tmp_path / "out")
    assemble(job, Engine())
    whole = tree_of(tmp_path / "out")
    books = tmp_path / "out" / ".gen"
    for name in ("00001.done", "end.done", "end.files"):
        (books / name).unlink()
    for index in (6, 7):
        next((tmp_path / "out").glob(f"{index:08d}*")).unlink()
    (books / "00001.abc.part").mkdir()
    for shard in range(3):  # as they were before the end
        lines = whole["labels.jsonl"].decode().splitlines()[4 * shard : 4 * shard + 4]
        (books / f"0000{shard}.windows.lines").write_text("".join(x + "\n" for x in lines))
    assemble(job, Engine())
    assert tree_of(tmp_path / "out") == whole
    assert not (books / "00001.abc.part").exists()


def test_another_data_set_is_kept_unless_forced(
    tmp_path: Path, make_job: Make, tree_of: Tree
) -> None:
    out = tmp_path / "out"
    assemble(make_job(out, formats=("windows", "yolo")), Engine())
    before = tree_of(out)
    with pytest.raises(OutputError, match=r"another command \(count 10, not 12\): --force starts"):
        assemble(make_job(out, 12, formats=("windows", "yolo")), Engine())
    with pytest.raises(
        OutputError, match=r"formats \[\"windows\", \"yolo\"\], not \[\"windows\"\]"
    ):
        assemble(make_job(out), Engine())
    assert tree_of(out) == before
    (out / "windows" / "mine.txt").write_text("mine")
    assemble(make_job(out, 3), Engine(), force=True)
    names = list(tree_of(out))
    assert len(names) == 5 and "windows/mine.txt" in names
    assert not (out / "yolo").exists()


def test_other_faces_and_another_drawing_version_are_another_data_set(
    tmp_path: Path, make_job: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, faces = tmp_path / "out", load_faces()
    mine = tmp_path / "Mine.ttf"
    mine.write_bytes(b"as --fonts would add it")
    assemble(make_job(out, 2), Engine())
    with monkeypatch.context() as patch:
        patch.setattr("platewright.generation.job.load_faces", lambda: {**faces, "Mine": mine})
        with pytest.raises(OutputError, match=r"another command \(faces \w+, not \w+\)"):
            assemble(make_job(out, 2), Engine())
    assert assemble(make_job(out, 2), Engine()).endswith("all there already")
    monkeypatch.setattr("platewright.generation.job.DRAWING_VERSION", 9)
    with pytest.raises(OutputError, match=r"another command \(drawing \d+, not 9\)"):
        assemble(make_job(out, 2), Engine())


def test_what_is_not_ours_is_left_alone(tmp_path: Path, make_job: Make) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds mine\.txt and no data set of shards"):
        assemble(make_job(tmp_path, 2), Engine())
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    assemble(make_job(tmp_path, 2), Engine(), force=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_any_url_will_do(tmp_path: Path, make_job: Make, tree_of: Tree) -> None:
    formats = ("windows", "webdataset")
    assemble(make_job("memory://plates/set", formats=formats), Engine())
    assemble(make_job(f"file://{tmp_path}/set", formats=formats), Engine())
    want = tree_of(tmp_path / "set")
    memory = fsspec.filesystem("memory")
    found = {p.removeprefix("/plates/set/"): p for p in memory.find("/plates/set")}
    assert {n: memory.cat(p) for n, p in found.items() if not n.startswith(".gen/")} == want
    said = assemble(make_job("memory://plates/set", formats=formats), Engine())
    assert said == "memory://plates/set: 10 pictures: all there already"
    assemble(make_job("memory://plates/set", 3), Engine(), force=True)
    left = {p.removeprefix("/plates/set/") for p in memory.find("/plates/set")}
    assert len([n for n in left if not n.startswith(".gen/")]) == 4


def test_a_mark_is_written_after_all_that_it_stands_for(
    remote: type[Remote], make_job: Make
) -> None:
    assemble(make_job("remote://set", 8, formats=("windows", "tfrecord")), Engine())
    order = [path.removeprefix("/set/") for path in remote.written]
    assert order[0] == ".gen/job.json"
    for shard in (0, 1):
        mark = order.index(f".gen/{shard:05d}.done")
        pictures = [k for k, n in enumerate(order) if n.startswith(f"windows/0000000{4 * shard}")]
        tail = order.index(f"tfrecord/{shard:05d}.tfrecord")
        assert order.index(f".gen/{shard:05d}.files") < min(*pictures, tail)
        assert max(*pictures, tail, order.index(f".gen/{shard:05d}.windows.lines")) < mark
    assert order[-1] == ".gen/end.done"


def test_a_full_store_is_told_and_the_run_goes_on_later(
    remote: type[Remote], make_job: Make, tmp_path: Path, tree_of: Tree
) -> None:
    job = make_job("remote://set")
    remote.room = 11  # the job, one shard's seven files, and three more
    with pytest.raises(OutputError, match=r"^remote://set.*: quota exceeded$"):
        assemble(job, Engine())
    marks = [path for path in remote.store if path.endswith(".done")]
    assert marks == ["/set/.gen/00000.done"]
    remote.room = 10**9
    assert "(1 of them were there)" in assemble(job, Engine())
    assemble(make_job(tmp_path / "same"), Engine())
    found = {p.removeprefix("/set/"): f.getvalue() for p, f in remote.store.items()}
    assert {n: v for n, v in found.items() if ".gen" not in n} == tree_of(tmp_path / "same")


def test_workers_that_write_elsewhere_are_noticed(make_job: Make) -> None:
    """Memory is each process's own."""
    with pytest.raises(OutputError, match="all workers and this process must see the same output"):
        assemble(make_job("memory://nowhere/set", 8), Engine(workers=2))


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("nokind://bucket/set", "nokind://bucket/set: fsspec knows no nokind://"),
        ("s3://bucket/set", r"s3://bucket/set: .*s3fs"),
    ],
)
def test_urls_that_cannot_be_used(make_job: Make, out: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(make_job(out), Engine())


def test_damaged_books_and_files_in_the_way(tmp_path: Path, make_job: Make) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="file"):
        assemble(make_job(tmp_path / "file"), Engine())
    (tmp_path / "out" / ".gen").mkdir(parents=True)
    (tmp_path / "out" / ".gen" / "job.json").write_text("{")
    with pytest.raises(OutputError, match=r"job\.json: damaged"):
        assemble(make_job(tmp_path / "out"), Engine())
    assert (tmp_path / "file").read_text() == "mine"
