"""What the inbox adds to a load's events: the same moments, found for the records it speaks of.

An :class:`Overlay` belongs to one load and one process. It reads the inbox above what the load holds, tells
each record's moments anew from all its rows, and gives a subject's events with the old moments of those records
replaced. After a fold the history tells the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crm.clock import FOREVER, UNKNOWN
from crm.days import local_day
from crm.errors import NotFound
from crm.events import COLUMNS, Events, EventStore, Signature
from crm.inbox import Fresh, Inbox, Said
from crm.piecemeal import Piecemeal
from crm.records import Records, key
from crm.versions import Fields, Version, changes_of, versions

CUSTOMER_SINCE: Final = ("order", "contract", "subscription", "invoice", "payment")
"""What makes a party a customer, as in :mod:`crm.materialise`."""

OPENING: Final = ("party", "lead", "deal")
"""Tables whose rows open ways for others, in the order in which they build on each other."""

CHANGING: Final = (*OPENING, "ticket")
"""Tables whose moments depend on the changes of their fields."""

ORDER: Final = (*CHANGING, "activity", "transaction")

AT_ONCE: Final = 10_000
"""Rows of the inbox read at once."""

Record = tuple[str, str, str]
"""``(origin, source, record)`` of moments: what is replaced as a whole."""


class Way(NamedTuple):
    """From a record to a subject; see :mod:`crm.links`."""

    subject: str
    self: bool
    known_at: int
    happened_from: int = UNKNOWN
    happened_until: int = FOREVER


class Moment(NamedTuple):
    """An event of one subject, in words."""

    event_id: str
    occurred_at: int
    known_at: int
    known_until: int
    words: Signature
    value: int
    duration: int
    actor: str


Told = dict[Record, dict[str, list[Moment]]]
"""Of records told anew: the moments each hands to the subjects it reaches."""


class Overlay:
    """For several threads: one at a time reads what came, and whoever asks about a subject does not wait for it."""

    def __init__(self, store: EventStore, inbox: Inbox, currency: str, zone: str) -> None:
        self.store, self._inbox, self._currency, self._zone = store, inbox, currency, zone
        self.number = store.about.inbox
        self._reading, self._lock = Lock(), Lock()
        self._records = Records(store.folder)
        self._piecemeal = Piecemeal(self._records.small)
        self._told: dict[tuple[str, str], list[Fresh]] = defaultdict(list)
        self._ways: dict[str, list[Way]] = defaultdict(list)
        self._held: dict[str, list[tuple[str, str, str, int]]] = defaultdict(list)
        self._reached: dict[Record, set[str]] = {}
        self._added: dict[str, dict[Record, list[Moment]]] = defaultdict(dict)
        self._newest: dict[str, int] = {}
        self._named: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._opened: set[tuple[str, str]] = set()
        self._where: dict[tuple[str, str, str], str] = {}
        self._signatures = list(store.signatures)
        self._number_of = {words: number for number, words in enumerate(self._signatures)}
        self._shared = store.signatures
        self._actors = {actor: number for number, actor in enumerate(store.actors)}
        self._fixed = declared(self._records)

    def catch_up(self) -> None:
        """Reads what came since."""
        with self._reading:
            while fresh := self._inbox.after(self.number, AT_ONCE):
                told = self._told_by(fresh)
                with self._lock:
                    self._place(told, fresh[-1].number)
                if len(fresh) < AT_ONCE:
                    return

    def concerns(self, subject: str) -> bool:
        """Whether the inbox adds to the events of ``subject``."""
        return subject in self._added

    def since(self, number: int) -> tuple[dict[str, int], int]:
        """The subjects that rows above ``number`` concern, each with the newest of them; and the newest row read."""
        with self._lock:
            newer = takewhile(lambda one: one[1] > number, reversed(self._newest.items()))
            return dict(reversed(list(newer))), self.number

    def one(self, subject: str) -> Events:
        """The events of one subject, what came live included; raises NotFound."""
        with self._lock:
            return self._one(subject)

    def _one(self, subject: str) -> Events:
        added = self._added.get(subject)
        if added is None:
            return self.store.one(subject)
        kept = self._kept(subject, added)
        moments = sorted(moment for some in added.values() for moment in some)
        if subject.startswith("customer:") and kept is None and not _is_customer(moments):
            raise NotFound("no such subject", value=subject, todo="a party is a customer once it has bought")
        return self._joined(subject, kept, moments)

    def _told_by(self, fresh: list[Fresh]) -> Told:
        """What rows of the inbox tell, and the rows of others to which they lead."""
        told: Told = {}
        places = {self._noted(one) for one in fresh}
        for table in ORDER:
            told |= self._retell(table, [place for of, place in places if of == table])
            places |= self._opened
            self._opened.clear()
        return told

    def _noted(self, fresh: Fresh) -> tuple[str, str]:
        """Keeps one row; returns what has to be told anew: a table, and the key of its rows."""
        said = fresh.said
        record = said.table, said.source, said.source_id
        if record not in self._where:
            self._where[record] = where(self._records, said)
        place = said.table, self._where[record]
        self._told[place].append(fresh)
        for name in ("lead", "party", "deal"):
            if other := said.columns.get(name):
                self._named[f"{name}:{said.source}:{other}"].add(place)
        for name in ("phone", "email"):
            if value := said.columns.get(name):
                self._named[f"{name}={value}"].add(place)
        return place

    def _retell(self, table: str, places: list[str]) -> Told:
        """The moments of the records with these keys, from the history's rows and the inbox's."""
        if not places:
            return {}
        told: list[Version] = []
        logged: list[Version] = []
        for place in places:
            own = versions(self._standing(table, place), self._told[table, place])
            told += own
            if table in CHANGING:
                logged += self._standing("change", f"{table}:{place}") + changes_of(table, own, self._fixed)
        rows, tables = {table: told}, [table]
        if table in CHANGING:
            rows["change"] = logged
        if table in OPENING:
            tables += ["change"] if logged else []
            self._lead_on(table, told)
        return self._handed_out(self._piecemeal.moments(rows, tables))

    def _standing(self, table: str, place: str) -> list[Version]:
        rows = self._records.rows(table, place)
        return [] if rows is None else rows.to_pylist()

    def _lead_on(self, table: str, told: list[Version]) -> None:
        """The ways and keys that new rows of a lead, party or deal open."""
        for row in told:
            if row.get("load") != 0:
                continue
            source, own, known = row["source"], row["source_id"], row["known_at"]
            subject = "customer" if table == "party" else table
            ways = [Way(f"{subject}:{source}:{own}", True, known)]
            parties = {"lead": "converted_party", "party": "organisation", "deal": "party"}
            if other := row.get(parties[table]):
                since = row.get("converted_at") or known if table == "lead" else known
                ways += [
                    Way(
                        way.subject,
                        False,
                        max(known, since, way.known_at),
                        way.happened_from,
                        way.happened_until,
                    )
                    for way in self._ways_of("party", source, other)
                ]
            if table == "deal" and (lead := row.get("lead")):
                ways += [way._replace(self=False, known_at=max(known, way.known_at))
                         for way in self._ways_of("lead", source, lead)]  # fmt: skip
            place = f"{table}:{source}:{own}"
            have = {(way.subject, way.self) for way in self._ways_of(table, source, own)}
            new = [way for way in ways if (way.subject, way.self) not in have]
            self._ways[place] += new
            self._opened |= self._named[place] if new else set()
            for kind in ("phone", "email"):
                if (value := row.get(kind)) and table != "deal":
                    holder, holders = (table, source, own), self._held[f"{kind}={value}"]
                    if holder not in [held[:3] for held in holders]:
                        holders.append((*holder, known))
                        self._opened |= {at for at in self._named[f"{kind}={value}"] if at[0] not in OPENING}

    def _ways_of(self, table: str, source: str, record: str) -> list[Way]:
        place = f"{table}:{source}:{record}"
        rows = self._records.rows("way", place)
        found = [Way(r["subject"], r["self"], r["known_at"], r["happened_from"], r["happened_until"])
                 for r in rows.to_pylist()] if rows is not None else []  # fmt: skip
        return found + self._ways.get(place, [])

    def _ties(self, moment: dict[str, Any]) -> Iterator[tuple[Way, int]]:
        """The ways of a moment, each with the time from which its tie to the record was known."""
        source, known = moment["source"], moment["known_at"]
        named = False
        for table in ("lead", "party", "deal"):
            if record := moment[table]:
                named = True
                tables = [table]
                if table == "party":
                    tables += {"activity": ["moved"], "transaction": ["become"]}.get(moment["origin"], [])
                for kind in tables:
                    for way in self._ways_of(kind, source, record):
                        yield way, known
        if named:
            return
        for kind in ("phone", "email"):
            if value := moment[kind]:
                rows = self._records.rows("key", f"{kind}={value}")
                held = [(r["object"], r["source"], r["record"], r["known_at"]) for r in rows.to_pylist()] \
                    if rows is not None else []  # fmt: skip
                for table, holder, record, since in held + self._held.get(f"{kind}={value}", []):
                    for way in self._ways_of(table, holder, record):
                        yield way, max(known, since)

    def _handed_out(self, moments: list[dict[str, Any]]) -> Told:
        """Each moment to the subjects it reaches."""
        told: dict[Record, dict[str, list[Moment]]] = defaultdict(lambda: defaultdict(list))
        for moment in moments:
            record = moment["origin"], moment["source"], moment["record"]
            told[record]  # a record whose moments reach nobody any more is emptied
            for way, tied in self._ties(moment):
                happened, known = moment["occurred_at"], max(tied, way.known_at)
                if (way.self or not moment["own"]) and way.happened_from <= happened < way.happened_until \
                        and known < moment["known_until"]:  # fmt: skip
                    told[record][way.subject].append(self._moment(moment, known))
        return {
            record: {subject: _settled(some) for subject, some in by_subject.items()}
            for record, by_subject in told.items()
        }

    def _place(self, told: Told, number: int) -> None:
        """Puts what records tell, up to row ``number``, in the place of what they told before."""
        for record, by_subject in told.items():
            reached = self._reached.setdefault(record, set())
            reached |= set(by_subject)
            for subject in reached:
                self._added[subject][record] = by_subject.get(subject, [])
                self._newest.pop(subject, None)  # the newest stand last
                self._newest[subject] = number
        self.number = number

    def _moment(self, told: dict[str, Any], known_at: int) -> Moment:
        foreign = told["currency"] is not None and told["currency"] != self._currency
        words = Signature(*(told[name] or "" for name in Signature._fields))
        return Moment(
            f"{told['origin']}:{told['source']}:{told['record']}:{told['moment']}", told["occurred_at"], known_at,
            told["known_until"], words, UNKNOWN if foreign or told["value"] is None else told["value"],
            UNKNOWN if told["duration"] is None else told["duration"],
            f"{told['source']}:{told['actor']}" if told["actor"] else "",
        )  # fmt: skip

    def _kept(self, subject: str, told: Iterable[Record]) -> tuple[Events, list[str]] | None:
        """The load's events of ``subject`` but for those of records told anew, with their ids."""
        try:
            events, ids = self.store.one_named(subject)
        except NotFound:
            return None
        gone = tuple(":".join(record) + ":" for record in told)
        stays = np.array([not one.startswith(gone) for one in ids], dtype=bool)
        columns = {name: getattr(events, name)[stays] for name in COLUMNS}
        offsets = np.array([0, int(stays.sum())])
        return replace(events, offsets=offsets, **columns), [
            one for one, stay in zip(ids, stays, strict=True) if stay
        ]

    def _joined(self, subject: str, kept: tuple[Events, list[str]] | None, moments: list[Moment]) -> Events:
        own: dict[str, NDArray[Any]] = {
            "occurred_at": np.array([m.occurred_at for m in moments], np.int64),
            "known_at": np.array([m.known_at for m in moments], np.int64),
            "known_until": np.array([m.known_until for m in moments], np.int64),
            "signature": np.array([self._signature(m.words) for m in moments], np.int32),
            "value": np.array([m.value for m in moments], np.int64),
            "duration": np.array([m.duration for m in moments], np.int64),
            "actor": np.array([self._actor(m.actor) for m in moments], np.int32),
        }
        own["day"] = local_day(own["occurred_at"], self._zone)
        ids = [m.event_id for m in moments]
        if kept is not None:
            own = {name: np.concatenate([getattr(kept[0], name), own[name]]) for name in COLUMNS}
            ids = kept[1] + ids
        order = sorted(range(len(ids)), key=lambda i: (own["occurred_at"][i], ids[i], own["known_at"][i]))
        own = {name: column[order] for name, column in own.items()}
        return Events(subjects=[subject], offsets=np.array([0, len(ids)]), signatures=self._shared, **own)

    def _signature(self, words: Signature) -> int:
        number = self._number_of.get(words)
        if number is None:
            number = self._number_of[words] = len(self._signatures)
            self._signatures.append(words)
            self._shared = tuple(self._signatures)
        return number

    def _actor(self, actor: str) -> int:
        return self._actors.setdefault(actor, len(self._actors)) if actor else -1


