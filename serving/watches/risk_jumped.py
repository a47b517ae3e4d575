"""A customer whose risk of leaving is high and much higher than a week ago."""

from collections.abc import Iterator

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.clock import DAY
from crm.days import local_day
from crm.settings import Home
from crm.tables.scores import Score, ScorePast
from crm.tables.trial import Enrolment
from crm.tables.work import Alert
from serving.proof import trial
from serving.proof.shown import shown
from serving.watches import Found
from serving.work.holding import TARGETS, URGENT, held

VI, EN = "{n} khách hàng có nguy cơ rời bỏ tăng mạnh", "{n} customers at a sharply higher risk of leaving"
ONE_VI, ONE_EN = "Nguy cơ rời bỏ tăng mạnh trong tuần qua", "The risk of leaving rose sharply within a week"
TODO_VI, TODO_EN = "Hỏi thăm khách trong hôm nay.", "Ask how they are, today."

WEEK = 7
TOLD = 14 * DAY
"""For so long it is the same cause."""

TARGET = TARGETS["customer"]
OF_THE_RULE = (Enrolment.target == TARGET) & (Enrolment.arm == trial.RULE) & Enrolment.exempt.is_(None)
DRAWN = Score.party.in_(select(Enrolment.party).where(OF_THE_RULE)) | Score.subject.in_(
    select(Enrolment.subject).where(OF_THE_RULE)
)
"""The control group: the rule's word of them counts, whatever the score says."""


def look(session: Session, home: Home, moment: int) -> Iterator[Found]:
    """Those in the first band whose chance, as people are shown it, rose by the settings' jump within a week."""
    asked = select(Score).where(Score.target == TARGET, Score.band.in_(URGENT) | DRAWN)
    scores = [score for score in shown(session, list(session.scalars(asked))) if score.band in URGENT]
    arms, whose = trial.arms(session, TARGET, scores), held(session, [score.subject for score in scores])
    today = int(local_day(np.array([moment]), home.settings.zone)[0])
    before, told = _a_week_ago(session, today), _told(session, moment)
    for score in scores:
        mine, ruled = whose.get(score.subject), arms.get(score.subject) == trial.RULE
        past = before.get(score.subject, (None, None))[ruled]
        if past is not None and score.probability - past >= home.settings.alerts.risk_jump:
            yield Found(
                told.get(score.subject, f"risk_jumped:{score.subject}:{today}"), score.subject,
                mine.person if mine else None, mine.team if mine else None,
                {"from": round(past, 3), "to": round(score.probability, 3)},
            )  # fmt: skip


def _a_week_ago(session: Session, today: int) -> dict[str, tuple[float | None, float | None]]:
    """The chance of each customer, and the simple rule's, as a week ago; of a younger one, the first there was."""
    asked = select(Score.subject).where(Score.target == TARGET, Score.band.in_(URGENT) | DRAWN)
    rows = session.execute(
        select(ScorePast.subject, ScorePast.day, ScorePast.probability, ScorePast.rule_probability)
        .where(ScorePast.target == TARGET, ScorePast.subject.in_(asked), ScorePast.day < today)
        .order_by(ScorePast.day)
    )
    found: dict[str, tuple[float | None, float | None]] = {}
    for subject, day, chance, ruled in rows:
        if day <= today - WEEK or subject not in found:
            found[subject] = (chance, ruled)
    return found


def _told(session: Session, moment: int) -> dict[str, str]:
    """The key under which each customer was told of lately."""
    lately = select(Alert.subject, Alert.key).where(Alert.kind == "risk_jumped", Alert.at > moment - TOLD)
    return {subject: key for subject, key in session.execute(lately)}
