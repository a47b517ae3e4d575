"""Attributes with a change log: whenever it is imported, every cutoff before sees the same."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from tests.crm.company import day
from tests.crm.test_clocks import Row, seen, told

moves = st.lists(st.tuples(st.integers(1, 30), st.sampled_from("xyz")), max_size=5)


def exported(initial: str, moves: list[tuple[int, str]], loads: list[int]) -> list[Row]:
    """What loads on these days tell of a lead: its log until then, and the value it has."""
    created = {"known_at": day(0), "created_at": day(0), "deleted": False}
    rows: list[Row] = [("lead", {"source_id": "L0", **created})]
    about: dict[str, Any] = {"object": "lead", "record": "L0", "field": "status", "deleted": False}
    told_until, shown = 0, ""
    for load in sorted(loads):
        value = initial
        for number, (when, new) in enumerate(sorted(set(moves))):
            if when > load:
                break
            if when > told_until:
                change = {"known_at": day(when), "occurred_at": day(when), "old": value, "new": new}
                rows.append(
                    ("change", about | change | {"source_id": f"log{number}", "provenance": "history"})
                )
            value = new
        if value != shown:
            seen_now = {"known_at": day(load) + 1, "occurred_at": day(load) + 1, "old": shown, "new": value}
            rows.append(("change", about | seen_now | {"source_id": f"{load}", "provenance": "logged"}))
        told_until, shown = load, value
    return rows


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(moves, st.sets(st.integers(1, 30), min_size=1, max_size=3)), min_size=1, max_size=8)
)
def test_loads_in_between_change_nothing_a_single_load_would_show(
    stories: list[tuple[list[tuple[int, str]], set[int]]],
) -> None:
    worlds = {}
    for number, (moved, loads) in enumerate(stories):
        worlds[f"once{number}"] = exported("new", moved, [31])
        worlds[f"often{number}"] = exported("new", moved, [*loads, 31])
    found = told(worlds)
    for number, _ in enumerate(stories):
        for cutoff in (0.5, 10.5, 20.5, 40):
            once, often = (seen(found[f"{name}{number}"], day(cutoff)) for name in ("once", "often"))
            assert once == often
            assert sum(1 for words in once if words[2] == "change") == 1 + sum(
                when < cutoff for when, _ in set(stories[number][0])
            )
