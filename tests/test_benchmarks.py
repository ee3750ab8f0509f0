"""The benchmarks measure what they say, and say in a line what they can't."""

import cProfile
import importlib.util
import itertools
import json
import pstats
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "benchmarks/peers"
sys.path.insert(0, str(ROOT))


def load(name):
    spec = importlib.util.spec_from_file_location(
        f"benchmark_{name}", ROOT / f"benchmarks/{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


drawing = load("drawing")
stages = load("stages")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos") / "bgs"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), np.uint8)
    for k, picture in enumerate(noise):
        cv2.imwrite(str(folder / f"{k:08d}.jpg"), cv2.GaussianBlur(picture, (0, 0), 5))
    return folder


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ([], {}),
        (["--scenes"], {"scenes": True, "grey": False}),
        (["--scenes", "--grey"], {"scenes": True}),
    ],
)
def test_what_is_measured_is_what_gen_draws(words, kind, photos, tmp_path, monkeypatch):
    from platewright.command import gen
    from platewright.generation import job as package

    jobs = []
    monkeypatch.setattr(package, "draw_folder", lambda job, *_, **__: jobs.append(job) or "")
    gen.main(["1", "--bgs", str(photos), "--out", str(tmp_path), "--seed", "1", *words])
    assert jobs == [drawing.gen_job(photos, **kind)]


def test_the_clock_counts_pictures_and_goes_on_where_it_was(monkeypatch):
    clock, processor = itertools.count(100.0, 0.5), itertools.count(7.0, 0.125)
    monkeypatch.setattr(drawing.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(drawing.time, "process_time", lambda: next(processor))
    drawn, indices = [], itertools.count(5)

    def draw(k: int) -> int:
        drawn.append(k)
        return 4

    assert drawing.measure(draw, indices, 1.6) == (12, 2.5, 0.125)
    assert drawn == [5, 6, 7]
    assert next(indices) == 8


def test_a_rate_is_a_median_of_the_processors_seconds():
    rates = drawing.summary([(10, 4.0, 1.0), (10, 4.0, 2.0), (10, 4.0, 0.5)])
    assert rates["per_s"] == 10.0
    assert (rates["per_s_lowest"], rates["per_s_highest"]) == (5.0, 20.0)
    assert rates["per_s_of_the_clock"] == 2.5
    assert rates["processor_ms"] == 100.0


def test_ours_is_compared_with_the_peer_round_by_round():
    runs = {
        "windows": [(100, 1.0, 1.0), (60, 1.0, 1.0), (80, 1.0, 1.0)],
        "windows_written": [(50, 1.0, 1.0)] * 3,
        "trdg": [(10, 1.0, 1.0), (5, 1.0, 1.0), (4, 1.0, 1.0)],
        "trdg_written": [(5, 1.0, 1.0)] * 3,
    }
    assert drawing.over_peer(runs, "trdg") == 12.0
    assert drawing.over_peer(runs, "trdg_written") == 10.0


def test_every_second_of_a_profile_is_in_one_stage(photos):
    draw = drawing.make_kinds(photos, photos)["windows"]
    for k in range(2):  # faces are opened when they are first wanted
        draw(k)
    profiler = cProfile.Profile()
    profiler.enable()
    for k in range(2):
        draw(k)
    profiler.disable()
    stats = pstats.Stats(profiler)
    found = stages.split_stages(stats)
    assert sum(found.values()) == pytest.approx(sum(v[2] for v in stats.stats.values()))
    assert set(found) <= {*stages.STAGES, stages.OTHER}
    ours = {who: stages.stage_of(who[0], who[2]) for who in stats.stats}
    assert [who for who, stage in ours.items() if stage == stages.OTHER] == []
    for stage in ("background", "plate: sheet", "plate: pose and warp", "sensor, noise, JPEG"):
        assert found[stage] > 0
    assert "PNG and label" not in found


def test_a_library_call_counts_where_it_comes_from():
    here, there = ("/platewright/synth/panel.py", 1, "f"), ("/platewright/synth/face.py", 1, "g")
    numpy, built_in = ("/numpy/x.py", 1, "clip"), ("~", 0, "<reduce>")
    stats = pstats.Stats()
    stats.stats = {
        here: (1, 1, 1.0, 5.0, {}),
        there: (1, 1, 2.0, 4.0, {}),
        numpy: (2, 2, 3.0, 6.0, {here: (1, 1, 2.0, 4.0), there: (1, 1, 1.0, 2.0)}),
        built_in: (2, 2, 3.0, 3.0, {numpy: (2, 2, 3.0, 3.0)}),
    }
    found = stages.split_stages(stats)
    assert found["panel"] == pytest.approx(1 + 2 + 2)
    assert found["plate: glyphs and layout"] == pytest.approx(2 + 1 + 1)


def test_every_module_that_draws_has_a_stage():
    elsewhere = {"__init__", "explain", "showcase"}
    modules = {p.stem for p in (ROOT / "platewright/synth").glob("*.py")} - elsewhere
    named = {name for names in stages.STAGES.values() for name in names.split()}
    assert modules <= named, "give the new module a stage, or say that scenes don't need it"
    code: dict[str, str] = {}
    for path in (ROOT / "platewright").rglob("*.py"):
        code[path.stem] = code.get(path.stem, "") + path.read_text()
    gone = [n for n in named for m, _, f in [n.partition(".")] if f"def {f}" not in code.get(m, "")]
    assert [n for n in gone if "." in n or n not in code] == []


def run(*words):
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/drawing.py"), *map(str, words)],
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--peer", "trdg"], "NAME=PYTHON, not trdg; known names: synthtiger, trdg"),
        (["--peer", "other=python"], "known names: synthtiger, trdg"),
        (["--peer", "trdg=/no/python"], "--peer trdg: no /no/python"),
        (["--rounds", "0"], "--rounds must be at least 1"),
        (["--bgs", "/no/bgs"], "/no/bgs: no photos"),
    ],
)
def test_wrong_arguments_are_explained(words, said, photos, capsys):
    with pytest.raises(SystemExit) as left:
        drawing.main(["--bgs", str(photos), *words])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.process
