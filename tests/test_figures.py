"""The README's figures are those of results/*.json, and nothing else."""

import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EARLIER = {"lookup": "docs/web.md", "load": "docs/web.md", "voting": "docs/watch.md",
           "watching": "docs/watch.md"}  # fmt: skip
"""Results that may be of earlier weights: the page that shows them then says of which."""


def load_figures():
    spec = importlib.util.spec_from_file_location("figures", ROOT / "benchmarks/figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_shows_what_the_results_say():
    assert load_figures().figures() in (ROOT / "README.md").read_text()


def test_every_result_names_its_command():
    files = sorted((ROOT / "results").glob("*.json"))
    assert files
    for file in files:
        command = json.loads(file.read_text())["command"]
        assert (ROOT / command.split()[1]).is_file(), file
        assert "../" not in command, file


def test_the_results_are_of_the_weights_that_are_here():
    import hashlib

    figures = load_figures()
    names = {
        "weights.onnx": figures.MEASURED,
        "weights.float.onnx": figures.EXACT,
    }
    for weights, results in names.items():
        digest = hashlib.sha256((ROOT / weights).read_bytes()).hexdigest()
        for name in results:
            result = json.loads((ROOT / f"results/{name}.json").read_text())
            assert result["weights_sha256"] == digest, name
    for name in (*figures.MEASURED, *figures.EXACT):
        result = json.loads((ROOT / f"results/{name}.json").read_text())
        assert not result.get("reader"), f"{name}: read with another network than the weights'"


def test_a_page_says_of_which_weights_its_figures_are():
    import hashlib

    here = hashlib.sha256((ROOT / "weights.onnx").read_bytes()).hexdigest()
    for name, page in EARLIER.items():
        digest = json.loads((ROOT / f"results/{name}.json").read_text())["weights_sha256"]
        told = (ROOT / page).read_text()
        assert digest == here or f"`{digest[:12]}`" in told, f"{page}: {name} is of {digest[:12]}"
