"""What each paper says: one function a paper turns rows of the register into its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Any, Final

from app.models.vocabulary import Kind, Sex, Status
from app.services.errors import UnknownForm
from app.services.forms.values import Picture, Values
from app.services.register.ledger import LedgerRow
from app.services.register.students import StudentRecord
from app.services.resources import resource
from app.services.settings import Settings

#: Entries that make a student, not 学籍异动 in the sense of the card.
_BEGINNINGS: Final = frozenset({Kind.ADMISSION, Kind.REGISTRATION, Kind.PLACEMENT})

#: Semesters of the five-year course on a card.
SEMESTERS: Final = 10
_ORDINALS: Final = "一二三四五"


class PaperKind(Enum):
    """Whether a paper is one document a student or one for a whole list."""

    CARD = auto()
    ROSTER = auto()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of the school: its form file has its name.

    `base` is the 口径 of a roster: which standing puts a student on it.
    """

    name: str
    kind: PaperKind
    statuses: frozenset[Status]
    base: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """For what a paper is made: the school, the day it is true for, the words for its scope."""

    settings: Settings
    as_of: date
    scope: str
    cohort: int | None


ON_REGISTER: Final = frozenset(status for status in Status if status.on_register)

PAPERS: Final = {
    paper.name: paper
    for paper in (
        Paper("学籍卡", PaperKind.CARD, frozenset(Status)),
        Paper("新生名册", PaperKind.ROSTER, ON_REGISTER | {Status.ADMITTED}, "在籍和已录取"),
        Paper("在校生名册", PaperKind.ROSTER, frozenset({Status.ENROLLED}), "在校"),
        Paper("学籍信息核对表", PaperKind.ROSTER, ON_REGISTER, "在籍"),
    )
}


def find_paper(name: str) -> Paper:
    """The paper of this name; the refusal names those there are."""
    if name not in PAPERS:
        raise UnknownForm(name=name, known="、".join(PAPERS))
    return PAPERS[name]


def form_path(paper: Paper) -> Any:
    """The shipped form of a paper."""
    return resource("forms", f"{paper.name}.xlsx")


def card_values(
    record: StudentRecord, occasion: Occasion, picture: Callable[[str], bytes]
) -> Values:
    """学籍卡: everything of one student; `picture` gives the photograph by its SHA-256."""
    row, settings = record.row, occasion.settings
    return {
        **school_values(occasion),
        **person_values(record),
        "照片": Picture(picture(record.photo), record.photo) if record.photo else None,
        "家庭成员": [
            {
                "称谓": guardian.relation or "监护人",
                "姓名": guardian.name,
                "政治面貌": guardian.political_status,
                "工作单位": guardian.employer,
                "联系电话": guardian.phone,
            }
            for guardian in record.guardians
        ],
        "学习简历": [
            {"起止年月": line.period, "学习单位": line.place, "证明人": line.witness}
            for line in record.schooling
        ],
        "学籍异动": [_change_values(entry) for entry in changes_of(record)],
        **{
            f"第{index + 1}学期名称": semester_name(row.cohort, index) for index in range(SEMESTERS)
        },
        "发证单位": settings.college if row.status is Status.GRADUATED else None,
        "毕业结论": row.status.value if row.status in _OUTCOMES else None,
    }


def roster_values(records: Sequence[StudentRecord], occasion: Occasion) -> Values:
    """A 名册: one line a student, in the order given."""
    rows = [record.row for record in records]
    return {
        **school_values(occasion),
        "名单": [
            {"序号": index, **person_values(record), "异动": _latest_change(record)}
            for index, record in enumerate(records, start=1)
        ],
        "人数": len(rows),
        "男生数": sum(row.sex is Sex.MALE for row in rows),
        "女生数": sum(row.sex is Sex.FEMALE for row in rows),
    }


def school_values(occasion: Occasion) -> dict[str, Any]:
    """What every paper may say of the school and of its own scope."""
    settings = occasion.settings
    return {
        "学院": settings.college,
        "学校": settings.school,
        "范围": occasion.scope,
        "年级": f"{occasion.cohort}级" if occasion.cohort else "",
        "截至日期": occasion.as_of,
    }


def person_values(record: StudentRecord) -> dict[str, Any]:
    """One student's own fields, by the names used on forms."""
    row, person = record.row, record.row.person
    guardian = record.guardians[0] if record.guardians else None
    return {
        "姓名": row.name,
        "学号": row.number,
        "考生号": row.exam_number,
        "性别": row.sex.value if row.sex else None,
        "出生日期": row.birth_date,
        "身份证号": row.id_number,
        "证件类型": person["id_type"],
        "民族": person["ethnic_group"],
        "政治面貌": person["political_status"],
        "曾用名": person["former_name"],
        "籍贯": person["native_place"],
        "生源地": person["source_place"],
        "健康状况": person["health"],
        "户口类别": person["household_type"],
        "户籍地址": person["household_address"],
        "家庭住址": person["home_address"],
        "邮政编码": person["postcode"],
        "联系电话": person["phone"],
        "电子邮箱": person["email"],
        "毕业学校": person["origin_school"],
        "中考成绩": person["exam_score"],
        "入学日期": person["entry_date"],
        "预计毕业日期": person["expected_graduation"],
        "学制": f"{person['years']}年" if person["years"] else None,
        "层次": person["level"],
        "学习形式": person["study_form"],
        "备注": person["remark"],
        "系部": row.department,
        "专业": row.major,
        "专业代码": row.major_code,
        "班级": row.class_group,
        "年级": f"{row.cohort}级",
        "学籍状态": row.status.value,
        "报到情况": "未报到" if row.status is Status.ADMITTED else "已报到",
        "监护人": guardian.name if guardian else None,
        "监护人关系": guardian.relation if guardian else None,
        "监护人电话": guardian.phone if guardian else None,
        "监护人工作单位": guardian.employer if guardian else None,
    }


def changes_of(record: StudentRecord) -> list[LedgerRow]:
    """The 学籍异动 of a student: what was not taken back and is not the beginning itself."""
    return [
        entry
        for entry in record.ledger
        if entry.kind not in _BEGINNINGS and entry.kind is not Kind.REVERSAL and not entry.reversed
    ]


def semester_name(cohort: int, index: int) -> str:
    """Name of the card's semester `index` (0–9): 2026—2027学年第一学期."""
    year = cohort + index // 2
    return f"{year}—{year + 1}学年第{_ORDINALS[index % 2]}学期"


_OUTCOMES: Final = frozenset({Status.GRADUATED, Status.COMPLETED, Status.ATTENDED})


def _change_values(entry: LedgerRow) -> Values:
    return {
        "日期": entry.effective_date,
        "类别": entry.kind.value,
        "原因": entry.reason,
        "变动前": _side(entry.from_status, entry.from_class if entry.to_class else ""),
        "变动后": _side(entry.to_status, entry.to_class),
        "依据": f"至{entry.until:%Y-%m-%d}" if entry.until else None,
    }


def _side(status: Status | None, class_group: str) -> str:
    return " ".join(part for part in (status.value if status else "", class_group) if part)


def _latest_change(record: StudentRecord) -> str | None:
    changes = changes_of(record)
    return f"{changes[-1].effective_date:%Y-%m-%d} {changes[-1].kind.value}" if changes else None
