from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from platewright.errors import OutputError, WeightsError
from platewright.network.kind import build
from platewright.network.part import (
    PARTS,
    FrameSettings,
    LineSettings,
    OriginSettings,
    ScanSettings,
    SlotSettings,
    TextSettings,
    thick,
    thin,
)
from platewright.network.weights import (
    BundleSettings,
    load_weights,
    model_arrays,
    read_settings,
    save_weights,
    set_arrays,
)
from platewright.reading.runtime import KerasNetwork
from tests.network.conftest import looks

ARRAYS = {
    "a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b/bias": np.zeros(0, np.float32),
}


def refusal(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message


def test_arrays_settings_and_note_come_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "w.npz"
    settings = BundleSettings(slots=SlotSettings(slots=7))
    save_weights(path, ARRAYS, settings, {"steps": 12, "é": [1]})
    arrays, again, note = load_weights(path)
    assert (again, note) == (settings, {"steps": 12, "é": [1]})
    assert set(arrays) == set(ARRAYS)
    for name, value in ARRAYS.items():
        assert arrays[name].dtype == np.float32 and (arrays[name] == value).all()
    assert [p.name for p in path.parent.iterdir()] == ["w.npz"]


def test_a_model_gives_back_what_it_was_given(small_npz: Path) -> None:
    arrays, settings, _ = load_weights(small_npz)
    model = build(settings).teach
    set_arrays(model, arrays, "w.npz")
    again = model_arrays(model)
    assert set(again) == set(arrays)
    assert all((again[k] == arrays[k]).all() for k in arrays)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such weights file" in refusal(tmp_path / "none.npz")


def test_pickles_are_refused_and_never_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "boom",))  # type: ignore[return-value]

    path = tmp_path / "w.npz"
    bomb = np.empty(1, object)
    bomb[0] = Bomb()
    np.savez(path, **{"settings.json": bomb}, allow_pickle=True)
    assert "holds pickles" in refusal(path)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("part", [0.0, 0.02, 0.3, 0.7, 0.999])
def test_a_truncated_file(tmp_path: Path, small_npz: Path, part: float) -> None:
    data = small_npz.read_bytes()
    path = tmp_path / "w.npz"
    path.write_bytes(data[: int(len(data) * part)])
    assert "not a weights file of this program: damaged" in refusal(path)


