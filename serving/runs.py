"""Which scoring of everybody stands, the scores that hold since, and what the last look at past scores found."""

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from crm.errors import NotFound
from crm.tables.scores import Monitoring, Score, ScoreRun


def newest(session: Session, target: str) -> ScoreRun:
    """The complete scoring of the latest cutoff, from the newest data; raises NotFound before the first."""
    query = select(ScoreRun).where(ScoreRun.target == target, ScoreRun.finished_at.is_not(None))
    order = (ScoreRun.cutoff.desc(), ScoreRun.load.desc(), ScoreRun.id.desc())
    if run := session.scalar(query.order_by(*order).limit(1)):
        return run
    raise NotFound(
        "nobody has been scored yet", value=target, where="scores", todo=f"run leadkeep score {target}"
    )


def current(target: str, run: ScoreRun) -> ColumnElement[bool]:
    """The scores that stand: of the newest scoring, or newer."""
    return (Score.target == target) & (tuple_(Score.cutoff, Score.load) >= (run.cutoff, run.load))


def watched(session: Session, target: str) -> Monitoring | None:
    """The newest look at a target's past scores; None before the first."""
    mine = select(Monitoring).where(Monitoring.target == target)
    return session.scalar(mine.order_by(Monitoring.at.desc(), Monitoring.id.desc()).limit(1))
