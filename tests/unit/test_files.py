"""Writing a file is done or leaves nothing behind, whatever stops it."""

from pathlib import Path

import pytest

from app.services import files
from app.services.files import write_whole


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError, OSError])
def test_a_write_that_is_stopped_leaves_the_old_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def interrupt(_: int) -> None:
        raise stop

    path = tmp_path / "名册.xlsx"
    write_whole(path, b"old")
    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(stop):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["名册.xlsx"]
