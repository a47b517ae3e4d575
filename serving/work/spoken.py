"""What a row of a list says: its next step, times, contacts and outcomes, in one reader's language."""

from typing import Final
from urllib.parse import quote
from uuid import uuid4

from crm.clock import DAY, HOUR, MINUTE, now, to_datetime
from crm.directory import Card
from crm.glance import Touch
from crm.settings import Settings
from crm.tables.work import Tap
from features.words import Language, code
from serving import say
from serving.work import outcomes, steps
from serving.work.calendar import Calendar
from serving.work.outcomes import Outcome
from serving.work.workday import Entry

QUARTER: Final = 15 * MINUTE


class Spoken:
    """For one page: its reader's ``lang``, the hours of their ``calendar``, and the moment it is drawn."""

    def __init__(self, settings: Settings, kind: str, lang: Language, calendar: Calendar) -> None:
        self.moment = now()
        self._settings, self._kind, self._lang, self._calendar = settings, kind, lang, calendar

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The buttons, in order."""
        return outcomes.OF[self._kind]

    def whys(self, of: str) -> list[tuple[str, str]]:
        """The reasons an outcome asks for, each with its words."""
        return [(name, both[self._lang != "vi"]) for name, both in outcomes.WHYS[of].items()]

    def step(self, entry: Entry) -> str:
        """What to do next."""
        found = steps.OF[self._kind](entry.seen, entry.due, self.moment)
        said = steps.SAID[found.name][self._lang != "vi"]
        said = said.replace("{at}", self.when(found.at)).replace("{day}", self.day(found.at))
        return said.replace("{number}", str(found.number))

    def when(self, micros: int | None) -> str:
        """A time near today; empty for none."""
        return "" if micros is None else say.moment(micros, self._settings.zone, self._lang, self.moment)

    def day(self, micros: int | None) -> str:
        """A day; empty for none."""
        return "" if micros is None else say.day(micros, self._settings.zone)

    def touch(self, found: Touch | None) -> str:
        """A contact: when, what, about what, how it went."""
        if found is None:
            return ""
        said, ours = found.words, found.words.field in outcomes.BY_CODE
        about = outcomes.BY_CODE[said.field].words(self._lang) if ours else said.field
        went = code(said.code, self._lang) if said.code and not ours else ""
        parts = (self.when(found.at), code(said.kind, self._lang), about, went)
        return " · ".join(part for part in parts if part)

    def tapped(self, tap: Tap) -> str:
        """An outcome with its reason."""
        return outcomes.said(tap.code, self._lang, tap.why)

    def crm_link(self, card: Card) -> str:
        """Where the CRM shows this record; empty where the settings do not say."""
        template: str = getattr(self._settings.crm, self._kind)
        return template.replace("{id}", quote(card.source_id, safe=""))

    def new_id(self) -> str:
        """The id of a tap that may be made of a row."""
        return str(uuid4())

    def callbacks(self) -> list[tuple[str, str]]:
        """Working times to propose for a call: in an hour's work, and in the next two halves of a day."""
        days = (self._calendar.day(self.moment + ahead * DAY) for ahead in range(8))
        starts = [first for day in days for first, _ in self._calendar.spans(day) if first > self.moment]
        soon = -(-self._calendar.after(self.moment, HOUR) // QUARTER) * QUARTER
        times = sorted({soon, *(start + HOUR for start in starts[:2])})
        return [(self.local(time), self.when(time)) for time in times]

    def local(self, micros: int) -> str:
        """A time as a field of a form holds it."""
        return to_datetime(micros, self._settings.zone).strftime("%Y-%m-%dT%H:%M")
