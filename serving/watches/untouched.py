"""A hot lead that nobody has dealt with, somebody's or in a pool."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from crm.clock import MINUTE
from crm.settings import Home
from serving.watches import Found
from serving.work import holding

VI, EN = "{n} khách nóng chưa ai liên hệ", "{n} hot leads nobody has contacted"
ONE_VI, ONE_EN = "Khách nóng chưa ai liên hệ", "A hot lead nobody has contacted"
TODO_VI, TODO_EN = (
    "Gọi ngay, hoặc nhờ trưởng nhóm giao người khác.",
    "Call now, or ask your team lead to pass it on.",
)


def look(session: Session, home: Home, moment: int) -> Iterator[Found]:
    """Those that have waited for longer than the settings allow, in the working time of who holds them or stands in."""
    limit = holding.patience(session, home.settings, moment, home.settings.alerts.hot_minutes * MINUTE)
    waiting = [
        (one, who, team)
        for one, who, team in holding.untouched(session)
        if holding.waits_since(one, who) <= limit(who.id if who else None)
    ]
    chances = holding.chances(session, home) if waiting else {}
    for one, who, team in waiting:
        if one.subject in chances and chances[one.subject].hot:
            yield Found(
                f"untouched:{one.id}", one.subject, who.id if who else None, team.id,
                {"since": holding.waits_since(one, who)},
            )  # fmt: skip
