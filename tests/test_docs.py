"""The docs name files that exist and link to pages that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
FOLDERS = ("crm", "features", "models", "training", "serving", "benchmarks", "tests", "notebooks", "docs")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_named_exist(page: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w/.-]*)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_walk_passes_every_room_of_the_house() -> None:
    walk = (ROOT / "docs" / "walk.md").read_text(encoding="utf-8")
    for room in ("crm", "features", "models", "training", "serving"):
        assert f"`{room}/" in walk


def test_a_container_that_serves_no_pages_is_not_asked_for_them() -> None:
    said = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    served, jobs = re.findall(r"^podman run .*$", said, re.MULTILINE)
    assert served.endswith(" leadkeep")
    assert "--no-healthcheck" in jobs


def test_nginx_is_told_of_http2_as_versions_before_1_25_understand_it() -> None:
    said = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    lines = [line.strip() for line in said.splitlines() if not line.strip().startswith("#")]
    assert "http2 on;" not in lines
    assert [line for line in lines if "443" in line] == [
        "listen 443 ssl http2;",
        "listen [::]:443 ssl http2;",
    ]