def test_a_peer_that_fails_is_named_in_a_line(photos):
    broken = [sys.executable, "-c", "import sys; sys.exit('no module trdg')"]
    with pytest.raises(SystemExit, match=r"trdg failed: no module trdg$"):
        drawing.ask_peer("trdg", broken, photos, 0.1, None)


@pytest.mark.process
def test_a_peer_that_draws_nothing_is_no_rate(photos):
    said = json.dumps({"drawn": 0, "given_up": 9, "seconds": 0.1, "processor_seconds": 0.1})
    idle = [sys.executable, "-c", f"print({said!r})"]
    with pytest.raises(SystemExit, match=r"trdg drew nothing in 0.1 s"):
        drawing.ask_peer("trdg", idle, photos, 0.1, None)


UPSTREAM = """
import cv2, os, random
from PIL import Image, ImageFont
import common
FONT_DIR = "./fonts"
def generate_ims():
    font = [f for f in os.listdir(FONT_DIR) if f.endswith(".ttf")][0]
    width, _ = ImageFont.truetype(os.path.join(FONT_DIR, font), 32).getsize(common.CHARS)
    assert width > 32 and Image.ANTIALIAS is not None
    while True:
        name = "bgs/{:08d}.jpg".format(random.randint(0, len(os.listdir("bgs")) - 1))
        yield cv2.imread(name, cv2.CV_LOAD_IMAGE_GRAYSCALE)[:64, :128] / 255., "AB12CDE", True
if __name__ == "__main__":
    for im, c, p in generate_ims():
        print c
"""


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deep-anpr")
    (folder / "gen.py").write_text(UPSTREAM)
    (folder / "common.py").write_text('CHARS = "AB"\n')
    return folder


