"""For who looks after the outbox: what stands in it, a dry run, another try for the dead, and taking scores back."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from crm.clock import iso, now
from crm.errors import NotFound, SettingsError
from crm.operations import reading, writing
from crm.settings import Home, WriteBack
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score
from models.target import all_targets
from serving.destinations import FIELDS
from serving.rights.audit import COMMAND_LINE, note
from serving.rights.callers import Caller
from serving.runs import current, newest
from serving.write_back.outbox import add, changed, clear_scores, give_way, places, queue_scores, row
from serving.write_back.sending import destination

CHUNK: Final = 500
SHOWN: Final = 20
"""Dead letters and samples that are shown."""


def status(home: Home) -> list[dict[str, Any]]:
    """Of each destination: rows by state, since when the oldest waits, what was sent last, and the dead letters."""
    configured, zone = {place.name: place for place in places(home)}, home.settings.zone
    with reading(home) as session:
        known = set(session.scalars(select(Outgoing.destination).distinct()))
        return [
            _status(session, name, configured.get(name), zone)
            for name in [*configured, *sorted(known - configured.keys())]
        ]


def _status(session: Session, name: str, place: WriteBack | None, zone: str) -> dict[str, Any]:
    own = Outgoing.destination == name
    counted = session.execute(select(Outgoing.state, func.count()).where(own).group_by(Outgoing.state))
    oldest = session.scalar(
        select(func.min(Outgoing.created_at)).where(own, Outgoing.state.in_(("waiting", "sending")))
    )
    last = session.scalar(select(func.max(Outgoing.sent_at)).where(own))
    failing = session.scalar(
        select(Outgoing.error).where(own, Outgoing.state == "sending", Outgoing.error != "").limit(1)
    )
    dead = session.scalars(
        select(Outgoing).where(own, Outgoing.state == "dead").order_by(Outgoing.id.desc()).limit(SHOWN)
    )
    return {
        "destination": name,
        "to": place.to if place else "not in settings.toml any more",
        "dry_run": bool(place and place.dry_run),
        "states": {state: count for state, count in counted},
        "oldest": None if oldest is None else iso(oldest, zone),
        "last_sent": None if last is None else iso(last, zone),
        "problem": _wrong(place) or failing or "",
        "dead": [
            {"key": one.key, "kind": one.kind, "target": one.target, "subject": one.subject,
             "attempts": one.attempts, "error": one.error}
            for one in dead
        ],
    }  # fmt: skip


def _wrong(place: WriteBack | None) -> str:
    """What keeps a destination's settings from working: nothing is tried then, so that no row tells of it."""
    try:
        if place:
            destination(place)
    except SettingsError as error:
        return str(error)
    return ""


def oldest(home: Home) -> dict[str, int]:
    """By destination of the settings: how long the oldest of what it has not taken yet has been waiting; 0 for none."""
    names, moment = [place.name for place in places(home)], now()
    open_ = Outgoing.destination.in_(names) & Outgoing.state.in_(("waiting", "sending"))
    asked = select(Outgoing.destination, func.min(Outgoing.created_at)).where(open_)
    with reading(home) as session:
        since = {name: at for name, at in session.execute(asked.group_by(Outgoing.destination))}
    return {name: max(0, moment - since.get(name, moment)) for name in names}


def welcome(home: Home) -> int:
    """Queues every current score where a destination is new, or no longer runs dry; returns how many."""
    with reading(home) as session:
        new = [place for place in places(home) if not session.scalar(_anything(place))]
    return queue_all(home) if new else 0


def _anything(place: WriteBack) -> Select[int]:
    real = () if place.dry_run else (Outgoing.state != "dry",)
    return select(Outgoing.id).where(Outgoing.destination == place.name, *real).limit(1)


def queue_all(home: Home) -> int:
    """Queues every current score that is news to a destination; returns how many."""
    return sum(_queue(home, chunk) for chunk in _current(home))


def clear_gone(home: Home, target: str) -> int:
    """Queues empty fields for everybody whose score no longer stands; returns how many there were to tell of.

    Who came back since has a score that stands. Raises NotFound before the first scoring.
    """
    if not places(home):
        return 0
    with reading(home) as session:
        stands = current(target, newest(session, target))
    cleared = 0
    for chunk in _chunks(home, (Score.target == target) & ~stands):
        with writing(home) as session:
            cleared += clear_scores(session, target, [score.subject for score in chunk])
    return cleared


def _queue(home: Home, chunk: Sequence[Score]) -> int:
    with writing(home) as session:
        return queue_scores(session, chunk)


