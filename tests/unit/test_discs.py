"""What goes on a cohort's disc; the image itself is tried in test_image."""

from datetime import date
from pathlib import Path

import pytest

from app.models.organisation import ClassGroup, Cohort
from app.models.student import Student
from app.models.vocabulary import Kind
from app.services import crew
from app.services.archive import discs, image
from app.services.archive.content import DiscContent, Medium
from app.services.archive.image import ImageReport
from app.services.clock import now
from app.services.progress import Work, finish
from app.services.register import ledger
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, write_list


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    """安然 in a class of 2026; 白岩 repeats, in a class of 2027 with the same name."""
    rows = [person(1, "安然", boy=False), person(2, "白岩")]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    repeater = next(row for row in students(desk) if row.name == "白岩")
    with desk.database.write(desk.actor, "留级") as session:
        session.add(Cohort(year=2027, entry_date=date(2027, 9, 1)))
        session.flush()
        group = ClassGroup(name=repeater.class_group, cohort_year=2027, serial=1)
        session.add(group)
        session.flush()
        ledger.record(
            session, session.get_one(Student, repeater.id), Kind.REPEAT_YEAR, date(2026, 9, 2),
            operator_id=desk.actor.id, recorded_at=now(), to_class_id=group.id,
        )  # fmt: skip
    return desk


def content_of(desk: Workstation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> DiscContent:
    """What is handed over for the disc of 2026."""
    handed: list[DiscContent] = []

    def keep(content: DiscContent, folder: Path, medium: Medium) -> Work[ImageReport]:
        handed.append(content)
        return ImageReport(folder / "x.iso", 1, "0" * 64, 1)
        yield

    monkeypatch.setattr(discs, "build_image", keep)
    finish(desk.discs.build(desk.actor, 2026, folder))
    return handed[0]


def test_classes_of_the_same_name_are_two_classes(
    school: Workstation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = content_of(school, tmp_path, monkeypatch)
    codes = {student.name: student.class_code for student in content.students}
    names = {group.code: group.name for group in content.class_groups}
    plain = names[codes["安然"]]
    assert names == {codes["安然"]: plain, codes["白岩"]: f"2027级{plain}"}
    rosters = [file.title for file in content.files if file.path.endswith(".xlsx")]
    assert rosters == [
        f"{scope} 新生名册（电子表格）" for scope in ("全年级", plain, f"2027级{plain}")
    ]


def test_the_unfinished_images_of_others_are_left_alone(
    school: Workstation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "系统安装盘.iso.part"
    foreign.write_bytes(b"\0")
    content_of(school, tmp_path, monkeypatch)
    assert foreign.exists()


def test_papers_drawn_by_a_second_process_make_the_same_image(
    school: Workstation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = content_of(school, tmp_path, monkeypatch)
    monkeypatch.undo()
    alone = finish(image.build_image(content, tmp_path / "甲", Medium.DVD))
    monkeypatch.setattr(image, "_MANY", 2)
    monkeypatch.setattr(crew, "helpers", lambda: 1)
    # the helper gets every piece
    monkeypatch.setattr(crew._Shared, "_can_take", lambda self: self._ready.result() is None)
    shared = finish(image.build_image(content, tmp_path / "乙", Medium.DVD))
    assert (shared.sha256, shared.files) == (alone.sha256, alone.files)
