"""Processes of this program that read what comes from outside, and how each is started.

A parser may crash, loop or swallow all memory over a hostile file; so it runs where there is no
register and no key. Each such process is a module with FLAG, the first argument by which the
built program becomes it, and `main`; it caps its own memory, its last argument.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, Protocol

#: Imported, not run as a script: a script is compiled anew each time, a tenth of a small file. The
#: program's own folder is on no path of an isolated interpreter.
_SCRIPT: Final = (
    "import sys; from importlib import import_module; "
    "sys.path.insert(0, sys.argv[1]); import_module(sys.argv[2]).main()"
)


class Child(Protocol):
    """A module that is such a process."""

    @property
    def FLAG(self) -> str: ...
    @property
    def __name__(self) -> str: ...


def command(child: Child) -> list[str]:
    """How this very program is started as that process."""
    if getattr(sys, "frozen", False):
        return [sys.executable, child.FLAG]
    folder = Path(__file__).resolve().parents[2]
    return [sys.executable, "-I", "-X", "utf8", "-c", _SCRIPT, str(folder), child.__name__]


def start(
    child: Child, *arguments: object, stdin: int = subprocess.PIPE, pipesize: int = -1
) -> "subprocess.Popen[bytes]":
    """The process under way; nothing secret of the environment reaches it."""
    return subprocess.Popen(  # noqa: S603 - our own program, no shell
        [*command(child), *map(str, arguments)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's last words may quote what it read
        env={name: text for name, text in os.environ.items() if not name.startswith("XUEJI_")},
        pipesize=pipesize,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def ask(child: Child, *arguments: object, said: bytes, seconds: float) -> bytes:
    """All that the process answers to `said`; it is gone then.

    Raises TimeoutError when it takes longer than `seconds`.
    """
    with start(child, *arguments) as process:
        try:
            answer, _ = process.communicate(said, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
        finally:
            process.kill()
    return answer
