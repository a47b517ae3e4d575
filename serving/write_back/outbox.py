"""What is to be written back: changed scores and the taps of people, queued in the transaction that stores them.

:mod:`serving.write_back.sending` sends what is due, :mod:`serving.write_back.control` is for who looks after it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from crm import operations
from crm.clock import MINUTE, iso, now
from crm.inbox import Said
from crm.settings import Home, Settings, WriteBack
from crm.tables import table
from crm.tables.outbox import Outgoing
from crm.tables.people import Person
from crm.tables.scores import Score
from crm.tables.work import Tap
from serving.destinations import FIELDS
from serving.proof.shown import shown
from serving.wording import words

SECOND_THOUGHTS: Final = MINUTE
"""A tap waits this long: taken back until then, it never leaves."""

REASONS: Final = 2
MOMENT: Final = ("leadkeep_as_of", "leadkeep_model")
"""Fields whose change alone is no news."""

PAGE: Final = {"lead": "today", "deal": "today", "customer": "at_risk"}
"""Whose words name the bands."""

Fields = dict[str, Any]

STORED: Final = table(Outgoing).c
NEWEST: Final = (
    select(func.max(STORED.id))
    .where(
        STORED.destination == bindparam("place"), STORED.target == bindparam("target"),
        STORED.subject.in_(bindparam("subjects", expanding=True)), STORED.kind == "score",
    )
    .group_by(STORED.subject)
)  # fmt: skip
QUEUED: Final = select(STORED.id, STORED.subject, STORED.state, STORED.body).where(STORED.id.in_(NEWEST))
"""The newest row of each subject's score. Built once: live scoring asks it many times a second."""

GIVES_WAY: Final = (
    update(table(Outgoing))
    .where(
        STORED.destination == bindparam("place"), STORED.target == bindparam("about"),
        STORED.subject.in_(bindparam("subjects", expanding=True)),
        STORED.kind.in_(("score", "undo")), STORED.state.in_(("waiting", "dead")),
    )
    .values(state="superseded")
)  # fmt: skip


def places(home: Home) -> tuple[WriteBack, ...]:
    """The destinations of the settings."""
    return home.settings.write_back


def queue_scores(session: Session, scores: Sequence[Score]) -> int:
    """Queues the scores whose fields differ from what was last queued, for every destination; returns how many.

    ``session`` is of :func:`crm.operations.writing`, the one that stores them. An older score that still waits, or
    that a destination did not take, gives way.
    """
    settings = session.info["home"].settings
    queued = 0
    for place in settings.write_back:
        for target in sorted({score.target for score in scores}):
            own = [score for score in scores if score.target == target]
            fresh = changed(session, place, target, own, settings)
            queued += len(fresh)
            if fresh:
                if older := [who for who, (_, number) in fresh.items() if number]:
                    give_way(session, place, target, older)
                add(session, [_score_row(place, target, who, *found) for who, found in fresh.items()])
    return queued


def clear_scores(session: Session, target: str, subjects: Sequence[str]) -> int:
    """Queues empty fields for these subjects, who are scored no more, wherever a score was queued; returns how many.

    A score that stays in the CRM of who bought, declined or left would be taken for today's.
    """
    empty: Fields = dict.fromkeys(FIELDS)
    queued = 0
    for place in places(session.info["home"]):
        known = _last_queued(session, place, target, subjects)
        gone = {who: number for who, (number, before) in known.items() if before and any(before.values())}
        if gone:
            give_way(session, place, target, gone)
            add(session, [_score_row(place, target, who, empty, number) for who, number in gone.items()])
            queued += len(gone)
    return queued


def changed(
    session: Session, place: WriteBack, target: str, scores: Sequence[Score], settings: Settings
) -> dict[str, tuple[Fields, int]]:
    """By subject: the fields of a score that is news to ``place``, and the row queued before it (0: none)."""
    if place.targets and target not in place.targets:
        return {}
    wanted = {score.subject: fields(score, settings) for score in shown(session, scores)}
    known = _last_queued(session, place, target, list(wanted))
    found = {}
    for subject, said in wanted.items():
        number, before = known.get(subject, (0, None))
        if before is None or news(before) != news(said):
            found[subject] = (said, number)
    return found


