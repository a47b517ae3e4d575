"""The home folder and its one settings file."""

import os
import tomllib
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from crm.clock import known_zone
from crm.errors import SettingsError

TEMPLATE = """\
# Leadkeep's settings. Every line is optional; the values shown are the defaults.

# The company's time zone: days, weekdays and working hours are counted in it.
zone = "Asia/Ho_Chi_Minh"
# The company's currency (ISO 4217). Amounts in another currency are kept but not added up.
currency = "VND"
# Language of reasons and pages unless asked otherwise: "vi" or "en".
language = "vi"

[capacity]
# How many contacts one person has in a day, where they have no figure of their own. Bands follow the sum over the
# people at work in the teams: that many of the best leads are "hot".
sales = 40
care = 20

[horizon_days]
# How far ahead each target looks. Leave churn out to take it from the customers' own purchase gaps.
lead_conversion = 30
# churn = 90

[hours]
# When people work, in the company's zone. Saturday is a morning; Tết and the other public holidays are known.
week = ["08:00-12:00", "13:30-17:30"]
saturday = ["08:00-12:00"]
sunday = []
# When people may be called who did not ask for it (Decree 91/2020: 8 to 17 h), and how long to leave them alone then.
calling = "08:00-17:00"
rest_hours = 24
# How many working days after a quote the CRM is given the task to ask about it.
quote_days = 2
# Other days off, e.g. ["2027-09-03"].
closed = []

[trial]
# Which part of the people is worked by the simple rule instead of the score, to prove what the score earns; 0: nobody.
share = 0.10

[tickets]
# Which categories of tickets are complaints, as the mapping leaves them, e.g. ["Khiếu nại"]. None named: any may
# be one, and the page of results speaks of all tickets.
complaints = []

[crm]
# The address of a record in your CRM, with {id} where its id goes: "Open in CRM" on the pages. Empty: no link.
lead = ""
customer = ""
deal = ""

[alerts]
# What needs somebody now is shown on the pages, and sent where people look: nothing is, before an address is given.
# Addresses are those of apprise: "tgram://TOKEN/CHAT", "slack://...", "jsons://a-gateway-to-zalo.example.vn/hook".
page = ""  # where people open Leadkeep, e.g. "https://leadkeep.example.vn": messages say it
mail = ""  # sends each person theirs: "mailtos://USER:PASSWORD@smtp.example.vn?from=leadkeep@example.vn"
# How much working time may pass until a hot lead, or a promised call, is told of; how much a risk jumps in a week.
hot_minutes = 30
callback_minutes = 30
risk_jump = 0.15
[alerts.teams]
# "Name of the team" = ["tgram://TOKEN/CHAT"]

[exports]
# What `leadkeep run` imports each night: a mapping file and the folders or files it fits, seen from this folder.
mapping = ""
paths = []

[jobs]
# When `leadkeep run` does what: "01:30", "sunday 03:00", "every 15 minutes", or "" for never (docs/deployment.md).
# train = "sunday 03:00"
# backup = "04:00"

[stores]
# Empty means: inside the home folder. A PostgreSQL URL or an MLflow server's address go here.
operations = ""
tracking = ""

# Where changed scores and people's taps are written back to; as many of these as you like (docs/write-back.md).
# [[write_back]]
# name = "crm"
# to = "webhook"        # or "table", or "file"
# address = "https://crm.example.vn/leadkeep"    # or a database URL, or a folder
# secret = "whsec_..."  # of a webhook: it signs what is sent
# dry_run = true        # queue and show, but send nothing
"""

Positive = Annotated[int, Field(gt=0)]


class Capacity(BaseModel):
    """Contacts one person can make in a day, by the kind of team; a person may have a figure of their own."""

    model_config = ConfigDict(extra="forbid")
    sales: Positive = 40
    care: Positive = 20


class HorizonDays(BaseModel):
    """Days each target looks ahead; None means: learn it from the history."""

    model_config = ConfigDict(extra="forbid")
    lead_conversion: Positive = 30
    churn: Positive | None = None


class Trial(BaseModel):
    """The control group's share of the parties."""

    model_config = ConfigDict(extra="forbid")
    share: Annotated[float, Field(ge=0, le=0.5)] = 0.10