def _is_customer(moments: list[Moment]) -> bool:
    return any(moment.words.kind in CUSTOMER_SINCE for moment in moments)


def _settled(told: list[Moment]) -> list[Moment]:
    """What was told twice with the same content stands from the first to the last time without a gap."""
    alike: dict[tuple[Any, ...], list[Moment]] = defaultdict(list)
    for moment in told:
        alike[
            moment.event_id, moment.occurred_at, moment.words, moment.value, moment.duration, moment.actor
        ].append(moment)
    found: list[Moment] = []
    for some in alike.values():
        some.sort(key=lambda moment: (moment.known_at, moment.known_until))
        joined = some[0]
        for moment in some[1:]:
            if moment.known_at <= joined.known_until:
                joined = joined._replace(known_until=max(joined.known_until, moment.known_until))
            else:
                found.append(joined)
                joined = moment
        found.append(joined)
    return found


def where(records: Records | None, said: Said) -> str:
    """The key of the rows that the moments of a delivered record depend on."""
    known = records.place(said.table, said.source, said.source_id) if records else None
    return known or key(said.table, {**said.columns, "source": said.source, "source_id": said.source_id})


def declared(records: Records) -> Fields:
    """The features of each source's records: True where a value is known from creation."""
    found: Fields = defaultdict(dict)
    for row in records.small["fields"].to_pylist() if "fields" in records.small else []:
        fields = found[row["source"], row["object"]]
        fields[row["field"]] = row["fixed"] and fields.get(row["field"], True)
    return dict(found)
