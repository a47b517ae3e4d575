"""Live scoring beside an application that a test serves itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from crm.settings import Home
from serving import live_scoring


@contextmanager
def rescoring(home: Home) -> Iterator[None]:
    """Runs in a thread, as ``leadkeep rescore`` does in a process."""
    with live_scoring.rescorer(home) as made:
        thread = Thread(target=made.run)
        thread.start()
        try:
            yield
        finally:
            made.stop()
            thread.join()