def test_a_flipped_byte(tmp_path: Path, small_npz: Path) -> None:
    data = bytearray(small_npz.read_bytes())
    data[len(data) // 2] ^= 255
    path = tmp_path / "w.npz"
    path.write_bytes(data)
    assert "damaged" in refusal(path)


def test_files_of_other_programs(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, weights=np.zeros(3))
    assert "no settings" in refusal(path)
    path.write_text("hello")
    assert "damaged" in refusal(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.txt", "hello")
    assert "no settings" in refusal(path)
    single = io.BytesIO()
    np.save(single, np.zeros(3))
    path.write_bytes(single.getvalue())  # one array, no archive
    assert "not a weights file of this program" in refusal(path)


def test_a_folder_is_no_weights_file(tmp_path: Path) -> None:
    assert "not a weights file of this program" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("missing", "lacks"),
        ("extra", "has zz/kernel, which the network lacks"),
        ("shape", r"is \(1, 2\), the network needs"),
    ],
)
def test_weights_of_another_network(
    tmp_path: Path, small_npz: Path, change: str, message: str
) -> None:
    arrays, settings, _ = load_weights(small_npz)
    first = sorted(arrays)[0]
    if change == "missing":
        del arrays[first]
    elif change == "extra":
        arrays["zz/kernel"] = np.zeros(3, np.float32)
    else:
        arrays[first] = np.zeros((1, 2), np.float32)
    path = tmp_path / "other.npz"
    save_weights(path, arrays, settings)
    with pytest.raises(WeightsError, match=message) as caught:
        KerasNetwork.load(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("value", [np.finfo(np.float32).max, -1e30])
def test_weights_that_compute_nonsense_are_told(
    tmp_path: Path, small_npz: Path, value: float
) -> None:
    """Each number is finite, and what is computed of them is not: no photo had a plate."""
    arrays, settings, _ = load_weights(small_npz)
    path = tmp_path / "large.npz"
    large = {k: np.linspace(value, value / 2, v.size).reshape(v.shape) for k, v in arrays.items()}
    save_weights(path, large, settings)
    network, image = KerasNetwork.load(path), np.ones((1, 128, 256, 1), np.float32)
    with pytest.raises(WeightsError, match=r"large\.npz: gives values that aren't finite"):
        network.run(["scan_presence"], {"image": image})


@pytest.mark.parametrize("value", [0.0, 1e-42, 0.5])
@pytest.mark.parametrize("name", ["scan_presence/kernel", "scan_conv1/kernel"])
def test_weights_to_which_all_is_one_are_refused(
    tmp_path: Path, small_npz: Path, name: str, value: float
) -> None:
    """They read no plate, in silence."""
    arrays, settings, _ = load_weights(small_npz)
    path = tmp_path / "flat.npz"
    save_weights(path, arrays | {name: np.full_like(arrays[name], value)}, settings)
    with pytest.raises(WeightsError, match=rf"flat\.npz: {name} is .* all over, so it can't read"):
        KerasNetwork.load(path)


@pytest.mark.parametrize("when", ["savez", "replace"])
def test_a_failing_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    path = tmp_path / "w.npz"
    save_weights(path, ARRAYS, looks())
    before = path.read_bytes()

    def full(where: BinaryIO | Path, *_: object, **__: object) -> None:
        if when == "savez":
            where.write(b"half")
        raise OSError(28, "No space left on device")

    target = np if when == "savez" else Path
    monkeypatch.setattr(target, when, full)
    with pytest.raises(OutputError, match=r"w\.npz: can't be written: No space left"):
        save_weights(path, {"a": np.ones(9, np.float32)}, looks())
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(OutputError, match=r"run: can't be made into a folder"):
        save_weights(tmp_path / "run" / "w.npz", ARRAYS, looks())


def test_a_file_of_the_first_edition_is_read_by_one_rule(tmp_path: Path, small_npz: Path) -> None:
    arrays, settings, _ = load_weights(small_npz)
    assert isinstance(settings, BundleSettings) and settings.slots is not None
    path = tmp_path / "old.npz"

    class Old:
        def to_json(self) -> str:
            return json.dumps(
                {
                    "name": "window", "characters": "ABC123", "slots": 5,
                    "scan_channels": [8, 8, 16], "read_window": [64, 192],
                    "read_channels": [8, 8, 16, 16], "extent": [0.45, 0.68],
                    "margin": [0.06, 0.08], "temperature": 1.0,
                }
            )  # fmt: skip

    save_weights(path, {re.sub("^slots_", "read_", k): v for k, v in arrays.items()}, Old())
    again, read, _ = load_weights(path)
    assert read == settings
    assert set(again) == set(arrays) and all((again[k] == arrays[k]).all() for k in arrays)
    set_arrays(build(read).teach, again, "old.npz")


def header(shape: str, kind: str = "<f4") -> bytes:
    """An array file's beginning, without its numbers."""
    told = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(told).to_bytes(2, "little") + told.encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (header("(1000000000000,)"), "more than the file holds"),
        (header("(" + "9" * 400 + ",)"), "damaged|more than"),
        (header("(-1,)"), "damaged|more than"),
        (header("()", "|O"), "pickles|damaged"),
        (header("()", "<U5") + b"a\0\0\0" * 5, "not numbers"),
        (header("(2,)") + np.array([1, np.nan], np.float32).tobytes(), "isn't finite"),
        (header("(1,)", "<f8") + np.array([1e300]).tobytes(), "isn't finite"),
        (b"\x93NUMPY\x09\x00", "damaged"),
        (b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16, "damaged"),
        (b"", "damaged"),
    ],
)
def test_an_array_that_is_none(tmp_path: Path, content: bytes, why: str) -> None:
    save_weights(tmp_path / "w.npz", {}, BundleSettings(slots=SlotSettings()))
    with zipfile.ZipFile(tmp_path / "w.npz", "a") as file:
        file.writestr("odd.npy", content)
    assert re.search(why, refusal(tmp_path / "w.npz"))


