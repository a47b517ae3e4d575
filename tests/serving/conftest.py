from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, now
from crm.settings import Home
from serving.app import create_app
from serving.rights import keys
from tests.conftest import Homes
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
def at_work(told_once: Home, homes: Homes, tmp_path: Path) -> Home:
    """The same company, to do with as one likes."""
    return homes.copy(told_once, tmp_path / "home")


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
