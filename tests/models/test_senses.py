"""What a value may be given as a reason for, and what never."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import catalogue
from features.declare import Feature, calendar, count, each, events, mean, reading, says, since, word
from models.senses import may_say, usual, voice

GOOD, BAD = 1, -1


def made(expression, sense="", unit="") -> Feature:
    return says(expression, en="x", vi="x", sense=sense, unit=unit)


CALLS, LAST, FIRST = count("call"), since("last", "call"), since("first", "call")


@pytest.mark.parametrize(
    ("feature", "value", "typical", "sides"),
    [
        (made(CALLS, "good"), 5, 2, {GOOD}),
        (made(CALLS, "good"), 2, 2, {GOOD}),
        (made(CALLS, "good"), 1, 2, {BAD}),
        (made(CALLS, "good"), 0, 0, {BAD}),
        (made(CALLS, "bad"), 5, 2, {BAD}),
        (made(CALLS, "bad"), 1, 2, {GOOD}),
        (made(CALLS, "fault"), 1, 9, {BAD}),
        (made(CALLS, "fault"), 0, 0, {GOOD}),
        (made(CALLS, "merit"), 1, 9, {GOOD}),
        (made(CALLS, "merit"), 0, 9, {BAD}),
        (made(CALLS), 1, 9, {GOOD, BAD}),
        (made(CALLS, "good"), 3, math.nan, {GOOD, BAD}),
        (made(CALLS - count("email"), "good", "change"), -1, -9, {BAD}),
        (made(CALLS - count("email"), "good", "change"), 0, -9, set()),
        (made(CALLS / count("email"), "bad", "times"), 0.8, 0.1, {GOOD}),
        (made(reading("last", "csat"), "good", "rating"), 2, 1, {BAD}),
        (made(LAST, "bad"), math.nan, 9, {BAD}),
        (made(FIRST, "fault"), math.nan, math.nan, {GOOD}),
        (made((since("first", "created") - FIRST) * 24.0, "bad"), math.nan, 9, {BAD}),
        (made(mean("order"), "good"), math.nan, 9, set()),
        (made(word("last", "created", "channel")), 1, math.nan, {GOOD, BAD}),
        (made(calendar("month")), 3, 6, set()),
    ],
)  # fmt: skip
def test_sides(feature: Feature, value: float, typical: float, sides: set[int]) -> None:
    assert {side for side in (GOOD, BAD) if may_say(voice(feature), value, typical, side)} == sides


NUMBERS = st.floats(-1000, 1000) | st.just(math.nan)
DECLARED = [d for group in catalogue.groups() for _, d in catalogue.declared(group)]


@given(st.sampled_from([d for d in DECLARED if d.sense]), NUMBERS, NUMBERS)
def test_what_has_a_sense_never_speaks_both_ways_once_the_usual_is_known(declared, value, typical) -> None:
    of = voice(declared if isinstance(declared, Feature) else member(declared))
    both = may_say(of, value, typical, GOOD) and may_say(of, value, typical, BAD)
    assert not both or math.isnan(typical)


def member(family) -> Feature:
    return Feature(family.build(events("call")), family.wording, family.unit, sense=family.sense)


def test_families_pass_their_sense_on() -> None:
    family = each("kind", events("activity"), count, en="{word}", vi="{word}", sense="good")
    assert voice(member(family)).sign == 1


def test_the_usual_value_is_the_median_of_what_is_known() -> None:
    rows = np.array([[1, np.nan], [3, np.nan], [np.nan, np.nan], [9, np.nan]], dtype=np.float32)
    found = usual(rows)
    assert found[0] == 3
    assert math.isnan(found[1])
    assert all(map(math.isnan, usual(rows[:0])))
