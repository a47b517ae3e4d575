"""What a row of a list says: its next step, times, contacts and outcomes, in one reader's language."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from crm.clock import DAY, HOUR, MINUTE, now, to_datetime
from crm.directory import Card
from crm.glance import Glance, Touch
from crm.notes import Note
from crm.settings import Settings
from crm.tables.work import Tap
from features.words import Language, code, span
from serving import say
from serving.work import outcomes, steps
from serving.work.calendar import Calendar
from serving.work.outcomes import Outcome
from serving.work.workday import LATE, Entry
from serving.work.worklists import Place

QUARTER: Final = 15 * MINUTE
POOL: Final = ("Kho chung của đội", "The team's pool")

OF_LEADS: Final = ("source", "campaign", "interest", "stage", "last", "note", "appointment", "owner",
                   "record")  # fmt: skip
FACTS: Final = {
    "lead": OF_LEADS,
    "deal": OF_LEADS,
    "customer": ("renewal", "next_order", "last_order", "debt", "tickets", "rating", "last", "note",
                 "appointment", "interest", "source", "owner", "record"),
}  # fmt: skip
"""What stands below a row, in order, each by the name of its word."""


class Spoken:
    """For one page: its reader's ``lang``, the hours of their ``calendar``, and the moment it is drawn."""

    def __init__(self, settings: Settings, kind: str, lang: Language, calendar: Calendar) -> None:
        self.moment = now()
        self.kind, self.lang, self.currency = kind, lang, settings.currency
        self._settings, self._calendar = settings, calendar

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The buttons, in order."""
        return outcomes.OF[self.kind]

    @property
    def may_call(self) -> bool:
        """Whether people may be called now who did not ask for it."""
        return self._calendar.may_call(self.moment)

    @property
    def calling(self) -> str:
        """The hours in which they may."""
        return self._settings.hours.calling.replace("-", "–")

    def whys(self, of: str) -> list[tuple[str, str]]:
        """The reasons an outcome asks for, each with its words."""
        return [(name, both[self.lang != "vi"]) for name, both in outcomes.WHYS[of].items()]

    def step(self, entry: Entry) -> str:
        """What to do next."""
        return self.advice(entry.seen, entry.due)

    def advice(self, seen: Glance, due: int | None) -> str:
        """What to do next with somebody; ``due`` is the time of a call that was agreed."""
        found = steps.OF[self.kind](seen, due, self.moment)
        said = steps.SAID[found.name][self.lang != "vi"]
        said = said.replace("{at}", self.when(found.at)).replace("{day}", self.day(found.at))
        return said.replace("{number}", str(found.number))

    def when(self, micros: int | None) -> str:
        """A time near today; empty for none."""
        return "" if micros is None else say.moment(micros, self._settings.zone, self.lang, self.moment)

    def day(self, micros: int | None) -> str:
        """A day; empty for none."""
        return "" if micros is None else say.day(micros, self._settings.zone)

    def awaited(self, micros: int | None) -> str:
        """A day something is expected on, and by how many days it is over; empty for none."""
        late = 0 if micros is None else self.moment - micros
        over = span(late / HOUR, self.lang)
        return self.day(micros) + (
            "" if late < DAY else f" · đã quá {over}" if self.lang == "vi" else f" · {over} late"
        )

    def touch(self, found: Touch | None) -> str:
        """A contact: when, what, about what, how it went."""
        if found is None:
            return ""
        said, ours = found.words, found.words.field in outcomes.BY_CODE
        about = outcomes.BY_CODE[said.field].words(self.lang) if ours else said.field
        went = code(said.code, self.lang) if said.code and not ours else ""
        parts = (self.when(found.at), code(said.kind, self.lang), about, went)
        return " · ".join(part for part in parts if part)

    def facts(
        self, entry: Entry, words: Mapping[str, str], people: Mapping[int, str]
    ) -> list[tuple[str, str]]:
        """FACTS of a row with their words, empty where nobody knows; ``people`` are those who hold subjects."""
        card, seen, place = entry.row.card, entry.seen, entry.row.place
        known = {
            "source": code(card.channel, self.lang), "campaign": card.campaign, "stage": card.stage,
            "interest": code(card.product, self.lang), "last": self.touch(seen.last),
            "note": self.noted(entry.note, seen.noted),
            "appointment": self._appointed(entry.due or seen.appointment), "renewal": self.day(seen.renews_at),
            "next_order": self.awaited(seen.expected_at), "last_order": self._ordered(seen),
            "debt": self.money(seen.debt or None), "tickets": str(seen.tickets or ""),
            "rating": f"{seen.csat}/5" if seen.csat else "", "record": f"{card.source} · {card.source_id}",
            "owner": self._holder(place, people) or card.owner,
        }  # fmt: skip
        return [(words[name], known[name]) for name in FACTS[self.kind]]

    def _appointed(self, micros: int | None) -> str:
        """The time of a call that was agreed; nothing of one so long ago that nobody waits for it any more."""
        return "" if micros is None or micros <= self.moment - LATE else self.when(micros)

    def _holder(self, place: Place, people: Mapping[int, str]) -> str:
        """Whose it is here: who it was taken from is not, whatever the CRM says."""
        if place.person is None:
            return "" if place.team is None else POOL[self.lang != "vi"]
        return people.get(place.person, "")

    def noted(self, note: Note | None, told: Touch | None) -> str:
        """The last note: its text, or where the CRM gave none what it was about."""
        about = told.words.field if told else None
        if told and about and about not in outcomes.BY_CODE and (note is None or note.at < told.at):
            return f"{self.when(told.at)} · {about}"
        return f"{self.when(note.at)} · {note.text}" if note else ""

    def money(self, amount: int | None) -> str:
        """An amount as people say it; empty for none."""
        return say.about(amount, self.lang, self.currency)

    def _ordered(self, seen: Glance) -> str:
        """When they last ordered, and for how much."""
        return " · ".join(
            part for part in (self.day(seen.ordered_at), self.money(seen.ordered or None)) if part
        )

    def tapped(self, tap: Tap) -> str:
        """An outcome with its reason."""
        return outcomes.said(tap.code, self.lang, tap.why)

    def crm_link(self, card: Card) -> str:
        """Where the CRM shows this record; empty where the settings do not say."""
        template: str = getattr(self._settings.crm, self.kind)
        return template.replace("{id}", quote(card.source_id, safe=""))

    def new_id(self) -> str:
        """The id of a tap that may be made of a row."""
        return str(uuid4())

    @cached_property
    def callbacks(self) -> list[tuple[str, str]]:
        """Working times to propose for a call: in an hour's work, and in the next two halves of a day."""
        days = (self._calendar.day(self.moment + ahead * DAY) for ahead in range(8))
        starts = [first for day in days for first, _ in self._calendar.spans(day) if first > self.moment]
        soon = self._calendar.may_call_from(-(-self._calendar.after(self.moment, HOUR) // QUARTER) * QUARTER)
        times = sorted({soon, *(start + HOUR for start in starts[:2])})
        return [(self.local(time), self.when(time)) for time in times]

    def local(self, micros: int) -> str:
        """A time as a field of a form holds it."""
        return to_datetime(micros, self._settings.zone).strftime("%Y-%m-%dT%H:%M")
