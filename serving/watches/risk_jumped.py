"""A customer whose risk of leaving is high and much higher than a week ago."""

from collections.abc import Iterator

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.clock import DAY
from crm.days import local_day
from crm.settings import Settings
from crm.tables.scores import Score, ScorePast
from crm.tables.work import Alert, Assignment
from serving.holding import TARGETS, URGENT
from serving.watches import Found

VI, EN = "{n} khách hàng có nguy cơ rời bỏ tăng mạnh", "{n} customers at a sharply higher risk of leaving"
ONE_VI, ONE_EN = "Nguy cơ rời bỏ tăng mạnh trong tuần qua", "The risk of leaving rose sharply within a week"
TODO_VI, TODO_EN = "Hỏi thăm khách trong hôm nay.", "Ask how they are, today."

WEEK = 7
TOLD = 14 * DAY
"""For so long it is the same cause."""


def look(session: Session, settings: Settings, moment: int) -> Iterator[Found]:
    """Those in the first band whose chance rose by the settings' jump within a week."""
    scored = (
        select(Score.subject, Score.probability, Assignment.person, Assignment.team)
        .join(Assignment, (Assignment.subject == Score.subject) & Assignment.until.is_(None), isouter=True)
        .where(Score.target == TARGETS["customer"], Score.band.in_(URGENT))
    )
    today = int(local_day(np.array([moment]), settings.zone)[0])
    before, told = _a_week_ago(session, today), _told(session, moment)
    for subject, chance, person, team in session.execute(scored):
        past = before.get(subject)
        if past is not None and chance - past >= settings.alerts.risk_jump:
            key = told.get(subject, f"risk_jumped:{subject}:{today}")
            yield Found(key, subject, person, team, {"from": round(past, 3), "to": round(chance, 3)})


def _a_week_ago(session: Session, today: int) -> dict[str, float]:
    """The chance of each customer as it stood a week ago; of a younger one, the first there was."""
    urgent = select(Score.subject).where(Score.target == TARGETS["customer"], Score.band.in_(URGENT))
    rows = session.execute(
        select(ScorePast.subject, ScorePast.day, ScorePast.probability)
        .where(ScorePast.target == TARGETS["customer"], ScorePast.subject.in_(urgent), ScorePast.day < today)
        .order_by(ScorePast.day)
    )
    found: dict[str, float] = {}
    for subject, day, chance in rows:
        if day <= today - WEEK or subject not in found:
            found[subject] = chance
    return found


def _told(session: Session, moment: int) -> dict[str, str]:
    """The key under which each customer was told of lately."""
    lately = select(Alert.subject, Alert.key).where(Alert.kind == "risk_jumped", Alert.at > moment - TOLD)
    return {subject: key for subject, key in session.execute(lately)}
