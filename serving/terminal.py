"""What the command line shows: progress, tables, today's lists, errors."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table

from crm.clock import now, show
from crm.errors import LeadkeepError
from crm.settings import Settings
from features.words import Language
from serving import say
from serving.wording import words

if TYPE_CHECKING:
    from serving.work.worklists import Worklist

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
Tell = Callable[[str, int, int], None]
Rows = Sequence[Mapping[str, Any]]


@contextmanager
def progress() -> Iterator[Tell]:
    """A bar a stage on standard error; where that is no terminal, a line a stage."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as shown:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(escape(what), total=of)
                if not err.is_terminal:
                    err.print(f"  {what} ...", markup=False)
            shown.update(tasks[what], completed=done, total=of)

        yield tell


def result(found: Any, as_json: bool, draw: Callable[[Any], None]) -> None:
    """Prints a result as JSON or draws it for people."""
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1, default=str) + "\n")
    else:
        draw(found)


def failed(error: LeadkeepError) -> None:
    """An error in four lines: what, value, where, what to do."""
    err.print(f"[bold red]Error:[/] {escape(error.what)}")
    value = None if error.value is None else repr(error.value)
    for label, text in (("value", value), ("where", error.where), ("do this", error.todo)):
        if text:
            err.print(f"  [dim]{label}:[/] {escape(str(text))}", soft_wrap=True)


def step(command: str) -> None:
    """A headline over the next command of several."""
    err.print(f"\n[bold cyan]$ {escape(command)}[/]", soft_wrap=True)


def relay(sources: Mapping[str, IO[str] | None]) -> None:
    """Shows what several processes say, line by line with the name of each, until all are done."""

    def copy(name: str, source: IO[str]) -> None:
        for line in source:
            err.print(f"  {name}:{line.rstrip()}", markup=False, soft_wrap=True)

    threads = [Thread(target=copy, args=(name, source)) for name, source in sources.items() if source]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def files_written(found: Mapping[str, Any]) -> None:
    """Where a sample went."""
    out.print(f"{len(found['files'])} files in {escape(found['directory'])}:")
    for name in found["files"]:
        out.print(f"  {escape(name)}")


def imported(report: Mapping[str, Any]) -> None:
    """What an import did, with refused rows by reason and its warnings."""
    table = Table("file", "table", "read", "new", "changed", "unchanged", "refused", "elsewhere")
    for row in report["tables"]:
        numbers = (f"{row[n]:,}" for n in ("read", "new", "changed", "unchanged", "refused", "other"))
        table.add_row(escape(row["file"]), row["table"], *numbers)
    out.print(table)
    out.print(
        f"Load {report['load']}: {report['read']:,} rows read = {report['accepted']:,} accepted "
        f"+ {report['refused']:,} refused + {report['other']:,} elsewhere"
    )
    for reason, count in report["reasons"].items():
        out.print(f"  {count:,} × {escape(reason)}", style="yellow")
    for warning in report["warnings"]:
        out.print(f"  ! {escape(warning)}", style="yellow", soft_wrap=True)


def folded(report: Mapping[str, Any]) -> None:
    """What a fold moved."""
    if not report["load"]:
        out.print("Nothing came live since the last fold.")
        return
    out.print(f"Load {report['load']}: {report['read']:,} rows that came live are part of the history")


def assigned(report: Mapping[str, Any]) -> None:
    """What a sharing out of leads moved."""
    moved = ", ".join(f"{count:,} {why}" for why, count in report["moved"].items()) or "nobody"
    out.print(f"Moved: {moved}. Recalled: {report['recalled']:,}. Ended: {report['ended']:,}")
    if report["without_team"]:
        out.print(
            f"{report['without_team']:,} have no team, for there is none: make one with leadkeep teams add"
        )


def alerted(found: Mapping[str, int]) -> None:
    """What a look for what is urgent found."""
    out.print(f"{found['new']:,} new alerts, {found['sent']:,} messages sent")


