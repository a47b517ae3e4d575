"""One's own account: who is signed in, and a new password."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crm.errors import Forbidden, SettingsError
from serving.page import draw, with_session
from serving.rights import people

router = APIRouter(include_in_schema=False)


@router.get("/tai-khoan")
def account(request: Request, xong: bool = False) -> Response:
    """Who one is signed in as; people find the form for a new password."""
    return _drawn(request, "changed" if xong else "")


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
    return draw(request, "account", status, caller=request.state.caller, said=said)
