"""What deserves an alert: each file watches for one thing that needs a person now; discovered.

A watch has ``VI`` and ``EN``, what has happened in words (``{n}`` is how many), ``ONE_VI`` and ``ONE_EN``, the same
of one, ``TODO_VI`` and ``TODO_EN``, what to do about it, and ``look``, which answers what it finds now. One cause
has one key, so that it is told once.
"""

from typing import NamedTuple


class Found(NamedTuple):
    """One thing found. ``person`` and ``team`` are whose it is; ``detail`` holds figures, never names."""

    key: str
    subject: str
    person: int | None
    team: int | None
    detail: dict[str, float]
