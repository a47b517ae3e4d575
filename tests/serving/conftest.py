from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crm.settings import Home
from serving import keys
from serving.app import create_app
from tests.serving.stored import ORIGIN


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    with TestClient(create_app(home), follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(client: TestClient, home: Home) -> TestClient:
    """A browser signed in as an administrator."""
    answer = client.post("/dang-nhap", data={"khoa": keys.create(home, "admin")}, headers={"origin": ORIGIN})
    assert answer.status_code == 303
    return client
