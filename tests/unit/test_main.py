"""The one entry of the program: the window, a command, or a reading process."""

import subprocess
import sys
from pathlib import Path

from app.__main__ import CHILDREN
from app.services.exchange import child, photo_child
from app.services.forms import form_child
from app.services.register import scan_child


def test_the_built_program_becomes_each_reading_process() -> None:
    assert {
        child.FLAG: child.__name__,
        photo_child.FLAG: photo_child.__name__,
        scan_child.FLAG: scan_child.__name__,
        form_child.FLAG: form_child.__name__,
    } == CHILDREN


def test_a_word_that_is_no_file_is_taken_for_a_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", str(tmp_path / "没有.xlsx")], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "用法不对" in done.stderr
