"""Facebook Lead Ads, with the form's answers in ``field_data`` as its Graph API gives them."""

from typing import Any, Final

from crm.inbox import Said
from crm.webhooks import Sender, cleaned, moment, part

TITLE = "Facebook Lead Ads"

ANSWERS: Final = {
    "full_name": "name", "name": "name", "họ_và_tên": "name", "phone_number": "phone", "phone": "phone",
    "số_điện_thoại": "phone", "email": "email", "company_name": "company", "job_title": "title",
    "province": "province", "city": "province", "state": "province",
}  # fmt: skip
"""Questions of the standard form; the company's own go under custom by their own names."""


def read(body: dict[str, Any], sender: Sender) -> list[Said]:
    """``{"entry": [{"changes": [{"field": "leadgen", "value": {...}}]}]}``; other changes say nothing."""
    found = []
    for number, entry in enumerate(part(body, "entry", list, "the delivery")):
        where = f"entry[{number}]"
        for change in part(entry, "changes", list, where):
            if part(change, "field", str, where) == "leadgen":
                found.append(_lead(part(change, "value", dict, where), sender, where))
    return found


def _lead(value: dict[str, Any], sender: Sender, where: str) -> Said:
    columns: dict[str, Any] = {"channel": "facebook", "created_at": value.get("created_time")}
    custom: dict[str, Any] = {}
    if campaign := value.get("campaign_name") or value.get("ad_name") or value.get("ad_id"):
        columns["campaign"] = str(campaign)
    for answer in part(value, "field_data", list, where) if "field_data" in value else []:
        name = part(answer, "name", str, where).casefold().replace(" ", "_")
        said = next((str(one) for one in part(answer, "values", list, where)), "")
        if name in ANSWERS:
            columns[ANSWERS[name]] = said.removeprefix("p:")
        elif said:
            custom[name] = said
    own = part(value, "leadgen_id", str, where)
    when = moment(value["created_time"], sender.context.zone, where) if value.get("created_time") else None
    return Said("lead", sender.source, own, cleaned("lead", columns, sender), custom, when)
