"""A team's own chat: Telegram, Slack, or Zalo by a webhook."""

from collections.abc import Sequence

from crm.settings import Settings
from serving.channels import Message, Told, message


def messages(settings: Settings, told: Sequence[Told]) -> list[Message]:
    """One for each address of a team that has something to hear."""
    found = []
    for team, addresses in settings.alerts.teams.items():
        if some := [one for one in told if one.team == team]:
            found += [message(settings, address, some, "/canh-bao") for address in addresses]
    return found
