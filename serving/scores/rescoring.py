"""Scores again, within moments, whom a delivery concerns: one process does it, for all.

That process holds a lease; when it dies another takes over where the stored mark says. A score, its place in the
course over time, and the mark are stored together, so that what was acknowledged is scored even if that happens
only after a crash, and scoring it twice changes nothing.
"""

import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from types import FrameType
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from crm import leases
from crm.clock import SECOND, now
from crm.errors import LeadkeepError
from crm.operations import dialect_of, insert_of, looking, reading, writing
from crm.settings import Home
from crm.tables import table
from crm.tables.jobs import Mark
from crm.tables.scores import Score
from models.target import find
from serving.bands import BANDS
from serving.scores import by_rule, course, keeping
from serving.scores.live import Live, features_of_all
from serving.scores.scoring import rule_reasons, said_reasons
from serving.write_back.outbox import clear_scores

LOG = logging.getLogger(__name__)

NAME: Final = "live"
LEASE: Final = 3 * SECOND
LOOK_EVERY: Final = 0.01
WHEN_QUIET: Final = 0.05
"""Seconds between looks at the inbox, whom a delivery concerns waits for them: fewer once nothing came for a second."""

WITHOUT_LEASE: Final = 0.5
AFTER_ERROR: Final = 1.0
"""Seconds until the next try where another process scores, and after an error."""

A_FEW: Final = 50
"""So many, from all over, that one of them is in the population."""

MANY: Final = 1_000
"""Subjects scored in one transaction, and those of the same look at the inbox: PostgreSQL takes no statement that names
65,536, and others wait to write meanwhile.
"""

Changed = Callable[[Session, Sequence[Score]], object]
"""Told of scores as they are stored, in the same transaction."""


STORED: Final = table(Score).c
STANDING: Final = select(STORED.target, STORED.subject, STORED.value, STORED.party).where(
    STORED.target.in_(bindparam("targets", expanding=True)),
    STORED.subject.in_(bindparam("subjects", expanding=True)),
)
"""By both, as the key of the table goes: by the subject alone every score would be looked through."""


class Known(NamedTuple):
    """What stands with a subject until the next scoring of everybody."""

    value: int | None
    party: str


class _Rehearsed(Exception):
    """Takes back what a rehearsal stored."""


