import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crm import operations
from crm.clock import DAY, now
from crm.settings import Home
from models.target import all_targets
from serving.app import create_app
from serving.rights import keys
from tests.conftest import let_go, use
from tests.serving import company
from tests.serving.stored import ORIGIN


@pytest.fixture(scope="session")
def told_once(once: Callable[[str, Callable[[Path], object]], Path]) -> Home:
    """A company with both models; nobody writes to it."""

    def make(path: Path) -> None:
        home = company.told(path)
        for target in ("lead_conversion", "churn"):
            company.trained(home, target, now() - 2 * DAY)

    return Home(once("told", make))


@pytest.fixture
def at_work(told_once: Home, tmp_path: Path, database: str) -> Iterator[Home]:
    """The same company, to do with as one likes."""
    home = Home(shutil.copytree(told_once.path, tmp_path / "home"))
    champions = [operations.champion(home, name) for name in all_targets()]
    use(home, database)
    for one in champions:
        if database and one is not None:
            operations.promote(home, one.target, one.version, one.manifest_sha256, expected=None)
    yield home
    let_go(database)


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    with TestClient(create_app(home), follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(client: TestClient, home: Home) -> TestClient:
    """A browser signed in as an administrator."""
    return signed_in(client, home)


def signed_in(client: TestClient, home: Home) -> TestClient:
    answer = client.post("/dang-nhap", data={"khoa": keys.create(home, "admin")}, headers={"origin": ORIGIN})
    assert answer.url.path in ("/dang-nhap", "/hom-nay")
    assert client.cookies
    return client
