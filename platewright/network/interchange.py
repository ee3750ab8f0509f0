"""The scan and the reading in files that other programs run: ONNX, LiteRT and SavedModel.

One file each for the scan, which slides over a photo at several sizes, and for the reading, which
looks at what the scan found: the frame says whether it is a plate and where its corners are, the
line reader spells it. Every file tells of itself what its user needs to know. Sources: onnx.utils
(Extractor), keras.export.ExportArchive, tf.lite.TFLiteConverter (signatures).
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platewright.errors import OutputError, WeightsError
from platewright.file import file_digest, make_folder, write_file, writing
from platewright.lock import scratch_folder

if TYPE_CHECKING:  # what helps is told without NumPy
    from platewright.network.weights import BundleSettings


FORMATS = {
    "onnx": ("scan.onnx", "reading.onnx"),
    "litert": ("scan.tflite", "reading.tflite", "scan.int8.tflite", "reading.int8.tflite"),
    "savedmodel": ("savedmodel",),
}
"""What is written in each; those of `.int8` have weights of 8 bits, the last is a folder."""
FILES = {"scan": ("scan",), "reading": ("frame", "line")}  #: Networks of each file
INPUTS = {"scan": "image", "frame": "find", "line": "plate"}
OUTPUTS = {
    "scan": ("scan_presence", "scan_corners"),
    "frame": ("frame_presence", "frame_corners"),
    "line": ("steps", "plate_presence", "plate_corners"),
}
AXES = {
    "scan": ("count", "height", "width"),
    "scan_presence": ("count", "rows", "columns"),
    "scan_corners": ("count", "rows", "columns"),
    "frame": ("finds",),
    "line": ("plates",),
}
"""Names of axes of any size of a network's inputs and outputs; what is named alike is as large."""
INSIDE = {"name", "layers", "residual", "head", "channels", "width", "refined", "reach"}
"""Settings that only who builds a network needs."""
RATIO = 0.5**0.5  #: Size of each level that the scan looks at over the one before
TOLD = "platewright.json"
"""What a LiteRT file (as a zip archive) and a SavedModel (in `assets.extra`) tell of themselves."""


def file_names(formats: Iterable[str]) -> tuple[str, ...]:
    """Return the names of all that is written.

    >>> file_names(["onnx"])
    ('scan.onnx', 'reading.onnx')
    """
    return tuple(name for each in formats for name in FORMATS[each])


def export_for_others(
    weights: Path, folder: Path, formats: Collection[str], *, licence: str = ""
) -> list[Path]:
    """Write the networks that read photos for other programs, what is there already anew.

    Args:
        weights: `.npz`; for ONNX alone also `.onnx`, 8-bit ones as well.
        folder: to write to.
        formats: of `FORMATS`.
        licence: of the weights, for the files to tell.

    Returns:
        What was written, file by file.

    Raises:
        WeightsError: if the weights can't be used, lack a network, or a package is missing.
        OutputError: if something can't be written.
    """
    if weights.suffix not in (".npz", ".onnx"):
        raise WeightsError(f"{weights}: weights end in .npz or .onnx")
    if not weights.is_file():
        raise WeightsError(f"{weights}: no such weights file")
    if weights.suffix != ".npz" and {*formats} != {"onnx"}:
        raise WeightsError(f"{weights}: LiteRT and SavedModel are made of an .npz file")
    make_folder(folder)
    if "onnx" in formats:
        _write_onnx(weights, folder, licence)
    if {"litert", "savedmodel"} & {*formats}:
        try:
            with scratch_folder(folder) as work:
                _write_others(weights, folder, work, formats, licence)
        except OSError as error:
            why = error.strerror or error
            raise OutputError(f"{folder}: can't be written to: {why}") from error
    return [folder / name for name in file_names(formats)]


def _facts(
    settings: BundleSettings, parts: Iterable[str], digest: str, licence: str
) -> dict[str, Any]:
    """Return what a file tells of its networks, by name."""
    told: dict[str, Any] = {}
    for name in parts:
        own = asdict(settings.parts[name])
        told |= {f"{name}.{key}": value for key, value in own.items() if key not in INSIDE}
    if "scan.extent" in told and settings.scan is not None:
        grid = settings.scan.grid
        told |= {"scan.window": grid.window, "scan.stride": grid.stride, "scan.ratio": RATIO}
    if "line.characters" in told:
        told["alphabet"] = told["line.characters"]
    return told | {"licence": licence, "made_of": digest}


def _json(told: dict[str, Any]) -> str:
    """Return JSON, a line for each fact."""
    lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in told.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _checked(settings: Any, weights: Path) -> BundleSettings:
    """Return settings that have what reads photos."""
    names = [*settings.parts]
    if missing := [name for name in INPUTS if name not in names]:
        raise WeightsError(
            f"{weights}: has {', '.join(names)} and no {missing[0]}: what is exported are "
            "the scan, the frame and the line reader"
        )
    found: BundleSettings = settings
    return found