def test_a_bomb_is_seen_in_the_table(tmp_path: Path) -> None:
    save_weights(tmp_path / "w.npz", {}, BundleSettings(slots=SlotSettings()))
    with zipfile.ZipFile(tmp_path / "w.npz", "a", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        info = zipfile.ZipInfo("a.npy")
        file.writestr(info, b"x")
        info.file_size = 1 << 40
    assert "more than 256 MiB of weights" in refusal(tmp_path / "w.npz")


EVERY = BundleSettings(
    scan=ScanSettings(extent=(0.4, 0.7)),
    frame=FrameSettings(margin=(0.1, 0.2)),
    line=LineSettings(longest=9, characters="XYZ", temperature=1.3),
    slots=SlotSettings(slots=9, characters="XYZ", temperature=1.3),
    origin=OriginSettings(regions=("GB", "US-CA")),
)
ALONE = TextSettings(name="crnn-gru", task="ctc", window=(48, 128), channels=(4, 8), units=(8,))
FIRST = {
    "name": "window", "characters": "ABC", "slots": 9, "scan_channels": [12, 24, 48],
    "read_window": [48, 144], "read_channels": [16, 24, 48, 64], "extent": [0.45, 0.68],
    "margin": [0.05, 0.07], "temperature": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("settings", [EVERY, ALONE, BundleSettings(line=LineSettings())])
def test_settings_come_back_from_their_json(settings: BundleSettings | TextSettings) -> None:
    assert read_settings(settings.to_json()) == settings
    assert "\n" not in settings.to_json()


def test_the_first_editions_default_network_is_a_scan_and_a_slot_reader() -> None:
    scan = ScanSettings(layers=thick(12, 24, 48), residual=(2, 5, 7), head=48, extent=(0.45, 0.68))
    slots = SlotSettings(
        characters="ABC", slots=9, window=(48, 144), channels=(16, 24, 48, 64),
        margin=(0.05, 0.07), temperature=0.5,
    )  # fmt: skip
    assert read_settings(json.dumps(FIRST)) == BundleSettings(scan=scan, slots=slots)
    assert scan.grid.window == (47, 95) and scan.grid.stride == (8, 8)


def test_the_first_thin_scans_wrote_channels_alone() -> None:
    text = json.dumps({"scan": {"channels": [16, 32], "extent": [0.34, 0.52]}})
    wanted = ScanSettings(layers=thin(16, 32), residual=(2, 4), head=32, extent=(0.34, 0.52))
    assert read_settings(text) == BundleSettings(scan=wanted)
    default = json.dumps({"scan": {"channels": [24, 56], "extent": [0.34, 0.52]}})
    assert read_settings(default) == BundleSettings(scan=ScanSettings())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "its settings can't be used"),
        ("[1]", "its settings can't be used"),
        ("3", "its settings can't be used"),
        ('{"slotz": 3, "scan": {}}', "unknown settings slotz"),
        ('{"slots": {"slotz": 3}}', "unknown settings slotz"),
        ('{"slots": {"characters": "AA"}}', "distinct characters"),
        ('{"line": {"characters": "AA"}}', "distinct characters"),
        ('{"scan": 3}', "its settings can't be used"),
        ('{"scan": {"channels": [1]}}', "its settings can't be used"),
        ('{"scan": {"layers": [[3, 3, 1]]}}', "its settings can't be used"),
        ('{"scan": {"layers": []}}', "its settings can't be used"),
        ('{"scan": {"residual": [9]}}', "its settings can't be used"),
        ('{"scan_channels": [1, 2]}', "its settings can't be used"),
        (json.dumps(FIRST | {"slotz": 1}), "its settings can't be used (unknown slotz)"),
        (json.dumps(asdict(ALONE) | {"task": "ocr"}), "its settings can't be used"),
        (json.dumps(asdict(ALONE) | {"slotz": 1}), "unknown settings slotz"),
        (json.dumps({"task": "ctc", "name": "x"}), "its settings can't be used"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_source(text: str, message: str) -> None:
    with pytest.raises(WeightsError) as caught:
        read_settings(text, "w.npz")
    assert str(caught.value).startswith("w.npz: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_kind_of_settings_is_not_taken_for_the_other() -> None:
    assert read_settings(ALONE.to_json()) == ALONE
    assert read_settings(EVERY.to_json()) == EVERY


def test_photos_are_read_by_a_scan_and_what_reads_its_finds() -> None:
    scan, frame, line, slots = EVERY.scan, EVERY.frame, EVERY.line, EVERY.slots
    assert BundleSettings(scan=scan, frame=frame, line=line).reads_photos
    assert BundleSettings(scan=scan, slots=slots).reads_photos
    assert not BundleSettings(scan=scan, line=line).reads_photos
    assert not BundleSettings(frame=frame, line=line, slots=slots).reads_photos


@pytest.mark.parametrize("layers", [thin(24, 56), thick(16, 32, 64)])
def test_a_positive_covers_a_whole_step_of_the_pyramid(layers: tuple) -> None:
    """The levels' ratio is the square root of a half: a narrower range would leave gaps."""
    old = read_settings(json.dumps(FIRST))
    assert isinstance(old, BundleSettings) and old.scan is not None
    for low, high in (ScanSettings().extent, old.scan.extent):
        assert high / low > 2**0.5
    assert ScanSettings(layers=layers).grid.stride == (8, 8)


def test_the_json_is_one_line_of_plain_values() -> None:
    text = EVERY.to_json()
    assert json.loads(text)["line"]["window"] == [64, 192]
    assert list(json.loads(text)) == ["scan", "frame", "line", "slots", "origin"]


ODD = [None, -1, 10**9, float("nan"), "x", [], [0, 0], {}, 10**400, [10**6, 10**6], True, "\ud800"]


def places(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where values stand that are no objects."""
    if not isinstance(values, dict):
        yield path
        return
    for name, value in values.items():
        yield from places(value, (*path, name))


def test_no_value_of_any_setting_is_taken_that_reading_can_not_compute_with() -> None:
    whole = {name: asdict(kind()) for name, kind in PARTS.items()}
    known = set()
    for *above, last in places(whole):
        for odd in ODD:
            values = json.loads(json.dumps(whole))
            place = values
            for name in above:
                place = place[name]
            place[last] = odd
            try:
                found = read_settings(json.dumps(values), "w.npz")
            except WeightsError as error:
                assert str(error).startswith("w.npz: ")
            else:
                part = found.parts[above[0]]
                known.add((last, type(getattr(part, last))))
    assert known <= {
        ("name", str), ("characters", str), ("layers", tuple), ("regions", tuple),
        ("residual", tuple), ("margin", tuple), ("lines", int), ("longest", int), ("head", int),
        ("width", int),
    }  # fmt: skip
