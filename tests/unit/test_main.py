"""The one entry of the program: the window, a command, or a reading process."""

import subprocess
import sys

from app.__main__ import CHILDREN
from app.services.exchange import child, photo_child


def test_the_built_program_becomes_each_reading_process() -> None:
    assert {
        child.FLAG: child.__name__,
        photo_child.FLAG: photo_child.__name__,
    } == CHILDREN


def test_without_a_command_it_says_what_to_do() -> None:
    done = subprocess.run([sys.executable, "-m", "app"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--help" in done.stderr
