"""Zalo Official Account: who shares their details becomes a lead, each message a chat. No text is kept."""

from typing import Any, Final

from crm.inbox import Said
from crm.webhooks import Sender, cleaned, moment, part

TITLE = "Zalo OA"

FROM_USER: Final = ("user_send_text", "user_send_image", "user_send_file", "user_send_audio", "user_send_location",
                    "user_send_sticker", "user_send_link", "user_send_gif")  # fmt: skip
TO_USER: Final = ("oa_send_text", "oa_send_image", "oa_send_file", "oa_send_list", "oa_send_template")


def read(body: dict[str, Any], sender: Sender) -> list[Said]:
    """``follow``, ``user_submit_info`` and messages; other events say nothing."""
    name = part(body, "event_name", str, "the delivery")
    when = moment(part(body, "timestamp", str, "the delivery"), sender.context.zone, "timestamp")
    if name == "follow":
        user = part(part(body, "follower", dict, "the delivery"), "id", str, "follower")
        return [_lead(user, {"created_at": when}, sender, when)]
    if name == "user_submit_info":
        user = part(part(body, "sender", dict, "the delivery"), "id", str, "sender")
        info = part(body, "info", dict, "the delivery")
        said = {"name": info.get("name"), "phone": info.get("phone"), "province": info.get("city")}
        return [_lead(user, said | {"created_at": when}, sender, when)]
    if name in FROM_USER or name in TO_USER:
        return [_chat(body, name in FROM_USER, when, sender)]
    return []


def _lead(user: str, said: dict[str, Any], sender: Sender, when: int) -> Said:
    columns = {"channel": "zalo", "zalo": user} | {key: value for key, value in said.items() if value}
    created = columns.pop("created_at")
    return Said(
        "lead", sender.source, user, cleaned("lead", columns, sender) | {"created_at": created}, said_at=when
    )


def _chat(body: dict[str, Any], inbound: bool, when: int, sender: Sender) -> Said:
    end = "sender" if inbound else "recipient"
    user = part(part(body, end, dict, "the delivery"), "id", str, end)
    message = part(part(body, "message", dict, "the delivery"), "msg_id", str, "message")
    columns = {
        "kind": "chat", "channel": "zalo", "direction": "in" if inbound else "out", "lead": user,
        "occurred_at": when,
    }  # fmt: skip
    return Said("activity", sender.source, message, columns, said_at=when)
