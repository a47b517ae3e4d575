"""Starts processes that are made to be killed by forking one that has imported all they need, any number at a time."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from subprocess import PIPE, Popen
from typing import Self

Task = Callable[[str], object]
"""What a process does, told one word; it never returns."""


class Forks:
    """The process that the others are forked from, running ``module``; ``words`` are for its command line."""

    def __init__(self, module: str, *words: object, hand_on: tuple[int, ...] = ()) -> None:
        line = [sys.executable, "-m", module, *map(str, words)]
        alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        self._process = Popen(line, stdin=PIPE, stdout=PIPE, text=True, env=alone, pass_fds=hand_on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start(self, task: str, word: object = "") -> int:
        """The process id of a new one."""
        return self._said(f"{task} {word}")

    def kill(self, child: int) -> None:
        """Kills it with SIGKILL; it must not have ended by itself."""
        os.kill(child, signal.SIGKILL)
        assert self._said(f"end {child}") == -signal.SIGKILL

    def _said(self, line: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def fork(tasks: Mapping[str, Task]) -> None:
    """Does as :class:`Forks` says; all are killed when it ends."""
    children = set()
    for line in sys.stdin:
        task, _, word = line.strip().partition(" ")
        if task == "end":
            children.remove(int(word))
            print(os.waitstatus_to_exitcode(os.waitpid(int(word), 0)[1]), flush=True)  # noqa: T201
            continue
        child = os.fork()
        if not child:
            sys.stdin = open(os.devnull)  # noqa: SIM115
            tasks[task](word)
            os._exit(1)
        children.add(child)
        print(child, flush=True)  # noqa: T201
    for child in children:
        os.kill(child, signal.SIGKILL)
