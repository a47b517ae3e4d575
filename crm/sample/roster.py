"""The company's staff: who joins, who leaves, how good and how busy each one is."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crm.sample.days import Floats, Ints, Window
from crm.sample.names import People, people, usernames

Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Roster:
    """Staff, one entry each; days are day numbers of the window, ``left`` far ahead for those who stay."""

    username: Objects
    people: People
    care: NDArray[np.bool_]
    joined: Ints
    left: Ints
    skill: Floats
    diligence: Floats

    def pick(self, rng: Generator, day: Ints, *, care: bool, stay: int = 0) -> Ints:
        """One colleague in service for each ``day``; who stays longer (up to ``stay`` days) is likelier."""
        team = np.flatnonzero(self.care == care)
        when = np.asarray(day)[:, None]
        serving = (self.joined[team] <= when) & (when < self.left[team])
        weight = serving * np.clip(self.left[team] - when, 1, max(stay, 1)).astype(np.float64)
        weight += 1e-9
        bound = np.cumsum(weight, axis=1)
        drawn = rng.random(len(when))[:, None] * bound[:, -1:]
        return np.asarray(team[np.minimum((bound < drawn).sum(axis=1), len(team) - 1)], np.int64)

    def serving(self, day: Ints) -> Ints:
        """How many salespeople are in service on each day."""
        sales = ~self.care
        return np.asarray(
            ((self.joined[sales] <= day[:, None]) & (day[:, None] < self.left[sales])).sum(axis=1), np.int64
        )


def hire(rng: Generator, span: Window, customers: int) -> Roster:
    """Fills every seat of the two teams over the window; who leaves is replaced within a month."""
    seats = [False] * max(5, round(customers / 220)) + [True] * max(3, round(customers / 500))
    care: list[bool] = []
    joined: list[int] = []
    left: list[int] = []
    for number, seat in enumerate(seats):
        # The first of each team stays throughout, so that nobody is ever without a colleague.
        stays = number == 0 or seats[number - 1] != seat
        start = -int(rng.integers(30, 1_200))
        while start < span.length:
            end = span.length + 9_999 if stays else max(start, 0) + 90 + int(rng.exponential(520))
            care.append(seat)
            joined.append(start)
            left.append(end)
            start = end + int(rng.integers(3, 30))
    count = len(care)
    staff = people(rng, count)
    return Roster(
        usernames(staff), staff, np.array(care), np.array(joined), np.array(left),
        rng.normal(0, 1, count), rng.normal(0, 1, count),
    )  # fmt: skip
