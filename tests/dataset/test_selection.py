"""Splits by plate text, and the leak of a split by picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from platewright.dataset.selection import (
    SIDES,
    leak,
    plain_text,
    split_by_picture,
    split_by_text,
)

TEXTS = st.lists(st.lists(st.sampled_from(["A1", "a-1", "B2", "C3", "D4", "", "?"]), max_size=3))


def test_a_split_by_picture_leaks_and_one_by_text_does_not() -> None:
    # 300 cars, each photographed one to nine times: a car park's week.
    rng = np.random.default_rng(3)
    texts = [[f"AB{car:03d}"] for car in range(300) for _ in range(rng.integers(1, 10))]
    for seed in range(5):
        by_picture = split_by_picture(len(texts), 0.8, seed)
        by_text = split_by_text(texts, 0.8, seed)
        assert leak(texts, by_picture) > 0.9
        assert leak(texts, by_text) == 0
        for sides in (by_picture, by_text):
            assert abs(sides.count("train") / len(texts) - 0.8) < 0.01


@given(TEXTS, st.floats(0.05, 0.95), st.integers(0, 9))
def test_no_text_is_on_both_sides(texts, share, seed) -> None:
    sides = split_by_text(texts, share, seed)
    assert len(sides) == len(texts) and set(sides) <= set(SIDES)
    assert leak(texts, sides) == 0
    train, val = (
        {plain_text(t) for own, s in zip(texts, sides, strict=True) if s == side for t in own}
        - {""}
        for side in SIDES
    )
    assert not train & val
    assert sides == split_by_text(texts, share, seed)


@given(st.permutations([[f"T{k // 2}"] for k in range(12)]), st.integers(0, 5))
def test_the_order_of_the_pictures_changes_nothing(texts, seed) -> None:
    def val(order) -> set[str]:
        sides = split_by_text(order, 0.75, seed)
        return {own[0] for own, side in zip(order, sides, strict=True) if side == "val"}

    assert val(texts) == val(sorted(texts)) and len(val(texts)) in (1, 2)


def test_pictures_that_share_plates_are_linked() -> None:
    chain = [["A1", "B2"], ["b 2", "C3"], ["C3"], ["D4"]]
    for seed in range(20):
        sides = split_by_text(chain, 0.5, seed)
        assert len(set(sides[:3])) == 1 and len(set(sides)) == 2


def test_texts_with_unknown_characters_stay_together_too() -> None:
    texts = [[f"AB{'?*#'[k % 3]}{k % 4}"] for k in range(40)]
    sides = split_by_text(texts)
    pairs = {(k % 4, side) for k, side in enumerate(sides)}
    assert len(pairs) == 4 and set(sides) == set(SIDES) and leak(texts, sides) == 0
    assert leak(texts, split_by_picture(40)) == 1
    assert split_by_text([["???"]] * 100).count("val") == 20  # nothing is known of these


def test_seeds_differ_and_no_side_is_empty() -> None:
    texts = [[f"T{k}"] for k in range(50)]
    assert len({tuple(split_by_text(texts, 0.8, seed)) for seed in range(5)}) == 5
    for share in (0.01, 0.99):
        assert set(split_by_text([["A1"], ["B2"]], share)) == set(SIDES)
    assert split_by_text([["A1"], ["A1"]]) in (["train"] * 2, ["val"] * 2)
    assert split_by_text([]) == []


def test_pictures_without_a_text_are_dealt_out_too() -> None:
    sides = split_by_text([[]] * 100)
    assert sides.count("val") == 20 and leak([[]] * 100, sides) == 0


def test_the_leak_is_counted_by_plate() -> None:
    texts = [["A1"], ["a-1", "B2", ""], ["B3", "A 1"], ["C4"]]
    # Held back: A1 (known), B2 (not), nothing, B3 (not), A1 (known).
    assert leak(texts, ["train", "val", "val", "train"]) == 0.5
    assert leak(texts, ["train"] * 4) == leak(texts, ["val"] * 4) == 0
