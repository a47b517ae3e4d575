"""E-mail: each person hears of what is theirs, and a team lead of the team's, by the company's own mail server."""

from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import quote

from crm.settings import Settings
from serving.channels import Message, Told, message


def messages(settings: Settings, told: Sequence[Told]) -> list[Message]:
    """One a person; nothing for who has no address."""
    if not settings.alerts.mail:
        return []
    theirs: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        for mail in one.mails:
            theirs[mail].append(one)
    joined = f"{settings.alerts.mail}{'&' if '?' in settings.alerts.mail else '?'}to="
    return [
        message(settings, joined + quote(mail, safe=""), some, "/canh-bao") for mail, some in theirs.items()
    ]
