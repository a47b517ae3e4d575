"""Takes the pictures in ``docs/images``: the sample company's pages, on a phone and on a desk, in both languages.

``make pictures`` runs it. Everybody in them is made up.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser
from sqlalchemy import func, select

from crm.operations import reading, writing
from crm.sample import ADDRESSES
from crm.settings import Home
from crm.tables.people import Person
from crm.tables.scores import Score
from crm.tables.work import Assignment
from serving.rights.access import COOKIE
from serving.rights.keys import Caller, opened
from tests.serving import chromium

FOLDER: Final = Path(__file__).parents[2] / "docs" / "images"
HEIGHTS: Final = {390: 844, 1280: 860}
PICTURES: Final = [
    ("hom-nay", "sales", "/hom-nay", 390, "vi"), ("hom-nay", "sales", "/hom-nay", 1280, "en"),
    ("khach-co-nguy-co", "care", "/khach-co-nguy-co", 1280, "vi"),
    ("khach-co-nguy-co", "care", "/khach-co-nguy-co", 390, "en"),
    ("ho-so", "care", "/ho-so/{subject}", 1280, "vi"), ("ho-so", "care", "/ho-so/{subject}", 390, "en"),
    ("ket-qua", "director", "/ket-qua", 1280, "vi"), ("ket-qua", "director", "/ket-qua", 390, "en"),
]  # fmt: skip
"""Name, the role that looks, address, width and language of each."""


def made(folder: Path) -> Home:
    """The sample company, imported, scored and shared out."""
    company, home = str(folder / "company"), folder / "home"
    Home(home).create(**ADDRESSES)
    for command in (
        ["sample", company, "--customers", "400"],
        ["import", "--mapping", f"{company}/mapping.toml", company],
        ["train", "lead_conversion"], ["score", "lead_conversion"], ["train", "churn"], ["score", "churn"],
        ["people", "from-crm"], ["assign"],
    ):  # fmt: skip
        subprocess.run(
            [sys.executable, "-m", "leadkeep", *command],
            check=True,
            env=os.environ | {"LEADKEEP_HOME": str(home)},
        )
    return Home(home)


def sitting(home: Home, role: str) -> tuple[Caller, str]:
    """Whoever of a role has most to do, or a director, and their most urgent subject."""
    held = (
        select(Assignment.person, func.count()).where(Assignment.until.is_(None)).group_by(Assignment.person)
    )
    with reading(home) as session:
        load = {person: count for person, count in session.execute(held)}
        people = session.scalars(select(Person).where(Person.role == role)).all()
        if not people:
            return Caller(role, "link"), ""
        one = max(people, key=lambda person: load.get(person.id, 0))
        own = select(Score.subject).join(Assignment, Assignment.subject == Score.subject)
        own = own.where(Assignment.person == one.id, Assignment.until.is_(None))
        subject = session.scalar(own.order_by(Score.expected.desc()).limit(1))
    return Caller(role, "person", one.id, one.team, one.name), subject or ""


def take(shown: Browser, url: str, home: Home, folder: Path) -> None:
    """Writes every picture into ``folder``, replacing those of before."""
    for name, role, path, width, lang in PICTURES:
        who, subject = sitting(home, role)
        with writing(home) as session:
            cookie = opened(session, who)
        context = shown.new_context(
            viewport={"width": width, "height": HEIGHTS[width]}, locale="vi-VN" if lang == "vi" else "en-GB"
        )
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
        page = context.new_page()
        page.goto(f"{url}{path.replace('{subject}', subject)}?lang={lang}")
        page.screenshot(path=folder / f"{name}-{width}-{lang}.png")
        context.close()


def main() -> None:
    """All of it, in a folder that is thrown away."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="leadkeep-pictures-") as folder:
        home = made(Path(folder))
        with chromium.listening(home) as url, chromium.browser() as shown:
            take(shown, url, home, FOLDER)


if __name__ == "__main__":
    main()
