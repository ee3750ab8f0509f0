"""Made-up writing: it fills its box with some ink, and never twice the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from platewright.region import load_region
from platewright.synth.face import load_face, load_faces
from platewright.synth.layout import lay_out, script_box, text_room
from platewright.synth.script import draw_script
from platewright.synth.style import draw_style


@pytest.mark.parametrize("size", [(1, 1), (4, 60), (48, 30), (60, 400)])
def test_writing_has_the_size_asked_for(size: tuple[int, int]) -> None:
    assert draw_script(np.random.default_rng(0), size).shape == size


def test_writing_is_partly_ink_and_varies() -> None:
    drawn = [draw_script(np.random.default_rng(k), (32, 160)) for k in range(20)]
    shares = [float((d > 127).mean()) for d in drawn]
    assert all(0.02 < share < 0.7 for share in shares)
    assert len({d.tobytes() for d in drawn}) == len(drawn)


@pytest.mark.parametrize("where", ["above", "left", "right"])
def test_the_characters_leave_its_room_alone(where: str) -> None:
    rng = np.random.default_rng(1)
    region = load_region("ANY")
    face = load_face(next(iter(load_faces().values())))
    for _ in range(60):
        look = region.draw(rng)
        style = replace(
            draw_style(rng, look),
            script=where,
            script_share=0.3,
            shift=(0.0, 0.0),
            jitter=0.0,
            shear=0.0,
        )
        room, box = text_room(look, style), script_box(look, style)
        assert box is not None
        for glyph in lay_out(look, style, face, rng):
            if where == "left":
                assert glyph.box[0] >= box[2] - 1
            elif where == "right":
                assert glyph.box[2] <= box[0] + 1
            assert glyph.box[2] <= room[2] + 1 and glyph.box[0] >= room[0] - 1


def test_a_wide_gap_keeps_the_letters_legible() -> None:
    rng = np.random.default_rng(2)
    region = load_region("GB")
    face = load_face(load_faces()["Barlow-SemiBold"])
    wider = 0
    for _ in range(40):
        look = region.draw(rng)
        if len(look.lines) > 1 or " " not in look.display:
            continue
        style = replace(draw_style(rng, look), gap=1.0, script="", mono=False)
        plain, wide = (lay_out(look, replace(style, gap=g), face, rng) for g in (1.0, 4.0))
        inks = [np.array([g.box[2] - g.box[0] for g in row]) for row in (plain, wide)]
        assert (inks[1] > 0.7 * inks[0]).all()
        cut = look.display.index(" ")
        gaps = [row[cut].box[0] - row[cut - 1].box[2] for row in (plain, wide)]
        wider += gaps[1] > 1.2 * gaps[0]
    assert wider > 5