def queue_tap(
    session: Session,
    tap: Tap,
    said: Sequence[Said] = (),
    spoken: str = "",
    task: tuple[int, str] | None = None,
) -> None:
    """Queues what a person tapped for every destination, once however often it is called.

    ``said`` is what was put into the inbox for it, the contact first: records, columns by name; ``spoken`` the outcome
    as people read it; ``task`` what to do next, and when.
    """
    contact, (due, todo) = (said[0].columns if said else {}), task or (None, "")
    settings = session.info["home"].settings
    person = session.get(Person, tap.person)
    action = {
        "code": tap.code, "said": spoken, "at": iso(tap.at, settings.zone),
        "kind": contact.get("kind"), "outcome": contact.get("outcome"), "why": tap.why, "note": tap.note,
        "task": todo, "due_at": None if due is None else iso(due, settings.zone),
        "staff": person.actor if person else None,
        "records": [{"table": one.table, "id": one.source_id, "columns": one.columns} for one in said],
    }  # fmt: skip
    wanted = [place for place in settings.write_back if not place.targets or tap.target in place.targets]
    add(session, [_tap_row(place, "tap", tap, {"action": action}, SECOND_THOUGHTS) for place in wanted])


def withdraw_tap(session: Session, tap: Tap) -> None:
    """Takes a queued tap back; where it may have been sent, its withdrawal is sent after it."""
    for place in places(session.info["home"]):
        was = session.scalar(select(Outgoing).where(Outgoing.key == key_of(place, "tap", tap.id)))
        if was is None:
            continue
        if was.state in ("waiting", "dead"):
            was.state, tried = "superseded", was.attempts > 0
        else:
            tried = was.state in ("sending", "sent")
        if tried:
            add(session, [_tap_row(place, "withdrawal", tap, {"undoes": was.key})])


def fields(score: Score, settings: Settings) -> Fields:
    """What is written of a score, in the company's language; amounts to two figures, as people are shown them."""
    lang = "vi" if settings.language == "vi" else "en"
    kind = score.subject.partition(":")[0]
    said = [words(PAGE[kind], lang)[score.band], *(reason[lang] for reason in score.reasons[:REASONS])]
    expected = None if score.expected is None else int(float(f"{score.expected:.2g}"))
    return {
        "leadkeep_percent": round(100 * score.probability),
        "leadkeep_band": score.band,
        "leadkeep_expected": expected,
        "leadkeep_says": " · ".join(said),
        "leadkeep_as_of": iso(score.cutoff, settings.zone),
        "leadkeep_model": score.version,
    }


def key_of(place: WriteBack, *parts: object) -> str:
    """What a receiver tells repetitions by: the same for the same thing to write."""
    text = json.dumps([place.name, *parts], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def row(
    place: WriteBack, kind: str, target: str, subject: str, body: Mapping[str, Any], cause: object
) -> dict[str, Any]:
    """A row of the outbox, due now; ``cause`` tells it from other things of its kind."""
    moment = now()
    return {
        "key": key_of(place, kind, cause), "destination": place.name, "batch": None, "kind": kind,
        "target": target, "subject": subject, "body": body, "state": "waiting",
        "created_at": moment, "due_at": moment, "attempts": 0, "sent_at": None, "error": "", "person": None,
    }  # fmt: skip


def _score_row(place: WriteBack, target: str, subject: str, said: Fields, after: int) -> dict[str, Any]:
    # "After which row" tells the second of two equal scores, with another between, from the first.
    return row(place, "score", target, subject, {"fields": said}, [target, subject, news(said), after])


def _tap_row(
    place: WriteBack, kind: str, tap: Tap, body: Mapping[str, Any], later: int = 0
) -> dict[str, Any]:
    made = row(place, kind, tap.target, tap.subject, body, tap.id)
    return made | {"due_at": made["due_at"] + later, "person": tap.person}


def news(said: Mapping[str, Any]) -> Fields:
    """The fields whose change is worth a request."""
    return {name: value for name, value in said.items() if name not in MOMENT}


def _last_queued(
    session: Session, place: WriteBack, target: str, subjects: Sequence[str]
) -> dict[str, tuple[int, Fields | None]]:
    """By subject: the number of the newest row of a score and its fields, None where it was a dry run's.

    One that a person took back counts: it stays taken back until the score changes.
    """
    wanted = {"place": place.name, "target": target, "subjects": list(subjects)}
    return {
        one.subject: (one.id, one.body["fields"] if one.state != "dry" or place.dry_run else None)
        for one in session.execute(QUEUED, wanted)
    }


def give_way(session: Session, place: WriteBack, target: str, subjects: Iterable[str]) -> None:
    """What waits to be written of these subjects, or was not taken, never will be."""
    wanted = {"place": place.name, "about": target, "subjects": list(subjects)}
    session.execute(GIVES_WAY, wanted)


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the rows whose key is not there yet."""
    if rows:
        session.execute(_once(operations.dialect_of(session)), list(rows))


@lru_cache(maxsize=4)
def _once(dialect: str) -> Any:
    return operations.insert_of(dialect, table(Outgoing)).on_conflict_do_nothing(index_elements=["key"])
