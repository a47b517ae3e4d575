"""Proof of value, the draw: which parties are worked by the score and which by the simple rule, and in what order.

A party is drawn once, by a hash with a key of the company's own, so that it stays where it is and nobody can work
out where. Whoever is scored is drawn, contacted or not: leaving out the uncontacted would compare two choices of
people instead of two ways of choosing. The rule's people get the same share of every list as they are of it; none
is left uncontacted because of the draw.

Who is exempt is looked at anew with each scoring of everybody. While they are, the score works them; they still count
in the arm that was drawn for them before, in either arm alike. Who was exempt from the first is drawn once it ends.
"""

import hmac
import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import BindParameter, bindparam, select, update
from sqlalchemy.orm import Session

from crm import operations
from crm.clock import DAY
from crm.settings import Home
from crm.tables import table
from crm.tables.scores import Score
from crm.tables.trial import Enrolment
from crm.tables.work import Assignment

SCORE, RULE = "score", "rule"
"""The two arms."""

CHUNK: Final = 500
"""Names asked for in one query: SQLite takes no longer lists."""

NAMES: Final[BindParameter[str]] = bindparam("names", expanding=True)
DRAWN, HELD = table(Enrolment).c, table(Assignment).c
AS_DRAWN: Final = select(DRAWN.party, DRAWN.subject, DRAWN.arm, DRAWN.exempt, DRAWN.at).where(
    DRAWN.target == bindparam("target")
)
ENROLLED: Final = AS_DRAWN.where(DRAWN.party.in_(NAMES)).union(AS_DRAWN.where(DRAWN.subject.in_(NAMES)))
"""Asked at every live score: built once, and in two halves, of which each has an index; with OR neither is used."""

OWNERS: Final = select(HELD.subject, HELD.person).where(HELD.subject.in_(NAMES), HELD.until.is_(None))

Row = TypeVar("Row")


class Drawn(NamedTuple):
    """What was drawn for a party, in the order in which ``ENROLLED`` asks for it."""

    party: str
    subject: str
    arm: str
    exempt: str | None
    at: int | None


