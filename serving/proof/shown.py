"""What people are shown of a score: of whom the simple rule ranks, what the rule says."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.operations import reading
from crm.settings import Home
from crm.tables.scores import Score, ScorePast, ScoreRun
from serving.bands import Thresholds
from serving.proof import trial

S = TypeVar("S", Score, ScorePast)


def shown(session: Session, scores: Sequence[Score]) -> list[Score]:
    """The scores as people may see them, wherever they look: in Leadkeep, in the CRM, in a file.

    A score of the control group becomes the rule's, outside of any session, its band by the thresholds that all are
    banded with. A model that kept no rule of its own leaves nothing else to show.
    """
    found: dict[tuple[str, str], Score] = {}
    for target in {score.target for score in scores}:
        own = [score for score in scores if score.target == target]
        arms = trial.arms(session, target, own)
        ruled = [score for score in own if arms.get(score.subject) == trial.RULE]
        thresholds = _thresholds(session, target) if ruled else None
        found |= {(target, score.subject): _by_rule(score, thresholds) for score in ruled}
    return [found.get((score.target, score.subject), score) for score in scores]


def by_rule(home: Home, target: str, subject: str) -> bool:
    """Whether the simple rule ranks this subject: then people are told what the rule says of it."""
    with reading(home) as session:
        score = session.get(Score, (target, subject)) or Score(target=target, subject=subject, party="")
        return trial.arms(session, target, [score]).get(subject) == trial.RULE


def course_by_rule(session: Session, present: Score, rows: Sequence[ScorePast]) -> list[ScorePast]:
    """The days of one whom the rule ranks as it would have had them, outside of any session.

    ``present`` is the score as people see it: its day has its band, the others that of the present thresholds. Days
    of models that kept no rule are left out.
    """
    thresholds, kind = _thresholds(session, present.target), present.subject.partition(":")[0]
    found = []
    for row in rows:
        if row.rule_probability is not None:
            then = thresholds if row.cutoff < present.cutoff else None
            band = then.band(kind, row.rule_probability) if then else present.band
            found.append(as_ruled(row, probability=row.rule_probability, band=band, expected=None))
    return found


def as_ruled(score: S, **said: Any) -> S:
    """A copy with the rule's reasons, and what is ``said`` in place of the model's."""
    given = {column.name: getattr(score, column.name) for column in score.__table__.columns} | said
    return type(score)(**given | ({} if score.rule_reasons is None else {"reasons": score.rule_reasons}))


def _thresholds(session: Session, target: str) -> Thresholds | None:
    newest = select(ScoreRun.thresholds).where(ScoreRun.target == target)
    said = session.scalar(newest.order_by(ScoreRun.cutoff.desc(), ScoreRun.id.desc()).limit(1))
    return Thresholds(**said) if said else None


def _by_rule(score: Score, thresholds: Thresholds | None) -> Score:
    chance = score.rule_probability
    if chance is None:
        return score
    band = thresholds.band(score.subject.partition(":")[0], chance) if thresholds else score.band
    expected = None if score.value is None else round(score.value * chance)
    return as_ruled(score, probability=chance, band=band, expected=expected)
