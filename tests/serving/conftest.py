import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, now
from crm.settings import Home
from serving import keys
from serving.app import create_app
from tests.serving import company
from tests.serving.stored import ORIGIN


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


@pytest.fixture(scope="session")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company with both models, made once; nobody writes to it."""
    home = company.told(tmp_path_factory.mktemp("company"))
    for target in ("lead_conversion", "churn"):
        company.trained(home, target, now() - 2 * DAY)
    return home


@pytest.fixture
def at_work(told_once: Home, tmp_path: Path) -> Home:
    """The same company, to do with as one likes."""
    shutil.copytree(told_once.path, tmp_path / "home")
    return Home(tmp_path / "home")


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
