"""Starts the web server: its port, its processes, and what is printed for the person who starts it."""

import errno
import os
import socket
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import uvicorn
from uvicorn.supervisors import Multiprocess

from crm.errors import ResourceError
from crm.settings import Home
from serving.rights import keys

HOST = "127.0.0.1"
PORT = 8700


@dataclass(frozen=True, slots=True)
class Welcome:
    """What to show once: where the server listens, a link that signs in, a key made at the first start."""

    url: str
    sign_in: str
    key: str | None


def listen(host: str = HOST, port: int = PORT) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises ResourceError naming the port that is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio turns Nagle's algorithm off: it would hold answers back by 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        raise _refused(error, host, port) from error
    bound.set_inheritable(True)
    return bound


def welcome(home: Home, bound: socket.socket) -> Welcome:
    """Makes a first key where there is none, and a link for one sign-in within 15 minutes."""
    host, port = bound.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    key = keys.first(home)
    return Welcome(url, f"{url}/vao?ma={keys.link(home)}", key)


def run(home: Home, bound: socket.socket, workers: int = 1) -> None:
    """Serves until it is told to stop; several workers are processes of their own, started by spawn."""
    os.environ["LEADKEEP_HOME"] = str(home.path)
    config = uvicorn.Config(
        "serving.app:from_environment", factory=True, workers=workers, log_level="warning", log_config=None,
        access_log=False, server_header=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    if workers == 1:
        uvicorn.Server(config).run(sockets=[bound])
        return
    with TemporaryDirectory(prefix="leadkeep-metrics-") as counts:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts
        Multiprocess(config, sockets=[bound]).run()


def _refused(error: OSError | OverflowError, host: str, port: int) -> ResourceError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        todo = f"stop the program that uses port {port}, or choose another with --port"
        return ResourceError("the port is in use", value=port, where=host, todo=todo)
    todo = "choose an address of this machine and a port from 1024 to 65535"
    return ResourceError(f"cannot listen there: {error}", value=port, where=host, todo=todo)
