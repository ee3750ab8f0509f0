"""Does drawing hold up the training?

Run: python benchmarks/training_input.py

Times the same training step on batches held in memory and on live ones, in one run. Where all
cores train, drawing takes its own part of them, so live batches can't be as fast as held ones: the
benchmark measures that part (the drawing process' own time a batch) and asks whether the step
reaches what is left. Writes results/training_input.json.
"""

from __future__ import annotations

import argparse
import functools
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as in train.py
from checkout import ROOT, write_result

from platewright.network.kind import DEFAULT, load_kind
from platewright.training.fit import (
    Trainer,
    TrainSettings,
)
from platewright.training.stream import (
    BatchStream,
    make_drawing,
    prepare,
)
from platewright.training.task import load_task


def steps_per_s(trainer: Trainer, batches: Any, steps: int) -> float:
    """Return how many steps a second the trainer takes on an iterator of batches."""
    began = time.perf_counter()
    for _ in range(steps):
        inputs, targets = next(batches)
        trainer.model.train_on_batch(prepare(inputs), targets)
    return steps / (time.perf_counter() - began)


class Repeat:
    """Hands out the same batches over and over."""

    def __init__(self, batches: list[Any]) -> None:
        """Keep them."""
        self.batches, self.at = batches, 0

    def __next__(self) -> Any:
        """Return the next one."""
        self.at += 1
        return self.batches[self.at % len(self.batches)]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30, help="of each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of the three (%(default)s)")
    parser.add_argument("--bgs", type=Path, default=Path("bgs"))
    args = parser.parse_args()
    tasks = [load_task(load_kind(name).recipe()) for name in DEFAULT]
    settings = TrainSettings(decay=1e-2, clip=5.0)
    make = functools.partial(make_drawing, 0, args.bgs, settings.samples, tasks)
    draw = make()
    began = time.perf_counter()
    held = [draw(k) for k in range(8)]
    alone = 8 / (time.perf_counter() - began)
    trainer = Trainer(tasks, settings, Path("runs/benchmark"))
    steps_per_s(trainer, Repeat(held), 5)
    memory, live, waits = [], [], []
    for _ in range(args.rounds):
        memory.append(steps_per_s(trainer, Repeat(held), args.steps))
        with BatchStream(make, workers=1) as stream:
            next(stream)
            before, began = stream.waited_s, time.perf_counter()
            live.append(steps_per_s(trainer, stream, args.steps))
            waits.append((stream.waited_s - before) / (time.perf_counter() - began))
    cores = os.cpu_count() or 1
    held_rate, live_rate = sorted(memory)[args.rounds // 2], sorted(live)[args.rounds // 2]
    left = held_rate * (1 - live_rate / alone / cores)
    result = {
        "command": "python benchmarks/training_input.py",
        "cores": cores,
        "steps_per_s_held_in_memory": round(held_rate, 3),
        "steps_per_s_live": round(live_rate, 3),
        "live_over_held": round(live_rate / held_rate, 3),
        "part_of_the_cores_that_drawing_needs": round(live_rate / alone / cores, 3),
        "live_over_what_drawing_leaves": round(live_rate / left, 3),
        "part_of_the_time_waiting_for_drawings": round(sorted(waits)[args.rounds // 2], 4),
        "batches_per_s_of_one_drawing_process_alone": round(alone, 2),
        "samples_in_a_batch": {task.name: task.batch for task in tasks},
    }
    write_result(ROOT / "results/training_input.json", result)


if __name__ == "__main__":
    main()
