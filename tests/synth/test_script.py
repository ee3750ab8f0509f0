"""Writing of other scripts and made-up writing: ink, order, room, and who stands where."""

from __future__ import annotations

from dataclasses import replace
from string import ascii_uppercase

import numpy as np
import pytest

from platewright.region import load_region, region_codes
from platewright.region.choice import KINDS, ScriptChoice
from platewright.region.look import Script
from platewright.synth.face import characters_of, load_face, load_faces
from platewright.synth.layout import arrange
from platewright.synth.script import draw_script, script_faces, shape, word_mask
from platewright.synth.style import draw_style
from platewright.synth.writing import place_scripts


@pytest.mark.parametrize("size", [(1, 1), (4, 60), (48, 30), (60, 400)])
def test_writing_has_the_size_asked_for(size: tuple[int, int]) -> None:
    assert draw_script(np.random.default_rng(0), size).shape == size


def test_writing_is_partly_ink_and_varies() -> None:
    drawn = [draw_script(np.random.default_rng(k), (32, 160)) for k in range(20)]
    shares = [float((d > 127).mean()) for d in drawn]
    assert all(0.02 < share < 0.7 for share in shares)
    assert len({d.tobytes() for d in drawn}) == len(drawn)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_script_has_faces_with_ink_for_all_of_its_words(kind: str) -> None:
    alphabet = KINDS[kind]
    assert script_faces(kind)
    digits = () if alphabet.digits.isascii() else (alphabet.digits,)
    for word in (*alphabet.words, *digits, *alphabet.letters):
        masks = [word_mask(kind, word, variant) for variant in range(len(script_faces(kind)))]
        assert all(mask.max() > 200 for mask in masks), word


def test_arabic_letters_join_and_run_from_the_right() -> None:
    # beh-alef-beh: initial and final, then a beh alone; turned round.
    assert shape("باب", "arabic") == "\ufe8f\ufe8e\ufe91"
    assert shape("لا", "arabic") == "\ufefb"  # lam-alef is one form
    assert shape("رد", "arabic") == "\ufea9\ufead"  # letters that never join forwards
    assert shape("אב 12", "hebrew") == "12 בא"
    assert shape("رد DUBAI", "arabic") == "DUBAI \ufea9\ufead"  # a Latin word is not turned round


def test_words_stand_apart_and_no_box_between() -> None:
    whole = word_mask("japanese", "品川 なにわ", 0).max(axis=0) > 127
    parts = [word_mask("japanese", word, 0) for word in ("品川", "なにわ")]
    first, last = parts[0].shape[1], parts[1].shape[1]
    assert not whole[first + 3 : -last - 3].any()
    assert first + last < whole.size < first + last + 24


def test_latin_words_of_scripts_whose_faces_have_none_have_faces_of_their_own() -> None:
    arabic, latin = word_mask("arabic", "دبي", 0), word_mask("arabic", "DUBAI", 0)
    assert latin.max() > 200 and latin.shape[1] > 2.5 * latin.shape[0]
    both = word_mask("arabic", "دبي|DUBAI", 0)
    assert both.shape[0] > arabic.shape[0] + latin.shape[0]


def test_vowel_signs_before_their_consonant_are_written_there() -> None:
    assert shape("कि", "devanagari") == "\u093f\u0915"
    assert shape("নো", "bengali") == "\u09c7\u09a8\u09be"
    assert shape("京A", "chinese") == "京A"


def test_every_script_word_of_every_region_has_ink() -> None:
    for code in region_codes():
        for series in load_region(code).series:
            for choice in series.scripts:
                for word in choice.words:
                    known = set(word) - set("#@|{} text" + ascii_uppercase)  # those have own faces
                    assert any(known <= characters_of(f) for f in script_faces(choice.kind)), word