def key(home: Home) -> bytes:
    """The company's own key, made at first use and readable by its owner only."""
    path = home.path / "trial.key"
    if not path.exists():
        draft = path.with_name(f".trial.key.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(draft, path)  # whoever is first wins, and the others read what it wrote
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _read(path)


@lru_cache(maxsize=16)
def _read(path: Path) -> bytes:
    return path.read_bytes()


def draw(key: bytes, target: str, party: str, share: float) -> str:
    """The arm of a party: the rule's for ``share`` of them, the same at every draw.

    >>> draw(b"k", "churn", "customer:crm:1", 0.0), draw(b"k", "churn", "customer:crm:1", 1.0)
    ('score', 'rule')
    """
    return RULE if _uniform(key, target, party) < share else SCORE


def _uniform(key: bytes, *said: str) -> float:
    digest = hmac.digest(key, "\0".join(said).encode(), "sha256")
    return int.from_bytes(digest[:7], "big") / 2**56


def enrol(
    session: Session,
    home: Home,
    target: str,
    scores: Sequence[Score],
    exempt: Mapping[str, str] | None = None,
) -> int:
    """Enrols the parties of ``scores`` that are new; returns how many.

    ``exempt`` says of parties why nobody may experiment on them now (:func:`serving.proof.exempt.parties`): those
    enrolled before follow it too. Without it they stay as they are.
    """
    fresh: dict[str, Score] = {}
    known = _enrolled(session, target, scores)
    if exempt is not None:
        _follow(session, target, scores, known, exempt)
    for score in scores:
        if score.subject not in known:
            fresh.setdefault(_party(score), score)
    if not fresh:
        return 0
    secret, share, why = key(home), home.settings.trial.share, exempt or {}
    owner = _owners(session, [score.subject for score in fresh.values()])
    rows = [
        {
            "target": target, "party": party, "subject": score.subject, "at": None if party in why else score.cutoff,
            "arm": draw(secret, target, party, share), "exempt": why.get(party),
            "owner": owner.get(score.subject), "probability": score.probability,
        }
        for party, score in fresh.items()
    ]  # fmt: skip
    session.execute(_once(operations.dialect_of(session)), rows)
    return len(rows)


def _follow(
    session: Session,
    target: str,
    scores: Sequence[Score],
    known: Mapping[str, Drawn],
    exempt: Mapping[str, str],
) -> None:
    """Who is exempt now, among those enrolled; who no longer is begins to count if they never did."""
    whys: dict[str, str | None] = {}
    before: dict[str, tuple[Drawn, Score]] = {}
    for score in scores:
        if row := known.get(score.subject):
            whys[row.party] = whys.get(row.party) or exempt.get(_party(score)) or exempt.get(row.party)
            before.setdefault(row.party, (row, score))
    began = [party for party, (row, _) in before.items() if row.at is None and whys[party] is None]
    moved = [party for party, (row, _) in before.items() if row.exempt != whys[party]]
    owner = _owners(session, [before[party][1].subject for party in began])
    mine = update(table(Enrolment)).where(DRAWN.target == target, DRAWN.party == bindparam("of"))
    if moved:
        session.execute(mine, [{"of": party, "exempt": whys[party]} for party in moved])
    if began:
        scored = {party: before[party][1] for party in began}
        session.execute(mine, [
            {"of": party, "at": score.cutoff, "probability": score.probability, "owner": owner.get(score.subject)}
            for party, score in scored.items()
        ])  # fmt: skip


@lru_cache(maxsize=4)
def _once(dialect: str) -> Any:
    insert = operations.insert_of(dialect, table(Enrolment))
    return insert.on_conflict_do_nothing(index_elements=["target", "party"])


def newcomers(home: Home) -> Callable[[Session, Sequence[Score]], None]:
    """Told of scores as they are stored live: a new lead is drawn before anybody works it.

    Customers wait for the next scoring of everybody, which knows who is exempt.
    """

    def draw_newcomers(session: Session, scores: Sequence[Score]) -> None:
        by_target: dict[str, list[Score]] = {}
        for score in scores:
            if score.subject.startswith("lead:"):
                by_target.setdefault(score.target, []).append(score)
        for target, some in by_target.items():
            enrol(session, home, target, some)

    return draw_newcomers


def arms(session: Session, target: str, scores: Sequence[Score]) -> dict[str, str]:
    """The arm each of these subjects is worked by now; who is exempt or not drawn yet is worked by the score."""
    return {subject: row.arm if row.exempt is None else SCORE
            for subject, row in _enrolled(session, target, scores).items()}  # fmt: skip


def phase(target: str, first: str, cutoff: int) -> float:
    """Another one for each list (by its ``first`` subject) and day, the same at each look."""
    return _uniform(b"", target, f"{first} {cutoff // DAY}")


def merge(scored: Sequence[Row], ruled: Sequence[Row], phase: float) -> list[Row]:
    """Both groups, each in its own order, with the same share of ``ruled`` in every stretch from the top.

    ``phase`` in [0, 1) says how soon the first of them comes; over many lists it makes the shares exact.

    >>> "".join(merge("ABCDEF", "xy", 0.5))
    'AxBCDyEF'
    """
    share = len(ruled) / max(len(scored) + len(ruled), 1)
    mixed: list[Row] = []
    first, second = iter(scored), iter(ruled)
    for place in range(len(scored) + len(ruled)):
        turn = int((place + 1) * share + phase) > int(place * share + phase)
        following = next(second if turn else first, None)
        mixed.append(next(first if turn else second) if following is None else following)
    return mixed


def _party(score: Score) -> str:
    return score.party or score.subject


def _enrolled(session: Session, target: str, scores: Iterable[Score]) -> dict[str, Drawn]:
    """What was drawn for each subject: for itself, so that a party found out later changes nothing, or its party."""
    by_party: dict[str, Drawn] = {}
    by_subject: dict[str, Drawn] = {}
    wanted = {score.subject: _party(score) for score in scores}
    names = sorted({*wanted, *wanted.values()})
    for start in range(0, len(names), CHUNK):
        some = names[start : start + CHUNK]
        for row in map(Drawn._make, session.execute(ENROLLED, {"target": target, "names": some})):
            by_party[row.party] = by_subject[row.subject] = row
    found = {subject: by_subject.get(subject) or by_party.get(party) for subject, party in wanted.items()}
    return {subject: row for subject, row in found.items() if row is not None}


def _owners(session: Session, subjects: Sequence[str]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for start in range(0, len(subjects), CHUNK):
        for subject, person in session.execute(OWNERS, {"names": subjects[start : start + CHUNK]}):
            found[subject] = person
    return found