def kept(about: Mapping[str, Any]) -> None:
    """What a backup holds."""
    rows = sum(about["rows"].values())
    held = f"load {about['load']} and {rows:,} rows as of {about['made_at']}"
    out.print(f"{escape(about['file'])}: {held}", soft_wrap=True)


def job_table(found: Mapping[str, Any], zone: str) -> None:
    """Each job, then what failed, the newest first."""
    table = Table(
        Column("job", no_wrap=True), "schedule", "last run", "state", "seconds", "last good run", "next"
    )
    for row in found["jobs"]:
        last = row["last"] or {"state": "", "seconds": None, "started_at": None}
        times = [show(at, zone) if at is not None else "" for at in (last["started_at"], row["done_at"])]
        seconds = "" if last["seconds"] is None else f"{last['seconds']:,}"
        due = _due(row["due_at"], zone)
        table.add_row(row["job"], row["schedule"] or "never", times[0], last["state"], seconds, times[1], due)
    out.print(table)
    if not found["failures"]:
        return
    failed = Table("failed", "began", "state", "times", "what it said")
    for row in found["failures"]:
        began = show(row["started_at"], zone)
        failed.add_row(row["job"], began, row["state"], str(row["times"]), escape(row["said"]))
    out.print(failed)


def _due(at: int | None, zone: str) -> str:
    if at is None:
        return ""
    return show(at, zone) if at > now() else "due"


def feature_table(rows: Rows, lang: str) -> None:
    """The catalogue in one language."""
    table = Table("group", "feature", "unit", "what it says")
    for row in rows:
        table.add_row(row[f"group_{lang}"], row["name"], row["unit"], escape(row[lang]))
    out.print(table)


def trained(report: Mapping[str, Any]) -> None:
    """Which method was accepted and how it compares with the rule."""
    out.print(f"[bold]{report['target']}[/] {report['version']}: {report['kind']}", markup=True)
    for line in report["summary"]:
        out.print(f"  {escape(line)}", soft_wrap=True)


def scored(report: Mapping[str, Any]) -> None:
    """How many were scored, and into which bands."""
    bands = ", ".join(f"{n:,} {band}" for band, n in report["bands"].items())
    out.print(
        f"{report['scored']:,} scored as of {report['as_of']} by {report['kind']} {report['version']}: {bands}"
    )
    if report["out"]:
        out.print(f"written to {escape(report['out'])}", soft_wrap=True)


def explained(found: Mapping[str, Any]) -> None:
    """One score and its reasons."""
    out.print(
        f"[bold]{escape(found['subject'])}[/]: {found['probability']:.1%} ({found['kind']} {found['version']})"
    )
    for reason in found["reasons"]:
        _reason(reason["contribution"], reason["text"])


def model_table(rows: Rows) -> None:
    """Every model, the newest first."""
    table = Table(
        "target", "version", "kind", "as of", "AUC", "log loss", "the rule's", "measured on", "in use"
    )
    for row in rows:
        numbers = (_number(row["metrics"], *path) for path in (("auc",), ("log_loss",), ("rule", "log_loss")))
        used = row["problem"] or ("yes" if row["champion"] else "")
        where = (row["metrics"] or {}).get("examined", "")
        table.add_row(row["target"], row["version"], row["kind"], row["as_of"], *numbers, where, escape(used))
    out.print(table)


def key_made(found: Mapping[str, Any]) -> None:
    """A new key, this once."""
    out.print(f"{found['role']} key, shown only now: [bold]{found['key']}[/]", soft_wrap=True)
    out.print(f"It reaches {escape(found['reaches'])}, and ends in {found['days']} days.", soft_wrap=True)


def password_made(found: Mapping[str, Any]) -> None:
    """A new password, this once."""
    said = f"Password of {escape(found['login'])}, shown only now: [bold]{escape(found['password'])}[/]"
    out.print(said, soft_wrap=True)


