"""The pages of promises say what the tests say, and no promise is forgotten."""

from pathlib import Path

from tests import ux
from tests.marks import ROOT, marks
from tests.promises import PAGE, PROMISES, UNKEPT, page


def test_the_page_is_the_one_that_the_marks_make() -> None:
    made = page(marks(ROOT / "tests", "promise"))
    assert PAGE.read_text(encoding="utf-8") == made, "python3 manage.py promises"


def test_every_promise_is_held_or_its_missing_feature_named() -> None:
    held = marks(ROOT / "tests", "promise")
    assert set(held) <= set(PROMISES)
    assert [number for number in PROMISES if number not in held and number not in UNKEPT] == []


def test_a_mark_is_found_under_its_test(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_one.py").write_text(
        "@pytest.mark.slow\n@pytest.mark.promise(3, 4)\ndef test_it(): ...\n\n"
        "@pytest.mark.slow\ndef test_other(): ...\n",
        encoding="utf-8",
    )
    found = marks(folder, "promise")
    assert found == {3: ["tests/test_one.py::test_it"], 4: ["tests/test_one.py::test_it"]}
    assert (
        "| 3 | 在屏幕前猜口令 | 错五次起要等，越等越久，重启不清零 | `tests/test_one.py::test_it` |"
        in page(found)
    )


def test_the_page_of_the_window_is_the_one_that_the_marks_make() -> None:
    held = marks(ROOT / "tests", "ux")
    assert set(held) <= set(ux.ROWS)
    assert ux.PAGE.read_text(encoding="utf-8") == ux.page(held), "python3 manage.py promises"
