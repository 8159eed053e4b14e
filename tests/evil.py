"""Students whose data would like to be markup, a formula, a field, a format; and what they must be.

No import brings such names; a register that was filled by other means can hold them all the same.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import select

from app.models.organisation import ClassGroup
from app.models.student import Guardian, Student
from app.services.register.ledger import Moment
from app.services.workstation import Workstation
from tests.builders import ENTRY_DAY, person, take_in, write_list

OCTOBER: Final = Moment(ENTRY_DAY.replace(month=10))

#: What each of them is called, and lives at, and is the child of.
EVIL: Final = (
    "<b>王</b>",
    '<img src="file:///etc/hostname">',
    '=HYPERLINK("http://evil.invalid","点我")',
    "@SUM(A1:A9)",
    "-2+3",
    "{{姓名}}",
    "{0}%s$title&amp;&王",
    "</script><script>document.title='owned'</script>",
    "长" * 60,
)
#: Turns what follows it round where it is obeyed; printing has no shape for it.
REVERSED: Final = "王\u202e五六"


def evil_school(desk: Workstation, folder: Path, *names: str) -> list[int]:
    """Students of these names (EVIL), all in one class that is called like the first; their ids."""
    names = names or EVIL
    rows = [person(index, f"某{'甲乙丙丁戊己庚辛壬癸'[index]}") for index in range(len(names))]
    take_in(desk, write_list(folder / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    with desk.database.write(desk.actor, "录入") as session:
        people = session.scalars(select(Student).order_by(Student.exam_number)).all()
        for student, name in zip(people, names, strict=True):
            student.name = student.home_address = student.remark = name
            student.origin_school = student.native_place = name
            student.guardians.append(Guardian(name=name, relation="父亲", employer=name))
        session.scalars(select(ClassGroup)).one().name = names[0]
        return [student.id for student in people]
