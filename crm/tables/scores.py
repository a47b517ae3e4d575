"""Scores: of everybody at a moment, the current one of each subject, those of the past, and whose model made them."""

from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.tables import NUMBER, Base


class ScoreRun(Base):
    """One scoring of everybody: what it read, how many it scored, where its bands begin."""

    __tablename__ = "score_run"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    target: Mapped[str] = mapped_column(String(64))
    cutoff: Mapped[int]
    version: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))  # lightgbm | logistic | rates | rule
    horizon_days: Mapped[int]
    load: Mapped[int]
    started_at: Mapped[int]
    finished_at: Mapped[int | None]
    people: Mapped[int]
    counts: Mapped[dict[str, Any]]
    thresholds: Mapped[dict[str, Any]]
    __table_args__ = (Index("score_run_newest", "target", "cutoff"),)


class Score(Base):
    """The current score of one subject; ``reasons`` are ``{topic, vi, en, contribution}``.

    ``rule_probability`` and ``rule_reasons`` are what the simple rule would say, shown of the control group.
    ``number`` is the last delivered row of the inbox it saw.
    """

    __tablename__ = "score"
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300), primary_key=True)
    cutoff: Mapped[int]
    load: Mapped[int]
    number: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    probability: Mapped[float]
    raw: Mapped[float]
    band: Mapped[str] = mapped_column(String(16))
    value: Mapped[int | None]
    expected: Mapped[int | None]
    rule_probability: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]]]
    rule_reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    source: Mapped[str] = mapped_column(String(64))
    source_id: Mapped[str] = mapped_column(String(200))
    party: Mapped[str] = mapped_column(String(300), default="", server_default="")
    __table_args__ = (Index("score_worklist", "target", "band", "expected"),)


class ScorePast(Base):
    """The last score a subject had on one local day, for its course over time; no reasons older than a month.

    What the simple rule would have said stands beside it, as with :class:`Score`. A day without a row: as on the day
    before.
    """

    __tablename__ = "score_past"
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    cutoff: Mapped[int]
    version: Mapped[str] = mapped_column(String(64))
    probability: Mapped[float]
    rule_probability: Mapped[float | None]
    band: Mapped[str] = mapped_column(String(16))
    expected: Mapped[int | None]
    reasons: Mapped[list[dict[str, Any]] | None]
    rule_reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))


class Monitoring(Base):
    """What one look at a target's past scores found: figures as ``leadkeep monitor --json`` has them."""

    __tablename__ = "monitoring"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    target: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(64))
    at: Mapped[int]
    rows: Mapped[int]
    warnings: Mapped[list[str]]
    figures: Mapped[dict[str, Any]]
    __table_args__ = (Index("monitoring_newest", "target", "at"),)


class Champion(Base):
    """The model in use for a target."""

    __tablename__ = "champion"
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(64))
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    promoted_at: Mapped[int]


class Promotion(Base):
    """Which model was put in use when, and by whom; the newest but one is where a roll-back goes."""

    __tablename__ = "promotion"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    target: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(64))
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[int]
    person: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(200))
    __table_args__ = (Index("promotion_newest", "target", "at"),)
