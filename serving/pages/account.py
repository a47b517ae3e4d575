"""One's own account: who is signed in, days off, and a new password."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crm.clock import now, to_datetime
from crm.errors import Forbidden, SettingsError
from crm.operations import reading
from serving.page import draw, language, with_session
from serving.rights import people
from serving.wording import words
from serving.work import absences

router = APIRouter(include_in_schema=False)


@router.get("/tai-khoan")
def account(request: Request, xong: str = "") -> Response:
    """Who one is signed in as; people find the forms for days off and a new password."""
    return _drawn(request, {"nghi": "leave", "1": "changed"}.get(xong, ""))


@router.post("/tai-khoan")
def new_password(request: Request) -> Response:
    """Changes the password; every other browser of this person has to sign in again."""
    said = request.state.form
    if said.get("moi") != said.get("moi_lai"):
        return _drawn(request, "differ", 422)
    try:
        cookie = people.change_password(
            request.app.state.home, request.state.caller, said.get("cu", ""), said.get("moi", "")
        )
    except Forbidden:
        return _drawn(request, "wrong", 403)
    except SettingsError:
        return _drawn(request, "easy", 422)
    return with_session(request, cookie, "/tai-khoan?xong=1")


def _drawn(request: Request, said: str, status: int = 200) -> Response:
    home, caller = request.app.state.home, request.state.caller
    today = to_datetime(now(), home.settings.zone).date()
    with reading(home) as session:
        away = absences.coming(session, [caller.person], today) if caller.person else []
    return draw(
        request, "account", status, caller=caller, said=said, away=away, today=today,
        time_off=words("leave", language(request)),
    )  # fmt: skip