@pytest.mark.parametrize("where", ["above", "below", "left", "right", "between"])
def test_the_characters_leave_its_room_alone(where: str) -> None:
    rng = np.random.default_rng(1)
    region = load_region("ANY")
    face = load_face(next(iter(load_faces().values())))
    placed_words = 0
    for number in range(60):
        look = replace(region.draw(rng), scripts=())
        kind = sorted(KINDS)[number % len(KINDS)]
        script = Script(kind=kind, text=(KINDS[kind].words[0],), place=where, height=0.35)
        style = replace(
            draw_style(rng, look), script=script, shift=(0.0, 0.0), jitter=0.0, shear=0.0
        )
        placed = arrange(look, style, face, rng)[0]
        inks = [glyph.box for glyph in placed if glyph.counts]
        for word in place_scripts(look, style, placed):
            placed_words += 1
            x0, y0, x1, y1 = word.box
            assert -0.01 <= x0 < x1 <= look.size_mm[1] + 0.01
            assert -0.01 <= y0 < y1 <= look.size_mm[0] + 0.01
            for a0, b0, a1, b1 in inks:
                if where != "between":  # a line above or below the gap may reach into its box
                    across, down = min(a1, x1) - max(a0, x0), min(b1, y1) - max(b0, y0)
                    assert across < 1 or down < 1, (where, look.display)
    assert placed_words > (15 if where == "between" else 55)


def test_the_registration_stands_over_itself_group_by_group() -> None:
    rng = np.random.default_rng(3)
    choice = ScriptChoice(kind="arabic", words=("{text}",), places=("above",), height=(0.4, 0.4))
    look = replace(load_region("GB").draw(rng), display="1234 RSB", lines=("1234 RSB",))
    script = choice.draw(rng.random, ["1234", "RSB"])
    assert script is not None and script.text == ("١٢٣٤", "ر س ب")
    style = replace(
        draw_style(rng, look), script=script, jitter=0.0, shear=0.0, shift=(0.0, 0.0), size=1.0
    )
    face = load_face(load_faces()["Barlow-SemiBold"])
    placed = arrange(replace(look, scripts=()), style, face, rng)[0]
    words = place_scripts(replace(look, scripts=()), style, placed)
    for word, first, last in zip(words, (0, 4), (3, 6), strict=True):
        middle = (placed[first].box[0] + placed[last].box[2]) / 2
        assert (word.box[0] + word.box[2]) / 2 == pytest.approx(middle)
        assert word.box[3] < placed[first].box[1]


def test_chinese_signs_stand_as_narrow_and_tall_as_the_letters() -> None:
    rng = np.random.default_rng(5)
    seen = 0
    for _ in range(40):
        look = load_region("CN").draw(rng)
        style = replace(draw_style(rng, look), jitter=0.0, mono=False, width=1.0, size=1.0)
        style = replace(style, script=None, face="Barlow-SemiBold", fill=0.0)
        placed = arrange(look, style, load_face(load_faces()[style.face]), rng)[0]
        sign, letter = placed[0].box, placed[1].box
        if len(look.lines) > 1 or sign[3] - sign[1] < 0.9 * (letter[3] - letter[1]):
            continue  # some signs are flat by nature
        seen += 1
        assert look.glyph_width_mm is not None
        assert sign[2] - sign[0] <= look.glyph_width_mm + 0.01
    assert seen > 15


def test_a_tenth_of_generic_plates_bear_another_script() -> None:
    rng = np.random.default_rng(4)
    looks = [load_region("ANY").draw(rng) for _ in range(1500)]
    assert 0.09 < sum(bool(look.scripts) for look in looks) / len(looks) < 0.14
    assert len({script.kind for look in looks for script in look.scripts}) > 15


def test_a_wide_gap_keeps_the_letters_legible() -> None:
    rng = np.random.default_rng(2)
    region = load_region("GB")
    face = load_face(load_faces()["Barlow-SemiBold"])
    wider = 0
    for _ in range(40):
        look = region.draw(rng)
        if len(look.lines) > 1 or " " not in look.display:
            continue
        style = replace(draw_style(rng, look), gap=1.0, script=None, mono=False)
        plain, wide = (arrange(look, replace(style, gap=g), face, rng)[0] for g in (1.0, 4.0))
        inks = [np.array([g.box[2] - g.box[0] for g in row]) for row in (plain, wide)]
        assert (inks[1] > 0.7 * inks[0]).all()
        cut = look.display.index(" ")
        gaps = [row[cut].box[0] - row[cut - 1].box[2] for row in (plain, wide)]
        wider += gaps[1] > 1.2 * gaps[0]
    assert wider > 5
