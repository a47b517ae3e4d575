"""People who use Leadkeep: teams, sign-ins, keys, leave, and what they did."""

from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from crm.tables import NUMBER, Base


class Team(Base):
    """A team of one branch; leads whose chance is at least ``qualify_at`` are handed to sales."""

    __tablename__ = "team"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(8))  # sales | care
    branch: Mapped[str] = mapped_column(String(100))
    qualify_at: Mapped[float | None]
    recall_hours: Mapped[int]
    sources: Mapped[list[str]]  # channels whose new leads go to this team; empty: any


class Person(Base):
    """Someone who signs in. ``actor`` is the same person in the CRM, ``<source>:<staff id>``.

    ``may_export`` is a right of its own: to take a whole list away as a file.
    """

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(200), default="", server_default="")
    role: Mapped[str] = mapped_column(String(16))
    team: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    actor: Mapped[str | None] = mapped_column(String(200), unique=True)
    password: Mapped[str | None] = mapped_column(String(200))  # argon2id
    capacity: Mapped[int | None]
    may_export: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    failures: Mapped[int]
    locked_until: Mapped[int | None]
    created_at: Mapped[int]
    left_at: Mapped[int | None]


class Absence(Base):
    """Leave of one person, from the first local day number to the last."""

    __tablename__ = "absence"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"))
    first_day: Mapped[int]
    last_day: Mapped[int]


class ApiKey(Base):
    """A key a program holds; only its SHA-256 is kept. ``scopes`` and ``team`` narrow its role; none: all of it."""

    __tablename__ = "api_key"
    prefix: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    team: Mapped[int | None]
    scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    label: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int]
    expires_at: Mapped[int | None]
    revoked_at: Mapped[int | None]


class SignIn(Base):
    """A browser's session, or a link that opens one once; only its SHA-256 is kept."""

    __tablename__ = "sign_in"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  # link | session
    role: Mapped[str] = mapped_column(String(16))
    prefix: Mapped[str | None] = mapped_column(ForeignKey("api_key.prefix"))
    person: Mapped[int | None]
    created_at: Mapped[int]
    expires_at: Mapped[int]


class Deed(Base):
    """The audit log: who did what to what. Never changed, and without personal data of customers."""

    __tablename__ = "deed"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    at: Mapped[int]
    person: Mapped[int | None]
    prefix: Mapped[str | None] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(64))
    object: Mapped[str] = mapped_column(String(300))
    refused: Mapped[bool] = mapped_column(Boolean)
    detail: Mapped[dict[str, Any]]
    __table_args__ = (Index("deed_at", "at"),)