@pytest.mark.process
def test_the_whole_of_it_beside_an_old_checkout(photos, upstream, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "drawing.json"
    words = ["--rounds", 1, "--seconds", 0.05, "--upstream", upstream, "--out", out]
    done = run("--bgs", photos, *words)
    assert done.returncode == 0, done.stderr
    result = json.loads(out.read_text())
    assert result["command"] == (
        "python benchmarks/drawing.py --rounds 1 --seconds 0.05 --upstream deep-anpr"
    )
    assert result["photos"] == 2
    assert set(result["goals_per_s"]) <= set(result["ours"])
    assert all(rates["per_s"] > 0 for rates in result["ours"].values())
    assert set(result["peers"]) == {"deep_anpr", "deep_anpr_written"}
    assert result["peers"]["deep_anpr"]["versions"]["opencv"] == cv2.__version__
    for kind in result["profile"].values():
        assert sum(kind["stages_percent"].values()) == pytest.approx(100, abs=1)
    assert list(tmp_path.iterdir()) == [out], "the scratch folder is gone"


@pytest.mark.process
def test_a_peers_driver_writes_what_it_draws_and_leaves_out_what_was_given_up(tmp_path):
    program = (
        "import itertools, lines\n"
        "class Picture:\n"
        "    def save(self, path): path.write_bytes(b'x')\n"
        "print('peers chatter')\n"
        "lines.main('', lambda bgs, fonts: itertools.cycle([Picture(), None]), {'peer': '1'})\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "--bgs=.",
            "--fonts=.",
            "--seconds=0.02",
            "--out",
            tmp_path,
        ],
        capture_output=True,
        text=True,
        cwd=PEERS,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert abs(said["drawn"] - said["given_up"]) <= 1
    assert len(list(tmp_path.iterdir())) == said["drawn"] > 0
    assert said["versions"]["peer"] == "1"


def test_the_peers_versions_are_pinned_and_each_has_a_driver():
    files = sorted(PEERS.glob("*-requirements.txt"))
    assert [f.name for f in files] == ["synthtiger-requirements.txt", "trdg-requirements.txt"]
    for file in files:
        name = file.name.removesuffix("-requirements.txt")
        assert (PEERS / f"{name}_lines.py").is_file()
        pins = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in pins), file
        assert any(line.startswith(f"{name}==") for line in pins)


bench = load("bench")


def test_multiplications_are_those_of_the_network_that_is_fed(tmp_path):
    """Of a whole bundle only what depends on the named input counts, at the size that it has."""
    weights = ROOT / "weights.onnx"
    one = bench.count_macs(weights, "plate", (1, 64, 192, 1))
    assert bench.count_macs(weights, "plate", (3, 64, 192, 1)) == pytest.approx(3 * one, rel=0.01)
    assert 50e6 < one < 250e6
    small = bench.count_macs(weights, "image", (1, 128, 256, 1))
    large = bench.count_macs(weights, "image", (1, 512, 1024, 1))
    assert 16 <= large / small < 40  # the window's edge costs a small picture more


def test_the_ratio_is_the_median_of_the_turns_and_is_drawn(tmp_path):
    ours, floor = itertools.cycle([2.0, 3.0, 10.0]), itertools.cycle([1.0, 1.0, 2.0])
    found = bench.measured((lambda: next(ours), lambda: next(floor)), 0)
    assert found["turns"] == 5 and found["ratio"] == 3 and found["spread"] == 0.667
    bench.draw_chart({"reading": found, "start": found}, tmp_path / "bench.png")
    assert cv2.imread(str(tmp_path / "bench.png")).shape[1] > 300


SCRIPTS = sorted(
    p for p in (ROOT / "benchmarks").glob("*.py") if "ArgumentParser(" in p.read_text()
)


@pytest.mark.process
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_benchmark_starts(path):
    done = subprocess.run(
        [sys.executable, path, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stdout.startswith("usage:"), done.stderr