class Tickets(BaseModel):
    """How complaints are told from other tickets."""

    model_config = ConfigDict(extra="forbid")
    complaints: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The categories in small letters, in order."""
        return tuple(sorted(one.lower() for one in self.complaints))


def _span(text: str) -> str:
    first, _, last = text.partition("-")
    if not time.fromisoformat(first) < time.fromisoformat(last):
        raise ValueError("a stretch of a day begins before it ends, e.g. 08:00-12:00")
    return text


Span = Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$"), AfterValidator(_span)]


class Hours(BaseModel):
    """When people work and when they may call, as stretches of a local day."""

    model_config = ConfigDict(extra="forbid")
    week: list[Span] = ["08:00-12:00", "13:30-17:30"]
    saturday: list[Span] = ["08:00-12:00"]
    sunday: list[Span] = []
    calling: Span = "08:00-17:00"
    rest_hours: Positive = 24
    quote_days: Positive = 2
    closed: list[date] = []


Address = Annotated[str, Field(pattern=r"^(https?://[^{}]*\{id\}[^{}]*)?$")]


class Addresses(BaseModel):
    """Where the CRM shows a record, by kind of subject; ``{id}`` stands for its id there."""

    model_config = ConfigDict(extra="forbid")
    lead: Address = ""
    customer: Address = ""
    deal: Address = ""


class Alerts(BaseModel):
    """Where alerts go, as apprise addresses (``teams`` by name), and what deserves one."""

    model_config = ConfigDict(extra="forbid")
    page: str = Field(default="", pattern="^(https?://[^\\s]+)?$")
    mail: str = ""
    teams: dict[str, tuple[str, ...]] = {}
    hot_minutes: Positive = 30
    callback_minutes: Positive = 30
    risk_jump: float = Field(default=0.15, gt=0, le=1)


class Exports(BaseModel):
    """What the nightly import reads; an empty mapping: nothing."""

    model_config = ConfigDict(extra="forbid")
    mapping: str = ""
    paths: tuple[str, ...] = ()


class Stores(BaseModel):
    """Addresses of stores outside the home folder; empty means embedded."""

    model_config = ConfigDict(extra="forbid")
    operations: str = ""
    tracking: str = ""


class WriteBack(BaseModel):
    """A destination scores and taps are written back to; ``address`` is a URL, a database's URL or a folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern="^[a-z0-9][a-z0-9_-]{0,23}$")
    to: str
    address: str
    secret: str = ""
    targets: tuple[str, ...] = ()
    """Whose scores and taps; none named: all."""
    per_minute: Positive = 60
    """Requests, each of many records."""
    dry_run: bool = False


class Settings(BaseModel):
    """What ``settings.toml`` may say."""

    model_config = ConfigDict(extra="forbid")
    zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Ho_Chi_Minh"
    currency: str = Field(default="VND", pattern="^[A-Z]{3}$")
    language: str = Field(default="vi", pattern="^(vi|en)$")
    capacity: Capacity = Capacity()
    horizon_days: HorizonDays = HorizonDays()
    hours: Hours = Hours()
    crm: Addresses = Addresses()
    alerts: Alerts = Alerts()
    exports: Exports = Exports()
    jobs: dict[str, str] = {}
    stores: Stores = Stores()
    trial: Trial = Trial()
    tickets: Tickets = Tickets()
    write_back: tuple[WriteBack, ...] = ()

    @field_validator("write_back")
    @classmethod
    def _named_once(cls, places: tuple[WriteBack, ...]) -> tuple[WriteBack, ...]:
        if len({place.name for place in places}) < len(places):
            raise ValueError("two of [[write_back]] have the same name")
        return places


class Home:
    """Where Leadkeep keeps its state: ``LEADKEEP_HOME``, by default ``./.leadkeep``.

    ``Home()`` reads the environment; ``Home(path)`` is explicit. The folder and a commented
    ``settings.toml`` are made by :meth:`create`, and by nothing else.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path or os.environ.get("LEADKEEP_HOME") or ".leadkeep").resolve()
        self._file = str(self.path / "settings.toml")

    @property
    def history(self) -> Path:
        """The Delta tables and the event files."""
        return self.path / "history"

    @property
    def models(self) -> Path:
        """Local copies of registered bundles: ``models/<target>/<version>/``."""
        return self.path / "models"

    @property
    def operations_url(self) -> str:
        """SQLAlchemy URL of the operations database."""
        return self.settings.stores.operations or f"sqlite:///{self.path / 'operations.db'}"

    @property
    def inbox_url(self) -> str:
        """SQLAlchemy URL of the inbox: a file of its own, or the operations database where that is a server."""
        url = self.settings.stores.operations
        own = not url or url.startswith("sqlite")
        return f"sqlite:///{self.path / 'inbox.db'}" if own else url

    @property
    def tracking_url(self) -> str:
        """MLflow tracking URI."""
        return self.settings.stores.tracking or f"sqlite:///{self.path / 'mlflow.db'}"

    @property
    def artifacts(self) -> Path:
        """Where an embedded MLflow puts plots and bundles."""
        return self.path / "mlflow-artifacts"

    @property
    def settings(self) -> Settings:
        """The settings file, or the defaults where there is none.

        Raises SettingsError naming the key, its value and the file.
        """
        try:
            stands = os.stat(self._file)
        except FileNotFoundError:
            return _DEFAULTS
        return _read(self._file, stands.st_mtime_ns, stands.st_size, stands.st_ino)

    def create(self, **said: str) -> "Home":
        """Makes the folder and its settings file where missing; returns itself.

        ``said`` gives a new file's empty texts other values, by their key: ``lead="https://crm.example.vn/{id}"``.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / "settings.toml"
        if not file.exists():
            text = TEMPLATE
            for name, value in said.items():
                text = text.replace(f'\n{name} = ""', f'\n{name} = "{value}"')
            file.write_text(text, encoding="utf-8")
        return self


_DEFAULTS: Final = Settings()


@lru_cache(maxsize=16)
def _read(file: str, *stands: int) -> Settings:
    """What a settings file says, read once while it ``stands`` so: every event asks, and TOML takes long to read."""
    try:
        return Settings.model_validate(tomllib.loads(Path(file).read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("settings.toml is not valid TOML", value=str(error), where=file) from error
    except ValidationError as error:
        first = error.errors()[0]
        whole = isinstance(first["input"], dict | list | tuple)  # it may hold a secret
        raise SettingsError(
            f"settings.toml: {first['msg']}",
            value=None if whole else first["input"],
            where=f"{file}: {'.'.join(map(str, first['loc']))}",
            todo="correct that key, or delete it to take the default",
        ) from error
