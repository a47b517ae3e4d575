"""Systems that deliver by webhook: made, listed, revoked, and their signatures checked."""

import base64
import secrets
from collections.abc import Mapping

from sqlalchemy import bindparam, select, update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crm.cleaning import Context
from crm.clock import now
from crm.discover import modules
from crm.errors import Forbidden, NotFound, SettingsError
from crm.operations import looking, reading, writing
from crm.settings import Home
from crm.tables.senders import Sender
from crm.webhooks import Sender as Reading

ACTIVE = select(Sender.format, Sender.source, Sender.secret).where(
    Sender.name == bindparam("name"), Sender.revoked_at.is_(None)
)
"""Asked at every delivery: built once."""


def create(home: Home, name: str, format: str, source: str) -> str:
    """A new sender; its secret (``whsec_...``) is answered once. Raises SettingsError."""
    formats = modules("crm.webhooks")
    if format not in formats:
        raise SettingsError("no such format", value=format, todo=f"choose one of {', '.join(formats)}")
    for what, text in (("name", name), ("source", source)):
        if not text.replace("-", "").replace("_", "").isalnum() or not text.isascii() or text != text.lower():
            todo = "use small letters, digits, - and _"
            raise SettingsError(f"not a usable {what} for a sender", value=text[:64], todo=todo)
    secret = base64.b64encode(secrets.token_bytes(24)).decode()
    row = Sender(name=name, format=format, source=source, secret=secret, created_at=now(), revoked_at=None)
    with writing(home) as session:
        if session.get(Sender, name) is not None:
            raise SettingsError("there is a sender of this name", value=name, todo="choose another name")
        session.add(row)
    return f"whsec_{secret}"


def listed(home: Home) -> list[Sender]:
    """All senders, by name, the revoked among them."""
    with reading(home) as session:
        return list(session.scalars(select(Sender).order_by(Sender.name)))


def revoke(home: Home, name: str) -> None:
    """Takes nothing more of a sender; raises NotFound."""
    active = (Sender.name == name) & Sender.revoked_at.is_(None)
    with writing(home) as session:
        ended = session.execute(update(Sender).where(active).values(revoked_at=now()).returning(Sender.name))
        if ended.first() is None:
            raise NotFound("no such active sender", value=name, todo="see leadkeep senders list")


def verified(home: Home, name: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, str, Reading]:
    """The delivery's id, the sender's format, and how to read it; raises Forbidden for a wrong signature.

    The signature covers id, time and body (Standard Webhooks); it holds for five minutes.
    """
    with looking(home) as connection:
        row = connection.execute(ACTIVE, {"name": name}).first()
    refused = Forbidden(
        "this delivery is not signed by a sender we know", where=f"/api/v1/deliveries/{name[:64]}",
        todo="sign it with the secret of leadkeep senders add, and send it within five minutes",
    )  # fmt: skip
    if row is None:
        raise refused
    lowered = {key.lower(): value for key, value in headers.items()}
    try:
        Webhook(row.secret).verify(body, lowered, json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise refused from error
    settings = home.settings
    return (
        lowered["webhook-id"],
        row.format,
        Reading(row.source, Context(zone=settings.zone, currency=settings.currency)),
    )
