from __future__ import annotations

import json

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.record import Character, CharacterRecord, PlateRecord, Reading, SceneRecord


def make_scene(presence: bool | None = None) -> SceneRecord:
    characters = (
        CharacterRecord(char="A", quad=quad_of_box((12, 21, 16, 29))),
        CharacterRecord(char="1", quad=quad_of_box((18, 31.25, 22, 39.5)), line=1),
    )
    plate = PlateRecord(
        text="A1",
        quad=np.array([[10, 20], [30, 18], [31, 42], [9, 41]], float),
        region="GB",
        characters=characters,
        drawn={"style": {"seed": 5}},
    )
    return SceneRecord(
        size=(48, 64),
        plates=(plate,),
        decoys=((1.0, 2.0, 3.5, 4.0),),
        seed=(7, 11),
        presence=presence,
        drawn={"camera": {"jpeg": 80}},
    )


@pytest.mark.parametrize("presence", [None, True, False])
def test_a_scene_comes_back_from_its_json(presence: bool | None) -> None:
    scene = make_scene(presence)
    again = SceneRecord.from_dict(json.loads(json.dumps(scene.as_dict())))
    assert again.as_dict() == scene.as_dict()
    assert again.presence is presence
    assert again.size == (48, 64)
    assert again.seed == (7, 11)
    assert again.decoys == ((1.0, 2.0, 3.5, 4.0),)
    assert [(c.char, c.line, c.box) for c in again.plates[0].characters] == [
        ("A", 0, (12, 21, 16, 29)),
        ("1", 1, (18, 31.25, 22, 39.5)),
    ]


def test_the_json_names_what_design_asks_for() -> None:
    values = make_scene(True).as_dict()
    assert (values["height"], values["width"], values["presence"]) == (48, 64, 1)
    assert values["plates"][0]["box"] == [9, 18, 31, 42]
    assert "presence" not in make_scene().as_dict()


@pytest.mark.parametrize("field", ["height", "plates", "seed", "drawn"])
def test_a_missing_field_is_named(field: str) -> None:
    values = make_scene().as_dict()
    del values[field]
    with pytest.raises(KeyError, match=field):
        SceneRecord.from_dict(values)


def test_a_reading_in_json_has_rounded_numbers_and_a_box_with_room() -> None:
    reading = Reading(
        text="A",
        confidence=0.123456,
        presence=0.98765,
        quad=np.array([[10.04, 20], [30, 18.06], [31, 42], [9, 41]]),
        characters=(
            Character(char="A", probability=0.98765, alternatives=(("A", 0.98765), ("4", 0.01))),
        ),
        region="GB",
    )
    assert reading.as_dict() == {
        "text": "A",
        "confidence": 0.1235,
        "presence": 0.9877,
        "accepted": True,
        "complete": True,
        "lines": [],
        "groups": [],
        "region": "GB",
        "region_probability": 0.0,
        "box": [7.9, 17.0, 32.1, 43.1],  # round the quad as it is told
        "quad": [[10.0, 20.0], [30.0, 18.1], [31.0, 42.0], [9.0, 41.0]],
        "characters": [
            {"char": "A", "probability": 0.9877, "alternatives": [["A", 0.9877], ["4", 0.01]]}
        ],
    }


def test_quads_are_rounded_as_python_rounds_also_where_a_product_would_not() -> None:
    rng = np.random.default_rng(3)
    values = [*rng.uniform(-900, 900, 4000), *rng.integers(-(10**5), 10**5, 4000) / 200, 1.005]
    quads = np.resize(values, (1001, 4, 2))
    plates = [PlateRecord(text="", quad=quad) for quad in quads]
    assert [plate.as_dict()["quad"] for plate in plates] == [
        [[round(x, 2) for x in point] for point in quad] for quad in quads.tolist()
    ]
