"""People who sign in: listed, let in, changed, given a new password, and their work ended."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crm.clock import now, show
from crm.directory import sources
from crm.errors import Forbidden, SettingsError
from crm.settings import Home
from crm.tables.people import Team
from serving.page import draw, language
from serving.rights import people, teams
from serving.rights.callers import ROLES
from serving.rights.teams import KINDS
from serving.wording import words
from serving.work import leaving

router = APIRouter(include_in_schema=False)
MENU = 92
MOST: Final = 500
"""Contacts a day that a person may be given."""


@router.get("/nguoi-dung")
def listing(request: Request, ai: str = "", doi: str = "", xong: str = "") -> Response:
    """Everybody at work, who left below; ``ai`` is the login of whom to change, ``doi`` the number of a team to."""
    return _drawn(request, ai=ai, team=doi, done=xong)


@router.post("/nguoi-dung")
def add(request: Request) -> Response:
    """Lets somebody in; the password is on the answer and nowhere else."""
    said = request.state.form
    try:
        person, password = people.make(
            request.app.state.home, said.get("ten_dang_nhap", ""), said.get("ten", ""), said.get("vai_tro", ""),
            team=_team(request), email=said.get("email", "").strip(), actor=said.get("crm", "").strip() or None,
            capacity=_number(said, "suc", MOST), by=request.state.caller,
        )  # fmt: skip
    except SettingsError:
        return _drawn(request, problem=True)
    return _drawn(request, login=person.login, password=password)


@router.post("/nguoi-dung/sua")
def change(request: Request) -> Response:
    """Changes somebody; nobody takes the role from themselves, so that an administrator is left."""
    said = request.state.form
    login, role = _login(said), said.get("vai_tro", "")
    if _own(request, login) and role != request.state.caller.role:
        raise Forbidden("nobody changes their own role", where="people", todo="ask another administrator")
    try:
        fields = {
            "name": said.get("ten", "").strip()[:100] or login, "email": said.get("email", "").strip()[:200],
            "role": role, "team": _team(request), "capacity": _number(said, "suc", MOST),
            "may_export": said.get("xuat") == "1",
        } | ({"actor": said["crm"].strip()[:200] or None} if "crm" in said else {})  # fmt: skip
        handed = leaving.change(request.app.state.home, login, fields, request.state.caller)
    except SettingsError:
        return _drawn(request, ai=login, problem=True)
    return _back(f"doi-nhom-{handed}" if handed else "sua")


@router.post("/nguoi-dung/mat-khau")
def new_password(request: Request) -> Response:
    """Makes a new password; it is on the answer and nowhere else."""
    login = _login(request.state.form)
    password = people.new_password(request.app.state.home, login, request.state.caller)
    return _drawn(request, login=login, password=password)


@router.post("/nguoi-dung/ket-thuc")
def end(request: Request) -> Response:
    """Ends somebody's work; colleagues take over what they held."""
    login = _login(request.state.form)
    if _own(request, login):
        raise Forbidden("nobody ends their own work", where="people", todo="ask another administrator")
    handed = leaving.leave(request.app.state.home, login, request.state.caller)
    return _back(f"ket-thuc-{handed}")


@router.post("/nguoi-dung/doi")
def add_team(request: Request) -> Response:
    """Makes a team."""
    said = request.state.form
    try:
        teams.make(
            request.app.state.home, said.get("ten", ""), said.get("viec", ""),
            branch=said.get("chi_nhanh", "").strip()[:100], by=request.state.caller,
        )  # fmt: skip
    except SettingsError:
        return _drawn(request, problem=True)
    return _back("doi")


@router.post("/nguoi-dung/doi/sua")
def change_team(request: Request) -> Response:
    """Changes a team's name, branch and channels."""
    home, said = request.app.state.home, request.state.form
    try:
        team = _team(request)
        own = next((one for one in teams.listed(home) if one.id == team), None)
        if own is None:
            raise SettingsError("no team was chosen", where="people")
        fields = {
            "name": said.get("ten", ""), "branch": said.get("chi_nhanh", ""),
            "sources": [one for one in _channels(home, own) if said.get(f"nguon-{one}") == "1"],
        }  # fmt: skip
        teams.change(home, own.id, fields, request.state.caller)
    except SettingsError:
        return _drawn(request, team=said.get("nhom", ""), problem=True)
    return _back("doi-sua")


def _channels(home: Home, team: Team) -> list[str]:
    """The channels a team may be given: those of the data, and those it has."""
    return sorted({*sources(home), *team.sources})


def _drawn(
    request: Request,
    *,
    ai: str = "",
    team: str = "",
    done: str = "",
    login: str = "",
    password: str = "",
    problem: bool = False,
) -> Response:
    home, roles = request.app.state.home, words("account", language(request))
    everybody = people.listed(home)
    known = teams.listed(home)
    at_work = [one for one in everybody if one.left_at is None]
    own = next((one for one in known if str(one.id) == team), None)
    said, _, handed = done.rpartition("-") if done.startswith(("ket-thuc-", "doi-nhom-")) else (done, "", "")
    return draw(
        request, "people", 422 if problem else 200, at_work=at_work, teams=known, kinds=KINDS,
        left=[one for one in everybody if one.left_at is not None], login=login, password=password, problem=problem,
        team=own, channels=_channels(home, own) if own else [],
        chosen=next((one for one in at_work if one.login == ai), None), done=said, handed=handed[:9], moment=now(),
        roles={role: roles[f"R_{role}"] for role in ROLES}, 
        of_team={one.id: one.name for one in known}, me=request.state.caller.person, most=MOST,
        when=lambda at: show(at, home.settings.zone),
    )  # fmt: skip


def _login(said: dict[str, str]) -> str:
    return people.plain(said.get("ai", ""))


def _own(request: Request, login: str) -> bool:
    me = request.state.caller.person
    return any(one.id == me and one.login == login for one in people.listed(request.app.state.home))


def _team(request: Request) -> int | None:
    """The team chosen, or none; raises SettingsError."""
    number = _number(request.state.form, "nhom")
    if number is not None and all(one.id != number for one in teams.listed(request.app.state.home)):
        raise SettingsError("no such team", value=number, where="people")
    return number


def _number(said: dict[str, str], name: str, most: int = 10**9) -> int | None:
    """A number from 1 to ``most``; None for an empty field. Raises SettingsError."""
    text = said.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:10]) <= most:
        raise SettingsError("not a usable number", value=text[:20], where=name)
    return int(text)


def _back(done: str) -> Response:
    return RedirectResponse(f"/nguoi-dung?xong={done}", 303)