def dry_run(home: Home, name: str) -> dict[str, Any]:
    """What would be sent to a destination if everything were queued and sent now; changes nothing.

    ``waiting`` rows by kind, ``news`` how many current scores would be queued by target, and ``sample`` of them.
    Raises NotFound, SettingsError.
    """
    place = _place(home, name)
    destination(place)
    news: dict[str, int] = {}
    sample: list[dict[str, Any]] = []
    for chunk in _current(home):
        with reading(home) as session:
            for target in sorted({score.target for score in chunk}):
                own = [score for score in chunk if score.target == target]
                found = changed(session, place, target, own, home.settings)
                news[target] = news.get(target, 0) + len(found)
                sample += [{"target": target, "subject": who} | said for who, (said, _) in found.items()]
                del sample[SHOWN:]
    own_rows = (Outgoing.destination == name) & (Outgoing.state == "waiting")
    with reading(home) as session:
        waiting = session.execute(select(Outgoing.kind, func.count()).where(own_rows).group_by(Outgoing.kind))
        counts = {kind: count for kind, count in waiting}
    return {"destination": name, "waiting": counts, "news": news, "sample": sample}


def retry(home: Home, name: str, by: Caller = COMMAND_LINE) -> int:
    """Lets the dead letters of a destination live again, in the groups they went in; returns how many."""
    dead = (Outgoing.destination == name) & (Outgoing.state == "dead")
    again = {"state": "sending", "attempts": 0, "due_at": now()}
    with writing(home) as session:
        found = len(session.execute(update(Outgoing).where(dead).values(again).returning(Outgoing.id)).all())
        note(session, by, "write_back.retry", f"destination:{name}", rows=found)
    return found


def undo(home: Home, name: str, since: int, by: Caller = COMMAND_LINE) -> int:
    """Queues, for each score tried since ``since``, what stood before the first of them; returns how many.

    Fields are emptied where nothing of ours stood before. What was queued since and still waits is not sent any
    more. A score that is taken back stays so until it changes. Raises NotFound for an unknown destination.
    """
    place = _place(home, name)
    tried = (
        select(Outgoing)
        .where(
            Outgoing.destination == name, Outgoing.kind == "score", Outgoing.attempts > 0,
            Outgoing.state.in_(("sending", "sent", "dead")), func.coalesce(Outgoing.sent_at, Outgoing.due_at) >= since,
        )
        .order_by(Outgoing.id)
    )  # fmt: skip
    untried = (Outgoing.destination == name) & (Outgoing.kind == "score") & (Outgoing.state == "waiting")
    untried &= Outgoing.created_at >= since
    with writing(home) as session:
        first: dict[tuple[str, str], Outgoing] = {}
        last: dict[tuple[str, str], Outgoing] = {}
        for found in session.scalars(tried):
            first.setdefault((found.target, found.subject), found)
            last[found.target, found.subject] = found
        back = {about: _back(place, first[about], last[about]) for about in first}
        again = set(_known(session, [one["key"] for one in back.values()]))
        fresh = {about: one for about, one in back.items() if one["key"] not in again}
        for target in {target for target, _ in fresh}:
            give_way(session, place, target, [who for about, who in fresh if about == target])
        session.execute(update(Outgoing).where(untried).values(state="superseded"))
        add(session, list(fresh.values()))
        note(session, by, "write_back.undo", f"destination:{name}", since=since, rows=len(fresh))
    return len(fresh)


def _back(place: WriteBack, first: Outgoing, last: Outgoing) -> dict[str, Any]:
    before = (first.before or {}).get("fields") or dict.fromkeys(FIELDS)
    body = {"undoes": last.key, "fields": before}
    return row(place, "undo", first.target, first.subject, body, [first.key, last.key])


def _known(session: Session, keys: list[str]) -> Iterator[str]:
    """Those of the keys that are in the outbox."""
    for start in range(0, len(keys), CHUNK):
        yield from session.scalars(select(Outgoing.key).where(Outgoing.key.in_(keys[start : start + CHUNK])))


def _place(home: Home, name: str) -> WriteBack:
    found = {place.name: place for place in places(home)}
    if name not in found:
        todo = f"name one of {', '.join(found)}" if found else "add a [[write_back]] to settings.toml"
        raise NotFound("no such destination", value=name, where="settings.toml: write_back", todo=todo)
    return found[name]


def _current(home: Home) -> Iterator[list[Score]]:
    """The scores that stand, CHUNK at a time."""
    for target in all_targets():
        try:
            with reading(home) as session:
                stands = current(target, newest(session, target))
        except NotFound:  # nobody was scored yet
            continue
        yield from _chunks(home, stands)


def _chunks(home: Home, which: ColumnElement[bool]) -> Iterator[list[Score]]:
    """These scores of one target by subject, CHUNK at a time."""
    after = ""
    while True:
        asked = select(Score).where(which, Score.subject > after).order_by(Score.subject).limit(CHUNK)
        with reading(home) as session:
            chunk = list(session.scalars(asked))
        if not chunk:
            return
        yield chunk
        after = chunk[-1].subject
