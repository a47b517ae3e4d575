"""Who gets a lead: its owner in the CRM first, then the rules of the teams, then whoever has least to do.

Pure: it knows nothing of databases and clocks. :mod:`serving.work.assigning` keeps what it decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from crm.standing import Standing
from serving.rights.scope import TEAM

SHARING: Final = ("sales", "care")
"""Roles that are given leads."""

HOLDING: Final = (*SHARING, "team_lead")
"""Roles that may hold leads: they have a list. A team lead holds only those the CRM gives them."""


@dataclass(frozen=True, slots=True)
class Group:
    """A team. ``sources`` are the channels it takes (none: any); below ``qualify_at`` its leads stay in the pool."""

    id: int
    kind: str
    sources: frozenset[str] = frozenset()
    qualify_at: float | None = None


@dataclass(slots=True)
class Seat:
    """Someone at work: what they hold, how much they can do, and whether they are given more today."""

    person: int
    team: int
    capacity: int = 1
    here: bool = True
    load: int = 0
    hot: int = 0

    def takes(self, hot: bool) -> None:
        """One more, of which ``hot`` ones are counted apart."""
        self.load, self.hot = self.load + 1, self.hot + hot

    def gives(self, hot: bool) -> None:
        """One less."""
        self.load, self.hot = self.load - 1, self.hot - hot


class Held(NamedTuple):
    """Whose a lead is now: ``person`` None is the team's pool; ``before`` had it until it was recalled."""

    person: int | None
    team: int
    since: int
    why: str
    before: int | None = None


class Place(NamedTuple):
    """Where a lead goes."""

    person: int | None
    team: int
    why: str


class Chance(NamedTuple):
    """What a score says of a lead; None where there is none yet."""

    probability: float | None = None
    hot: bool = False


UNSCORED: Final = Chance()


class Floor:
    """The teams and the people at work, as they fill up."""

    def __init__(self, groups: Iterable[Group], seats: Iterable[Seat], actors: dict[str, int]) -> None:
        self.groups = {group.id: group for group in groups}
        self.seats = {seat.person: seat for seat in seats}
        self._actors = actors

    def decide(self, one: Standing, chance: Chance, held: Held | None) -> Place | None:
        """Where a lead goes that is ``held`` so far (None: nowhere); None where it stays.

        The seats are counted along. A lead finds a team whenever there is any.
        """
        owner = self._owner(one)
        if held is None:
            place = self._said(owner) or self._by_rule(one, chance)
        elif held.person is not None and held.person not in self.seats:
            # Who left cannot keep it: whoever the CRM says has it since, else a colleague.
            newer = owner if one.owner_since > held.since else None
            place = (
                self._said(newer)
                or self._share(held.team, chance.hot, "left")
                or Place(None, held.team, "left")
            )
        elif owner is not None and one.owner_since > held.since and owner.person != held.person:
            place = self._said(owner)
        else:
            place = self._from_pool(held, chance) if held.person is None else None
        self._count(place, held, chance.hot)
        return place

    def choose(self, team: int, hot: bool, without: frozenset[int] = frozenset()) -> Seat | None:
        """Who of a team gets the next: the least loaded for what they can do; of the hot ones, the fewest hot."""
        free = [s for s in self.seats.values() if s.team == team and s.here and s.person not in without]
        return min(free, key=lambda seat: _fullness(seat, hot), default=None)

    def group_for(self, kind: str, channel: str) -> int | None:
        """The team a newcomer goes to: that of its channel, else one open to any, else any; None without teams."""
        fit = [group for group in self.groups.values() if group.kind == TEAM[kind]] or list(
            self.groups.values()
        )
        named = [group for group in fit if channel and channel in group.sources]
        chosen = named or [group for group in fit if not group.sources] or fit
        return min(chosen, key=lambda group: (self._crowding(group.id), group.id)).id if chosen else None

    def _owner(self, one: Standing) -> Seat | None:
        """Its owner in the CRM, where they work here, in a team for this kind of work (or there is no such team)."""
        seat = self.seats.get(self._actors.get(one.owner, -1))
        if seat is None:
            return None
        wanted = TEAM[one.subject.partition(":")[0]]
        fits = self.groups[seat.team].kind == wanted
        return seat if fits or all(group.kind != wanted for group in self.groups.values()) else None

    @staticmethod
    def _said(owner: Seat | None) -> Place | None:
        return Place(owner.person, owner.team, "crm") if owner else None

    def _by_rule(self, one: Standing, chance: Chance) -> Place | None:
        team = self.group_for(one.subject.partition(":")[0], one.channel)
        if team is None:
            return None
        wait = one.subject.startswith("lead:") and not self._qualifies(team, chance)
        return (None if wait else self._share(team, chance.hot, "rule")) or Place(None, team, "rule")

    def _from_pool(self, held: Held, chance: Chance) -> Place | None:
        """A recalled lead waits for whoever takes it, unless it is hot: those are shared, not to who had it."""
        if not self._qualifies(held.team, chance) or (held.why == "recalled" and not chance.hot):
            return None
        handed = self.groups[held.team].qualify_at is not None and held.why == "rule"
        but = frozenset([held.before]) if held.before is not None else frozenset()
        return self._share(held.team, chance.hot, "qualified" if handed else "rule", but)

    def _qualifies(self, team: int, chance: Chance) -> bool:
        least = self.groups[team].qualify_at
        return least is None or (chance.probability is not None and chance.probability >= least)

    def _share(self, team: int, hot: bool, why: str, but: frozenset[int] = frozenset()) -> Place | None:
        seat = self.choose(team, hot, but)
        return Place(seat.person, team, why) if seat else None

    def _crowding(self, team: int) -> Fraction:
        seats = [seat for seat in self.seats.values() if seat.team == team]
        return Fraction(sum(seat.load for seat in seats), max(1, sum(seat.capacity for seat in seats)))

    def _count(self, place: Place | None, held: Held | None, hot: bool) -> None:
        if place is None:
            return
        if held and held.person in self.seats:
            self.seats[held.person].gives(hot)
        if place.person is not None:
            self.seats[place.person].takes(hot)


def _fullness(seat: Seat, hot: bool) -> tuple[Fraction, Fraction, int]:
    load, share = Fraction(seat.load, seat.capacity), Fraction(seat.hot, seat.capacity)
    return (share, load, seat.person) if hot else (load, share, seat.person)
