"""The networks of one exported file, taken apart: each with what it is computed from and no more.

ONNX Runtime goes through every node of a file's graph in each run, also through those of networks
that are not asked, which get no picture. Taken apart each network is a file of its own, in memory:
the same bytes of nodes and weights, and so the same numbers. Nothing is read but the few fields of
ModelProto and GraphProto (onnx.proto) that say what belongs together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

GRAPH, METADATA = 7, 14  #: A model's fields
MODEL_REMARKS, REMARKS = {6, 20}, {10, 13, 14, 16}
"""Fields of a model and of a graph that nothing is computed by: documentation, training, the sizes
of the values between. They may be as large as the file, and each part would have them."""
MOST_METADATA = 1 << 20  #: Bytes of an entry that is kept, by the first part; settings have 1 KB
NODE, INITIALIZER, INPUT, OUTPUT = 1, 5, 11, 12  #: A graph's fields
NODE_INPUT, NODE_OUTPUT = 1, 2
NAME, TENSOR_NAME = 1, 8
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  #: Wire types (Protocol Buffers, "Encoding")


@dataclass(frozen=True)
class Part:
    """A network of a file."""

    inputs: tuple[str, ...]  #: names
    outputs: tuple[str, ...]  #: names
    model: bytes  #: the file that it would be alone


class _Field(NamedTuple):
    """A field of a message: its number, and where it begins, its content begins, and it ends."""

    number: int
    start: int
    content: int
    end: int


def take_apart(model: bytes) -> list[Part]:
    """Return the networks of a file that have no input in common.

    Args:
        model: an ONNX file.

    Raises:
        ValueError: if it is none, or is cut off.
    """
    data = memoryview(model)
    graphs = [field for field in _fields(data) if field.number == GRAPH]
    if len(graphs) != 1:
        raise ValueError("no ONNX file: not one graph")
    graph = graphs[0]
    fields = list(_fields(data, graph.content, graph.end))
    nodes = [(field, *_ends(data, field)) for field in fields if field.number == NODE]
    named = {
        field: _name(data, field, TENSOR_NAME if field.number == INITIALIZER else NAME)
        for field in fields
        if field.number in (INITIALIZER, INPUT, OUTPUT)
    }
    given = {name for field, name in named.items() if field.number == INPUT}
    together: dict[frozenset[str], list[str]] = {}
    for output in (name for field, name in named.items() if field.number == OUTPUT):
        needed, _ = _needed([output], nodes)
        together.setdefault(frozenset(needed & given), []).append(output)
    inputs = [name for group in together for name in group]
    if not inputs:
        raise ValueError("a graph that computes nothing")
    if len(inputs) > len(set(inputs)):
        raise ValueError("networks that share an input")
    parts: list[Part] = []
    own_fields = [f for f in _fields(data) if f.number not in {GRAPH, *MODEL_REMARKS}]
    for group, outputs in together.items():
        rest = b"".join(
            data[f.start : f.end]
            for f in own_fields
            if f.number != METADATA or (not parts and f.end - f.start <= MOST_METADATA)
        )
        needed, own = _needed(outputs, nodes)
        kept = b"".join(
            data[field.start : field.end]
            for field in fields
            if (field.number != NODE or field in own)
            and (field.number not in (INITIALIZER, INPUT) or named[field] in needed)
            and (field.number != OUTPUT or named[field] in outputs)
            and field.number not in REMARKS
        )
        head = bytes([GRAPH << 3 | BYTES]) + _varint(len(kept))
        parts.append(Part(tuple(sorted(group)), tuple(outputs), rest + head + kept))
    return parts


def _needed(
    outputs: list[str], nodes: list[tuple[_Field, list[str], list[str]]]
) -> tuple[set[str], set[_Field]]:
    """Return what outputs are computed from, and by which nodes; nodes stand in their order."""
    needed, own = set(outputs), set()
    for field, inputs, made in reversed(nodes):
        if not needed.isdisjoint(made):
            own.add(field)
            needed.update(inputs)
    return needed, own


def _ends(data: memoryview, node: _Field) -> tuple[list[str], list[str]]:
    """Return the names of a node's inputs and outputs."""
    ends: dict[int, list[str]] = {NODE_INPUT: [], NODE_OUTPUT: []}
    for field in _fields(data, node.content, node.end):
        if field.number in ends:
            ends[field.number].append(str(data[field.content : field.end], "utf-8"))
    return ends[NODE_INPUT], ends[NODE_OUTPUT]


def _name(data: memoryview, message: _Field, number: int) -> str:
    for field in _fields(data, message.content, message.end):
        if field.number == number:
            return str(data[field.content : field.end], "utf-8")
    return ""


def _fields(data: memoryview, start: int = 0, end: int | None = None) -> Iterator[_Field]:
    """Yield the fields of a message."""
    end = len(data) if end is None else end
    at = start
    while at < end:
        first = at
        key, at = _read_varint(data, at, end)
        content, kind = at, key & 7
        if kind == VARINT:
            _, at = _read_varint(data, at, end)
        elif kind == BYTES:
            size, content = _read_varint(data, at, end)
            at = content + size
        elif kind in (FIXED32, FIXED64):
            at += 4 if kind == FIXED32 else 8
        else:
            raise ValueError("no ONNX file")
        if at > end:
            raise ValueError("cut off")
        yield _Field(key >> 3, first, content, at)


def _read_varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """Return a number of any length, and where it ends."""
    value = shift = 0
    while at < end and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("cut off")


def _varint(value: int) -> bytes:
    """Return a number as it is written.

    >>> _varint(300).hex()
    'ac02'
    """
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
