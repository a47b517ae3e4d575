import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from uvicorn.middleware.proxy_headers import _TrustedHosts

from crm.errors import ResourceError
from crm.settings import Home
from serving import server
from serving.rights import keys

RUN = "from crm.settings import Home; from serving import server; b = server.listen(port=0); " \
      "print(b.getsockname()[1], flush=True); server.run(Home(), b, workers={workers})"  # fmt: skip


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ResourceError, match=rf"port is in use.*{port}.*--port"):
            server.listen(port=port)


@pytest.mark.parametrize("host", ["203.0.113.7", "127.0.0.1"])
def test_an_address_that_is_not_ours_or_not_allowed(host: str) -> None:
    port = 0 if host.startswith("203") else 70_000
    with pytest.raises(ResourceError, match="cannot listen there"):
        server.listen(host, port)


def test_the_first_start_shows_a_key_once_and_a_link_each_time(home: Home) -> None:
    with server.listen(port=0) as bound:
        first, second = server.welcome(home, bound), server.welcome(home, bound)
    assert first.url.startswith("http://127.0.0.1:")
    assert first.key is not None
    assert second.key is None
    code = second.sign_in.partition("?ma=")[2]
    assert keys.session_caller(home, keys.session_by_link(home, code))


CONTAINER = Path(server.__file__).parents[1] / "deploy" / "Containerfile"
BELIEVED = CONTAINER.read_text(encoding="utf-8").partition("FORWARDED_ALLOW_IPS=")[2].split()[0]


@pytest.mark.parametrize(
    ("gateway", "believed"),
    [("10.88.0.1", True), ("172.17.0.1", True), ("192.168.1.1", True), ("203.0.113.9", False)],
)
def test_a_container_believes_the_proxy_before_it_and_nobody_else(gateway: str, believed: bool) -> None:
    assert (gateway in _TrustedHosts(BELIEVED)) == believed


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "believed"), [(1, "127.0.0.0/8"), (2, "127.0.0.1")])
def test_it_serves_and_stops(home: Home, workers: int, believed: str) -> None:
    root = Path(server.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(workers=workers)], cwd=root, stdout=subprocess.PIPE, text=True,
        env={"LEADKEEP_HOME": str(home.path), "PATH": "", "FORWARDED_ALLOW_IPS": believed},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        _wait(f"{url}/api/v1/health/live")
        answer = httpx.get(
            f"{url}/api/v1/health", headers={"authorization": f"Bearer {keys.create(home, 'data')}"}
        )
        assert answer.json()["ready"] is False
        assert "server" not in answer.headers
        assert ("Secure" in _cookie_over_a_proxy(url, home)) == (believed == "127.0.0.0/8")
    finally:
        process.terminate()
        assert process.wait(20) in (0, -15)
        assert process.stdout is not None
        process.stdout.close()


def _cookie_over_a_proxy(url: str, home: Home) -> str:
    """What a proxy at 127.0.0.2, which speaks HTTPS to its visitors, is given for a sign-in."""
    host = url.partition("//")[2]
    headers = {"x-forwarded-proto": "https", "origin": f"https://{host}"}
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as proxy:
        answer = proxy.post(f"{url}/dang-nhap", data={"khoa": keys.create(home, "admin")}, headers=headers)
    return answer.headers["set-cookie"]


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert httpx.get(url, timeout=5).status_code == 200
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.2)