def rows(found: Rows, zone: str = "UTC") -> None:
    """Rows as they are, a column a key; times (``..._at``, ``..._until``) in ``zone``, nothing for no and unknown."""
    if not found:
        out.print("none")
        return
    table = Table(*(name.removesuffix("_at").replace("_", " ") for name in found[0]))
    for row in found:
        table.add_row(*(escape(_cell(name, value, zone)) for name, value in row.items()))
    out.print(table)


def _cell(name: str, value: Any, zone: str) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if name.endswith(("_at", "_until")) and name != "qualify_at":
        return show(value, zone)
    return ", ".join(value) if isinstance(value, list) else str(value)


def sender_made(found: Mapping[str, Any]) -> None:
    """Where a sender delivers, and its secret, this once."""
    out.print(f"It delivers to {found['path']} and signs with the secret, shown only now:")
    out.print(f"[bold]{found['secret']}[/]", soft_wrap=True)


def sender_table(rows: Rows) -> None:
    """Senders by name."""
    table = Table("sender", "format", "source", "revoked")
    for row in rows:
        table.add_row(row["name"], row["format"], row["source"], "yes" if row["revoked_at"] else "")
    out.print(table)


def outbox_table(rows: Rows) -> None:
    """Destinations with what stands in the outbox, then the dead letters."""
    table = Table("destination", "to", "waiting", "under way", "sent", "dead", "oldest", "last sent")
    for row in rows:
        states = row["states"]
        counts = (f"{states.get(state, 0):,}" for state in ("waiting", "sending", "sent", "dead"))
        kind = f"{row['to']} (dry run)" if row["dry_run"] else row["to"]
        table.add_row(row["destination"], kind, *counts, row["oldest"] or "", row["last_sent"] or "")
    out.print(table)
    for row in rows:
        if row["problem"]:
            out.print(f"{row['destination']} waits: {escape(row['problem'])}", style="yellow", soft_wrap=True)
        for one in row["dead"]:
            said = f"{row['destination']} did not take {one['kind']} {one['subject']}: {one['error']}"
            out.print(escape(said), style="red", soft_wrap=True)


def sent_table(rows: Rows) -> None:
    """What one sending did."""
    for row in rows:
        dry = f", {row['dry']:,} not sent because of dry_run" if row["dry"] else ""
        out.print(f"{row['destination']}: {row['sent']:,} sent, {row['dead']:,} not taken{dry}")
        if row["problem"]:
            out.print(f"  {escape(row['problem'])}", style="yellow", soft_wrap=True)


def dry_run(found: Mapping[str, Any]) -> None:
    """What would be sent: how many, and the first of them."""
    for kind, count in found["waiting"].items():
        out.print(f"{count:,} × {kind} waiting")
    for target, count in found["news"].items():
        out.print(f"{count:,} scores of {target} are news to {found['destination']}")
    for one in found["sample"]:
        said = f"{one['leadkeep_percent']} % {one['leadkeep_says']}"
        out.print(f"  {one['subject']}: {escape(said)}", soft_wrap=True)


def counted(found: Mapping[str, Any]) -> None:
    """One line of names and numbers."""
    out.print(escape(", ".join(f"{name}: {value}" for name, value in found.items())), soft_wrap=True)


def monitored(found: Mapping[str, Any]) -> None:
    """What past scores said and what came true, against the rule, and what moved."""
    for version, told in found["figures"].items():
        name = "all scores" if version == "all" else version
        out.print(
            _measured(name, told) if told else f"{name}: too few outcomes are known yet", soft_wrap=True
        )
    if found["version"] not in found["figures"]:
        out.print(f"No outcome is known yet of {found['version']}, which is in use.", soft_wrap=True)
    moved = found["drift"]
    out.print(f"Those scored now against those learned about: stability index {moved['probability']:.2f}")
    for name, by in moved["features"]:
        out.print(f"  {escape(name)}: {by:.2f}")
    for code in found["warnings"]:
        out.print(WARNINGS[code], style="yellow", soft_wrap=True)


