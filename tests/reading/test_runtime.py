"""A first run of weights: it may take as long as the machine needs, and not for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from onnx import StringStringEntryProto, TensorProto, helper

from platewright import limit
from platewright.errors import WeightsError
from platewright.reading import runtime
from tests.script import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


class Session:
    """Runs until it is told to end.

    Args:
        work: what it does all the while.
        least: how often at least, before it ends by itself; None: it never does.
    """

    def __init__(self, work: Any, least: int | None = None) -> None:
        self.work, self.least = work, least

    def run(self, outputs: list[str], given: dict[str, Any], options: Any) -> list[str]:
        count = 0
        while not options.terminate and count != self.least:
            self.work()
            count += 1
        return ["ended"] if options.terminate else ["done"]


def test_a_first_run_is_ended_by_the_work_it_takes_and_not_by_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sound weights were refused where much else was run beside."""
    spent = [100.0]
    monkeypatch.setattr(limit, "time", SimpleNamespace(process_time=lambda: spent[0]))
    monkeypatch.setattr(runtime, "FIRST_RUN_S", 0.5)

    def work() -> None:
        spent[0] = 100.6  # and no more: what is told to end and doesn't is left alone
        time.sleep(0.01)

    network = runtime.OnnxNetwork.__new__(runtime.OnnxNetwork)
    waiting = Session(lambda: time.sleep(0.1), least=12)
    assert network._try(waiting, [], {}) == ["done"]
    assert network._try(Session(work), [], {}) == ["ended"]


def calls(count: int) -> bytes:
    """A file of a few bytes whose functions call each other 2^`count` times."""
    own = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    functions = [
        helper.make_function("f", "F0", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], own)
    ]
    for k in range(1, count + 1):
        nodes = [
            helper.make_node(f"F{k - 1}", [given], [made], domain="f")
            for given, made in ("ac", "cb")
        ]
        functions.append(helper.make_function("f", f"F{k}", ["a"], ["b"], nodes, own))
    x, y = (helper.make_tensor_value_info(name, 1, [1]) for name in "xy")
    node = helper.make_node(f"F{count}", ["x"], ["y"], domain="f")
    graph = helper.make_graph([node], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=own, functions=functions, ir_version=8)
    return bytes(model.SerializeToString())


OPENS = """
import sys, threading, time
from pathlib import Path
from platewright.errors import WeightsError, run_script
from platewright.limit import goes_on
from platewright.reading import runtime

def tell():
    while not goes_on():
        time.sleep(0.01)
    print("begun", flush=True)

def main():
    threading.Thread(target=tell, daemon=True).start()
    try:
        runtime.open_session(Path(sys.argv[1]))
    except WeightsError as error:
        print(error)
    runtime.OnnxNetwork(Path(sys.argv[1]))

runtime.FIRST_RUN_S = float(sys.argv[2])
run_script(main, "x.py")
"""


@pytest.fixture
def opening(tmp_path: Path) -> Callable[[float], subprocess.Popen[str]]:
    """Return what begins to open a file that takes hours.

    In a process of its own: what the runtime does not stop goes on as long as the process.
    """
    (tmp_path / "w.onnx").write_bytes(calls(30))

    def begin(limit_s: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", OPENS, "w.onnx", str(limit_s)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        known = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=tmp_path, env=known, **pipes)

    return begin


def test_opening_a_file_is_ended_as_well(opening: Callable[[float], Any]) -> None:
    with opening(0.5) as process:
        said, failed = process.communicate(timeout=PATIENCE_S)
    told = "w.onnx: not a usable .onnx file (takes more than 0.5 s of the processor)\n"
    assert (process.returncode, said, failed) == (1, f"begun\n{told}", f"x.py: {told}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_opening_a_file_is_stopped(opening: Callable[[float], Any], number: int) -> None:
    """The runtime goes on meanwhile, and is not taken down with the process."""
    with opening(1000) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        _, failed = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, failed) == (128 + number, "x.py: stopped\n")


def test_numbers_of_other_files_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").write_bytes(bytes(64))
    tensor = TensorProto(
        name="w", data_type=1, dims=[16], data_location=TensorProto.EXTERNAL,
        external_data=[StringStringEntryProto(key="location", value="other")],
    )  # fmt: skip
    x, y = (helper.make_tensor_value_info(name, 1, [16]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [x], [y], [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "w.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=r"External"):
        runtime.open_session(tmp_path / "w.onnx")
