"""Damaged files of every kind: each ends in content or in a sentence, none in a defect."""

import io
import random
import sys
import zipfile
from pathlib import Path

import pytest

from app.services.errors import FormUnreadable
from app.services.forms.template import compile_template
from app.services.resources import resource
from tests.bench import fuzz


@pytest.mark.skipif(sys.platform == "win32", reason="limits are set through POSIX")
@pytest.mark.promise(44)
def test_damaged_files_of_every_kind_end_in_content_or_a_sentence(tmp_path: Path) -> None:
    ends = fuzz.run(72, random.Random(7), tmp_path)
    assert len(ends) == 10
    assert [end for found in ends.values() for end in found if end.startswith("缺陷")] == []


@pytest.mark.promise(44)
def test_a_damaged_form_is_a_sentence_wherever_the_damage_is(tmp_path: Path) -> None:
    sound, chance = resource("forms", "学籍卡.xlsx").read_bytes(), random.Random(3)
    path, refused = tmp_path / "卡.xlsx", 0
    for _ in range(60):
        path.write_bytes(fuzz.damaged(sound, chance))
        refused += fuzz._end(fuzz._form, path) == "一句话"
    assert refused > 30


@pytest.mark.promise(42)
def test_a_form_that_unpacks_too_large_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", bytes(64 << 20))
    with pytest.raises(FormUnreadable, match="解压后太大"):
        compile_template(target.getvalue(), "炸弹")