def _write_onnx(weights: Path, folder: Path, licence: str) -> None:
    """Write the ONNX files: parts of the one graph that all networks of the weights share."""
    from platewright.network.weights import BundleSettings, read_settings

    try:
        import onnx
        from onnx.utils import Extractor
    except ImportError:
        raise WeightsError(
            "this export needs onnx: pip install -r requirements-train.txt"
        ) from None
    with scratch_folder() as work:
        source = _onnx_of(weights, work)
        try:
            whole = onnx.load(str(source))
        except Exception as error:  # protobuf's own, without a common base
            raise WeightsError(f"{source}: not a usable .onnx file ({error})") from None
    own = {each.key: each.value for each in whole.metadata_props}
    if "settings" not in own:
        raise WeightsError(f"{weights}: not exported by this program: no settings")
    settings = _checked(read_settings(own["settings"], str(weights)), weights)
    digest, extractor = file_digest(weights), Extractor(whole)
    for name, parts in FILES.items():
        outputs = [output for part in parts for output in OUTPUTS[part]]
        proto = extractor.extract_model([INPUTS[part] for part in parts], outputs)
        proto.graph.name = name
        del proto.graph.value_info[:]
        owners = {name: part for part in parts for name in (INPUTS[part], *OUTPUTS[part])}
        for value in (*proto.graph.input, *proto.graph.output):
            axes = AXES.get(value.name, AXES[owners[value.name]])
            for axis, dim in zip(axes, value.type.tensor_type.shape.dim, strict=False):
                dim.dim_param = axis
        told = _facts(settings, parts, digest, licence)
        texts = {k: json.dumps(v) if "." in k else v for k, v in told.items()}
        own_parts: dict[str, Any] = {part: settings.parts[part] for part in parts}
        texts["settings"] = BundleSettings(**own_parts).to_json()
        onnx.helper.set_model_props(proto, texts)
        onnx.checker.check_model(proto)
        write_file(folder / f"{name}.onnx", proto.SerializeToString())


def _onnx_of(weights: Path, work: Path) -> Path:
    """Return an `.onnx` file of weights: itself, one of 32 bits beside, or a new one."""
    if weights.suffix == ".onnx":
        return weights
    import onnx

    from platewright.network.export import export

    for beside in (weights.with_suffix(".float.onnx"), weights.with_suffix(".onnx")):
        try:
            model = onnx.load(str(beside))
        except Exception:  # a missing or a damaged one is not used
            continue
        told = {each.key: each.value for each in model.metadata_props}
        small = any(node.op_type == "QuantizeLinear" for node in model.graph.node)
        if told.get("made_of") == file_digest(weights) and not small:
            return beside
    export(weights, work / "weights.onnx")
    return work / "weights.onnx"


def _write_others(
    weights: Path, folder: Path, work: Path, formats: Collection[str], licence: str
) -> None:
    """Write what TensorFlow makes, of the one SavedModel."""
    archive = work / "savedmodel"
    settings = _write_archive(weights, archive)
    digest = file_digest(weights)
    if "litert" in formats:
        _write_litert(archive, folder, settings, digest, licence)
    if "savedmodel" in formats:
        told = _facts(settings, INPUTS, digest, licence)
        (archive / "assets.extra").mkdir()
        (archive / "assets.extra" / TOLD).write_text(_json(told))
        _put(archive, folder / archive.name)


def _write_archive(weights: Path, archive: Path) -> BundleSettings:
    """Write a SavedModel with a signature for each network, and return the networks' settings."""
    from platewright.network.weights import load_networks

    networks, settings = load_networks(weights)
    found = _checked(settings, weights)
    import keras

    if keras.backend.backend() != "tensorflow":
        raise WeightsError("this export needs KERAS_BACKEND=tensorflow")
    import tensorflow as tf

    model, store = networks.run, keras.export.ExportArchive()
    for name, source in INPUTS.items():
        given = {x.name: x for x in model.inputs if x.name == source}
        part = keras.Model(given, {k: model.output[k] for k in OUTPUTS[name]})
        store.track(part)
        spec = tf.TensorSpec(part.inputs[0].shape, tf.float32, name=source)
        store.add_endpoint(name, _calling(part, source), input_signature=[spec])
    store.write_out(str(archive), verbose=False)
    return found


def _calling(model: Any, source: str) -> Any:
    """Return a function of one argument that runs a model as it reads."""

    def call(x: Any) -> Any:
        return model({source: x}, training=False)

    return call


def _write_litert(
    archive: Path, folder: Path, settings: BundleSettings, digest: str, licence: str
) -> None:
    """Write the LiteRT files; in those of 8 bits the weights are, and what they are given is not.

    A file of this form may end in a zip archive of what belongs to it (TensorFlow Lite Metadata).
    """
    import tensorflow as tf

    for name, parts in FILES.items():
        told = _json(_facts(settings, parts, digest, licence))
        for ending, optimizations in (("", []), (".int8", [tf.lite.Optimize.DEFAULT])):
            converter = tf.lite.TFLiteConverter.from_saved_model(
                str(archive), signature_keys=list(parts)
            )
            converter.optimizations = optimizations
            path = archive.parent / "part.tflite"
            path.write_bytes(converter.convert())
            with zipfile.ZipFile(path, "a") as end:
                end.writestr(TOLD, told)
            write_file(folder / f"{name}{ending}.tflite", path.read_bytes())


def _put(made: Path, place: Path) -> None:
    """Put a SavedModel that is whole into its place; one that was there goes then."""
    before = made.with_name("before")
    if place.exists() and not (place / "saved_model.pb").is_file():
        raise OutputError(f"{place}: there already, and no SavedModel: name another folder")
    with writing(place):
        if place.exists():
            place.rename(before)
        made.rename(place)
    shutil.rmtree(before, ignore_errors=True)