class Rescorer:
    """For one process; :meth:`run` goes on as long as it does."""

    def __init__(self, home: Home, live: Live, changed: Sequence[Changed] = ()) -> None:
        self.home, self.live, self._changed = home, live, changed
        self._holder = secrets.token_hex(8)
        self._leased_until = self._busy_until = 0
        self._number: int | None = None
        self._failing = self.stopping = False

    def stop(self, signal: int = 0, frame: FrameType | None = None) -> None:
        """Ends it after this look."""
        self.stopping = True

    def run(self) -> None:
        """Looks and scores until it is told to stop. Without the lease it waits, ready to take over."""
        try:
            while not self.stopping:
                time.sleep(self._try())
        finally:
            with suppress(LeadkeepError):  # the lease ends by itself in a moment
                leases.let_go(self.home, NAME, self._holder)

    def rehearse(self) -> None:
        """Scores a few of each target and takes it back: a first time takes ten times as long as all that follow."""
        made: list[Score] = []
        for name in self.live.targets:
            with suppress(LeadkeepError):
                _, lookup = self.live.holding(name)
                made += self._scored(name, dict.fromkeys(lookup.some(find(name).subject, A_FEW), 0), {})
        with suppress(LeadkeepError, _Rehearsed), writing(self.home) as session:
            self._put(session, made, [], 0)
            raise _Rehearsed

    def _try(self) -> float:
        """One look; returns the seconds until the next. While it fails it holds no lease, which the health says."""
        try:
            if not self._leads():
                return WITHOUT_LEASE
            scored = self.step()
        except LeadkeepError as error:
            if not self._failing:
                LOG.error("live scoring waits: %s", error)
            self._failing, self._number, self._leased_until = True, None, 0
            with suppress(LeadkeepError):
                leases.let_go(self.home, NAME, self._holder)
            return AFTER_ERROR
        self._failing = False
        if scored:
            self._busy_until = now() + SECOND
            return 0
        return LOOK_EVERY if now() < self._busy_until else WHEN_QUIET

    def step(self) -> int:
        """Scores whom rows above the mark concern; returns how many scores were stored or taken back."""
        if self._number is None:
            self._number = self._mark()
        self.live.catch_up()
        concerned, read = _first(*self.live.concerned(self._number))
        if read <= self._number:
            return 0
        made, gone = self._scores(concerned)
        self._store(made, gone, read)
        self._number = read
        return len(made) + len(gone)

    def _scores(self, concerned: dict[str, int]) -> tuple[list[Score], list[tuple[str, str]]]:
        """Of every target that knows the subject: a new score, or that it has none any more."""
        made: list[Score] = []
        known, by_target = self._known(list(concerned)), defaultdict[str, list[str]](list)
        for subject in concerned:
            for name in self.live.targets_of(subject):
                by_target[name].append(subject)
        for name, subjects in by_target.items():
            made += self._scored(name, {subject: concerned[subject] for subject in subjects}, known)
        scored = {(score.target, score.subject) for score in made}
        asked = {(name, subject) for name, subjects in by_target.items() for subject in subjects}
        return made, sorted(asked - scored)

    def _known(self, subjects: list[str]) -> dict[tuple[str, str], Known]:
        """Worth and party of those scored before; a newcomer is taken to be worth what the others are on average."""
        with looking(self.home) as connection:
            rows = connection.execute(STANDING, {"targets": list(self.live.targets), "subjects": subjects})
            return {(row.target, row.subject): Known(row.value, row.party) for row in rows}

    def _scored(
        self, name: str, numbers: dict[str, int], known: Mapping[tuple[str, str], Known]
    ) -> Iterator[Score]:
        """As :func:`serving.scores.scoring.score` would store them; those of ``numbers`` whom the target knows."""
        target, (bundle, lookup), cutoff = find(name), self.live.holding(name), now()
        if lookup.number < max(numbers.values(), default=0):  # a newer load's, taken up since these were read
            lookup.catch_up()
        found = lookup.several(numbers)
        if found is None:
            return
        rows, later, why_not = features_of_all(target, bundle, found, cutoff)
        subjects = [subject for subject, why in zip(found.subjects, why_not, strict=True) if not why]
        if not subjects:
            return
        chances, raw = bundle.predict(rows, later=later), bundle.raw(rows)
        if bundle.later is not None and later.any():
            raw[later] = bundle.later.raw(rows[later])
        said, ruled = said_reasons(bundle, rows, later), rule_reasons(bundle, rows, later)
        for place, subject in enumerate(subjects):
            value, party = known.get((name, subject)) or Known(self.live.worth(name), subject)
            one, probability = slice(place, place + 1), float(chances[place])
            by_rule_alone = by_rule.chances(target, bundle, rows[one], later[one], chances[one])
            _, source, source_id = subject.split(":", 2)
            yield Score(
                target=name, subject=subject, cutoff=cutoff, load=lookup.load, number=numbers[subject],
                version=bundle.version, kind="rule" if later[place] else bundle.kind,
                probability=probability, raw=float(raw[place]),
                band=self.live.band(name, probability) or BANDS[target.subject][-1], value=value,
                expected=None if value is None else round(value * probability),
                reasons=said[place], rule_reasons=ruled[place], source=source, source_id=source_id, party=party,
                rule_probability=float(by_rule_alone[0]),
            )  # fmt: skip

    def _store(self, made: list[Score], gone: list[tuple[str, str]], number: int) -> None:
        with writing(self.home) as session:
            self._put(session, made, gone, number)

    def _put(self, session: Session, made: list[Score], gone: list[tuple[str, str]], number: int) -> None:
        day = course.day_of(made[0].cutoff, self.home.settings.zone) if made else 0
        stored: list[Score] = []
        for target in {score.target for score in made}:
            stored += keeping.keep(session, [score for score in made if score.target == target], day)
        for target, subject in gone:
            session.execute(delete(Score).where(Score.target == target, Score.subject == subject))
            clear_scores(session, target, [subject])
        for tell in self._changed:
            tell(session, stored)
        session.execute(_mark(dialect_of(session)), {"name": NAME, "number": number})

    def _mark(self) -> int:
        with reading(self.home) as session:
            found = session.get(Mark, NAME)
            return found.number if found else 0

    def _leads(self) -> bool:
        """Whether this process holds the lease; renews it well before it ends."""
        moment = now()
        if self._leased_until - moment > LEASE // 2:
            return True
        taken = leases.take(self.home, NAME, self._holder, LEASE)
        if not taken:
            self._number, self._leased_until = None, 0
            return False
        if not self._leased_until:
            self._number = None
        self._leased_until = moment + LEASE
        return True


def _first(concerned: dict[str, int], read: int) -> tuple[dict[str, int], int]:
    """Those whom the first rows concern, where very many wait, and the number of the last of these rows."""
    if len(concerned) <= MANY:
        return concerned, read
    until = sorted(concerned.values())[MANY - 1]
    return {subject: number for subject, number in concerned.items() if number <= until}, until


@lru_cache(maxsize=4)
def _mark(dialect: str) -> Any:
    """Sets a mark that never goes back. Built once: in the time that takes, an event could have been scored."""
    insert = insert_of(dialect, stored := table(Mark))
    further = stored.c.number <= insert.excluded.number
    return insert.on_conflict_do_update(
        index_elements=["name"], set_={"number": insert.excluded.number}, where=further
    )
