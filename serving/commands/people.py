"""People who sign in: added, changed, gone."""

from typing import Annotated

import typer

from serving.commands import Json, Role, day, here

app = typer.Typer(name="people", help="People who sign in, and what they may do.", no_args_is_help=True)
Login = Annotated[str, typer.Argument(help="Their login, as listed.")]


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="What they type to sign in.")],
    role: Role,
    name: Annotated[str, typer.Option(help="As colleagues call them.")] = "",
    team: Annotated[str, typer.Option(help="Their team's name.")] = "",
    email: Annotated[str, typer.Option(help="For alerts.")] = "",
    actor: Annotated[str, typer.Option(help="The same person in the CRM: SOURCE:ID.")] = "",
    capacity: Annotated[
        int | None, typer.Option(help="Contacts a day; default: as settings.toml says.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let somebody sign in; the password to give them is shown this once."""
    from serving import terminal
    from serving.rights import people, teams

    home = here().create()
    own = teams.named(home, team).id if team else None
    person, password = people.make(
        home, login, name, role, team=own, email=email, actor=actor or None, capacity=capacity
    )
    terminal.result({"login": person.login, "password": password}, as_json, terminal.password_made)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List who may sign in, and who left."""
    from serving import terminal
    from serving.rights import people, teams

    home = here()
    called: dict[int | None, str] = {team.id: team.name for team in teams.listed(home)}
    names = ("login", "name", "role", "actor", "capacity", "may_export", "locked_until", "left_at")
    rows = [
        {name: getattr(one, name) for name in names}
        | {"team": called.get(one.team), "password": one.password is not None}
        for one in people.listed(home)
    ]
    terminal.result(rows, as_json, lambda found: terminal.rows(found, home.settings.zone))


@app.command()
def change(
    login: Login,
    role: Annotated[str, typer.Option(help="Another role.")] = "",
    team: Annotated[str, typer.Option(help="Another team's name.")] = "",
    name: Annotated[str, typer.Option(help="Another name.")] = "",
    capacity: Annotated[int | None, typer.Option(help="Contacts a day.")] = None,
    actor: Annotated[str, typer.Option(help="The same person in the CRM: SOURCE:ID.")] = "",
    export: Annotated[
        bool | None, typer.Option("--export/--no-export", help="May take lists away as Excel files.")
    ] = None,
) -> None:
    """Change somebody's role, team, name, capacity, id in the CRM or right to export; it holds at once."""
    from serving.rights import teams
    from serving.work import leaving

    home = here()
    own = team and teams.named(home, team).id
    given = {"role": role, "name": name, "capacity": capacity, "team": own, "actor": actor}
    changed = {field: value for field, value in given.items() if value}
    leaving.change(home, login, changed if export is None else changed | {"may_export": export})


@app.command()
def leave(login: Login, as_json: Json = False) -> None:
    """End somebody's work: they are out at once, and colleagues take over what they held."""
    from serving import terminal
    from serving.work.leaving import leave

    found = {"login": login, "handed_over": leave(here(), login)}
    terminal.result([found], as_json, terminal.rows)


@app.command()
def away(
    login: Login,
    first: Annotated[str, typer.Argument(help="The first day off, as 2026-03-02.")],
    last: Annotated[str, typer.Argument(help="The last day off; default: that one day.")] = "",
) -> None:
    """Enter days off for somebody: no new leads then, and nothing counts as late."""
    from serving.rights import people
    from serving.rights.audit import COMMAND_LINE
    from serving.work import absences

    days = day(first), day(last or first)
    absences.enter(here(), COMMAND_LINE, people.find(here(), login), *days)


@app.command()
def back(
    login: Login, on: Annotated[str, typer.Argument(help="A day of the days off, as 2026-03-02.")]
) -> None:
    """Take somebody's days off back."""
    from serving.rights import people
    from serving.rights.audit import COMMAND_LINE
    from serving.work import absences

    absences.take_back(here(), COMMAND_LINE, people.find(here(), login), day(on))


@app.command()
def password(login: Login, as_json: Json = False) -> None:
    """Make a new password for somebody; it is shown this once, and their sessions end."""
    from serving import terminal
    from serving.rights import people

    found = {"login": login, "password": people.new_password(here(), login)}
    terminal.result(found, as_json, terminal.password_made)


@app.command("from-crm")
def from_crm(as_json: Json = False) -> None:
    """Make people and teams of the colleagues the CRM names; they sign in once they have a password."""
    from serving import terminal
    from serving.rights import staff

    terminal.result([staff.from_crm(here()).as_dict()], as_json, terminal.rows)