def _measured(name: str, told: Mapping[str, Any]) -> str:
    said = f"said {told['mean']:.1%}, came true {told['base_rate']:.1%}"
    figures = (
        f"calibration error {told['calibration_error']:.3f}, AUC {told['auc']:.3f}, lift {told['lift']:.1f}"
    )
    rule = told.get("against_rule")
    beside = (
        f", log loss {rule['value']:+.4f} [{rule['low']:+.4f}, {rule['high']:+.4f}] less the rule's"
        if rule
        else ""
    )
    return f"{name}, {told['rows']:,.0f} scores: {said}, {figures}{beside}"


WARNINGS = {
    "not_better": "The model is no longer better than the simple rule: train again, or go back to an earlier one.",
    "not_calibrated": "What was said did not come true as often as said, beyond chance: train again.",
    "others": "Those scored now are others than the model learned about: train again once outcomes are known.",
}


def welcome(found: Any) -> None:
    """Where the server listens, and how to come in the first time."""
    out.print(f"Leadkeep listens on [bold]{found.url}[/]")
    out.print(f"Sign in once, within 15 minutes: {found.sign_in}", soft_wrap=True)
    if found.key:
        out.print(f"An administrator's key, shown only now: {found.key}", soft_wrap=True)


def people(found: "Worklist", settings: Settings, page: str) -> None:
    """A worklist as its page shows it: whom to call, the chance, the value, and why."""
    lang: Language = "vi" if settings.language == "vi" else "en"
    said = words(page, lang)
    out.print(
        f"\n[bold]{said['heading']}[/] · {said['data_time'].replace('{time}', show(found.run.cutoff, settings.zone))}"
    )
    for place, row in enumerate(found.rows, 1):
        score, card = row.score, row.card
        who = " ".join(
            part for part in (say.called(card.salutation, lang, said.get("unsaid", "")), card.name) if part
        )
        parts = [f"[bold]{escape(who if card.name else said['nameless'])}[/]", escape(card.company or "")]
        parts += [escape(say.phone(card.phone)) if card.phone else "", f"{escape(score.source_id)}"]
        out.print(f"{place:2}. {' · '.join(part for part in parts if part)}", soft_wrap=True)
        chance = said["chance"].replace("{days}", str(found.run.horizon_days))
        worth = said.get("expected") or said["at_risk"]
        amount = say.about(score.expected, lang, settings.currency) or said["no_value"]
        band = said[score.band]
        out.print(
            f"    {band}. {chance}: {say.chance(score.probability, lang)}. {worth}: {amount}",
            soft_wrap=True,
        )
        for reason in score.reasons[:3]:
            _reason(reason["contribution"], reason[lang])


def quality(rows: Rows) -> None:
    """One line a target: how good the model in use is against the simple rule."""
    for row in rows:
        if not row["champion"]:
            continue
        ours, rule = row["metrics"] or {}, (row["metrics"] or {}).get("rule", {})
        if not ours:
            out.print(f"{row['target']}: {escape(row['note'] or 'not measured')}", soft_wrap=True)
            continue
        verdict = "the simple rule scores" if row["kind"] == "rule" else "better than the simple rule"
        out.print(
            f"{row['target']}: {verdict} — log loss {_number(ours, 'log_loss')} against {_number(rule, 'log_loss')}, "
            f"AUC {_number(ours, 'auc')} against {_number(rule, 'auc')}, calibration error "
            f"{_number(ours, 'calibration_error')}, on {_rows_of(ours)}.",
            soft_wrap=True,
        )


def _rows_of(metrics: Mapping[str, Any]) -> str:
    """The rows figures were measured on, with what they are."""
    where = metrics.get("examined", "")
    return f"the {where}: outcomes it had not learned from" if where else "outcomes it had not learned from"


def _reason(contribution: float, text: str) -> None:
    sign, style = ("+", "green") if contribution > 0 else ("−", "red")
    out.print(f"   {sign} {escape(text)}", style=style, soft_wrap=True)


def _number(metrics: Any, *path: str) -> str:
    for name in path:
        metrics = metrics.get(name) if isinstance(metrics, Mapping) else None
    return f"{metrics:.3f}" if isinstance(metrics, int | float) else ""
