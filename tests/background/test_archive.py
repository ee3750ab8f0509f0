"""Archives made to do harm, and damaged ones: what is read, what is passed over, what is said."""

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile

import pytest

from platewright.background import archive as archive_module
from platewright.background import tar
from platewright.background.archive import Archive
from platewright.errors import ArchiveError


def add(tar, name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def header(name, size, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def listed(path, **options):
    archive = Archive(path, **options)
    return [(m.index, m.name, m.data) for m in archive], dict(archive.skipped)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_reads_what_tarfile_reads(tmp_path, form, mode):
    names = ["a", "b/" + "c" * 90, "d/" * 60 + "e.jpg", "ü/é.jpg"]
    sizes = [0, 1, 511, 512, 513, 1_500_000]
    with tarfile.open(tmp_path / "x", mode, format=form) as tar:
        add(tar, "folder", type=tarfile.DIRTYPE)
        for k, size in enumerate(sizes):
            add(tar, names[k % len(names)], bytes([k]) * size)
    with tarfile.open(tmp_path / "x") as tar:
        files = [info for info in tar if info.isreg()]
        expected = [(k, f.name, tar.extractfile(f).read()) for k, f in enumerate(files)]
    assert listed(tmp_path / "x") == (expected, {})


def test_links_devices_and_sparse_files_are_no_files(tmp_path):
    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for kind in kinds:
            add(tar, "bad", type=kind, linkname="/etc/passwd")
        add(tar, "sparse", b"1" * 600, pax_headers={"GNU.sparse.major": "1"})
        add(tar, "last", b"data")
    assert listed(tmp_path / "x.tar") == ([(0, "last", b"data")], {"no regular file": 6})


def test_old_gnu_sparse_files_with_long_maps_are_passed_over(tmp_path):
    first = bytearray(header("sparse", 700, tarfile.GNUTYPE_SPARSE))
    first[482] = 1
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    one_more, last = bytearray(512), bytes(512)
    one_more[504] = 1
    parts = [bytes(first), bytes(one_more), last, bytes(1024), header("a", 1), b"x", bytes(511)]
    (tmp_path / "x.tar").write_bytes(b"".join(parts) + bytes(1024))
    assert listed(tmp_path / "x.tar") == ([(0, "a", b"x")], {"no regular file": 1})


def test_too_long_files_are_passed_over_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "MAX_BYTES", 3_000_000)
    (tmp_path / "f").mkdir()
    with (
        tarfile.open(tmp_path / "x.tar", "w") as tar,
        tarfile.open(tmp_path / "x.tgz", "w:gz") as packed,
        zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, size in (("a", 5), ("b", 3_000_001), ("c", 6)):
            add(tar, name, bytes(size))
            add(packed, name, bytes(size))
            archive.writestr(name, bytes(size))
            (tmp_path / "f" / name).write_bytes(bytes(size))
    for name in ("x.tar", "x.tgz", "x.zip", "f"):
        found = ([(0, "a", bytes(5)), (2, "c", bytes(6))], {"too many bytes": 1})
        assert listed(tmp_path / name) == found


def test_a_long_name_of_any_length_takes_no_memory(tmp_path):
    with gzip.open(tmp_path / "x.tgz", "wb", 1) as out:
        out.write(header("././@LongLink", 100 << 20, tarfile.GNUTYPE_LONGNAME))
        for _ in range(100):
            out.write(bytes(1 << 20))
        out.write(header("a", 1) + b"x" + bytes(511) + bytes(1024))
    tracemalloc.start()
    assert listed(tmp_path / "x.tgz") == ([(0, "a", b"x")], {})
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_an_archive_of_endless_zeros_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(tar, "FREE_BYTES", 1 << 20)
    with gzip.open(tmp_path / "x.tgz", "wb") as out:
        out.write(header("a", 1) + b"x" + bytes(511))
        out.write(header("zeros", 8 << 30))
        for _ in range(64):
            out.write(bytes(1 << 20))
    members = iter(Archive(tmp_path / "x.tgz"))
    assert next(members).data == b"x"
    with pytest.raises(ArchiveError, match=r"x\.tgz: unpacks to more than 200 times its size"):
        next(members)


@pytest.mark.parametrize("isal", [True, False])
def test_gzip_is_read_with_and_without_isal(tmp_path, monkeypatch, isal):
    if isal:
        pytest.importorskip("isal")
    else:
        monkeypatch.setitem(__import__("sys").modules, "isal", None)
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as tar:
        add(tar, "a", os.urandom(100_000))
        add(tar, "b", os.urandom(100_000))
    members, _ = listed(tmp_path / "x.tgz")
    assert [len(data) for *_, data in members] == [100_000, 100_000]
    damaged = bytearray((tmp_path / "x.tgz").read_bytes())
    damaged[150_000:150_400] = bytes(400)
    damaged[-8:-4] = b"\1\2\3\4"  # its check sum, which is read too
    (tmp_path / "y.tgz").write_bytes(damaged)
    with pytest.raises(ArchiveError, match=r"y\.tgz: damaged or cut off"):
        listed(tmp_path / "y.tgz")


@pytest.mark.parametrize("where", [512 * 3, 512 * 3 + 100, 512 * 4 + 5])
def test_a_tar_that_ends_too_soon_or_is_damaged_says_so(tmp_path, where):
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        add(tar, "a", b"1" * 700)
        add(tar, "b", b"2" * 700)
    whole = (tmp_path / "x.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[:where])
    (tmp_path / "bad.tar").write_bytes(whole[: 512 * 3] + b"garbage!" * 64 + whole[512 * 4 :])
    for name in ("cut.tar", "bad.tar"):
        members = iter(Archive(tmp_path / name))
        assert next(members).data == b"1" * 700
        with pytest.raises(ArchiveError, match=f"{name}: damaged or cut off"):
            next(members)


def test_damage_in_one_file_of_a_zip_spares_the_others(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in "abc":
            archive.writestr(name, name.encode() * 1000)
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    data = (tmp_path / "x.zip").read_bytes()
    (tmp_path / "x.zip").write_bytes(data.replace(b"bbbb", b"bxbb", 1))
    found = ([(0, "a", b"a" * 1000), (2, "c", b"c" * 1000)], {"damaged": 1, "no regular file": 1})
    assert listed(tmp_path / "x.zip") == found
    (tmp_path / "cut.zip").write_bytes(data[:-30])
    with pytest.raises(ArchiveError, match=r"cut\.zip: damaged or cut off"):
        listed(tmp_path / "cut.zip")


def test_a_folder_is_read_by_name_without_links_pipes_and_results(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "bgs").mkdir()
    for name in ("c", "b/z", "b/a", "bgs/00000000.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    os.symlink("c", tmp_path / "link")
    os.symlink(tmp_path, tmp_path / "b" / "loop")
    os.mkfifo(tmp_path / "pipe")
    members, skipped = listed(tmp_path, apart=tmp_path / "bgs")
    assert [name for _, name, _ in members] == ["b/a", "b/z", "c"]
    assert skipped == {"no regular file": 3}


def test_digests_tell_archives_apart(tmp_path):
    for name, data in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        with tarfile.open(tmp_path / name, "w") as tar:
            add(tar, "x", data)
    a, b, c = (Archive(tmp_path / name) for name in "abc")
    assert a.size == b.size
    assert a.digest == c.digest != b.digest


def test_position_grows_to_the_size(tmp_path):
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as tar:
        for k in range(20):
            add(tar, str(k), os.urandom(50_000))
    archive = Archive(tmp_path / "x.tgz")
    places = [archive.position for _ in archive]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] <= archive.position == archive.size
