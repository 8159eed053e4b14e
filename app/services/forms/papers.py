"""What each paper says: one function a paper turns rows of the register into its values."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import Enum, StrEnum
from typing import Any, Final

from app.models.vocabulary import Kind, Sex, Status
from app.services.errors import UnknownForm
from app.services.forms.values import Picture, Values
from app.services.register.ledger import LedgerRow
from app.services.register.students import StudentRecord, StudentRow
from app.services.settings import Settings

#: Entries that make a student, not 学籍异动 in the sense of the card.
_BEGINNINGS: Final = frozenset({Kind.ADMISSION, Kind.REGISTRATION, Kind.PLACEMENT})

#: Semesters of the five-year course on a card.
SEMESTERS: Final = 10
_ORDINALS: Final = "一二三四五"


class PaperKind(Enum):
    """Of what a paper is made, one document for each; the value says it to the registrar."""

    CARD = "每名学生一份"
    APPLICATION = "每名学生一份空白申请"
    PUNISHMENT = "每件处分一份"  # or one to be filled in, for a student who has none
    REWARD = "每项奖励一份"  # likewise
    CLASS = "每班一份"
    ROSTER = "一份名单"
    CONDUCT = "一份奖惩清单"
    COUNT = "全校一份（一段时间的人数）"
    BRIDGE = "全校或一个班一份（两日之间的人数）"
    CHANGES = "全校一份（一段时间的异动）"
    OVERDUE = "全校一份（逾期的休学、保留）"
    DISC = "每张光盘一份"
    SCHOOL = "全校一份"
    ELSEWHERE = "由别的命令打印"

    @property
    def of_people(self) -> bool:
        """Whether a class, a student or a cohort may be named for it."""
        return self not in _OF_THE_SCHOOL

    @property
    def of_class(self) -> bool:
        """Whether a class may be named for it."""
        return self.of_people or self is PaperKind.BRIDGE

    @property
    def of_cohort(self) -> bool:
        """Whether a cohort may be named for it."""
        return self.of_people or self is PaperKind.DISC

    @property
    def of_period(self) -> bool:
        """Whether it is made from one day to another."""
        return self.counts or self is PaperKind.CHANGES

    @property
    def counts(self) -> bool:
        """Whether it is a count, so that it must be said of whom (口径)."""
        return self in {PaperKind.COUNT, PaperKind.BRIDGE}


_OF_THE_SCHOOL: Final = frozenset(
    {
        PaperKind.COUNT,
        PaperKind.BRIDGE,
        PaperKind.CHANGES,
        PaperKind.OVERDUE,
        PaperKind.DISC,
        PaperKind.SCHOOL,
        PaperKind.ELSEWHERE,
    }
)


class PaperGroup(StrEnum):
    """Under which heading a paper stands in the list of papers."""

    ROSTERS = "学籍卡与名册"
    CHECKS = "核对与统计"
    CHANGES = "异动与申请"
    CONDUCT = "奖惩"
    PROOFS = "证明与证书"
    ARCHIVE = "档案"
    DISCS = "光盘"
    OFFICE = "安全与交接"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of the school: its form file has its name.

    `statuses` are those whom it may name, and `base` says so on a roster (口径). `use` tells the
    registrar what it is for; `command` prints it where `xueji form` does not.
    """

    name: str
    kind: PaperKind
    statuses: frozenset[Status]
    base: str = ""
    group: PaperGroup = PaperGroup.ROSTERS
    use: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """For what a paper is made: the school, the day it is true for, the words for its scope."""

    settings: Settings
    as_of: date
    scope: str
    cohort: int | None


ON_REGISTER: Final = frozenset(status for status in Status if status.on_register)
#: Who has had 学籍 here: those whose papers lie in the volume of a class.
_FILED: Final = frozenset(Status) - {
    Status.ADMITTED,
    Status.DEFERRED,
    Status.DECLINED,
    Status.DISQUALIFIED,
}
_ALL: Final = frozenset(Status)
_LEAVING: Final = frozenset({Status.GRADUATED, Status.COMPLETED, Status.ATTENDED})


def _table() -> Iterator[Paper]:
    """The papers, in the order in which they are listed."""
    kind, group = PaperKind, PaperGroup

    def of(
        group: PaperGroup, name: str, kind: PaperKind, use: str,
        statuses: frozenset[Status] = _ALL, base: str = "", command: str = "",
    ) -> Paper:  # fmt: skip
        return Paper(name, kind, statuses, base, group, use, command)

    g = group.ROSTERS
    yield of(g, "学籍卡", kind.CARD, "一人一张，正反两面，按班装订")
    yield of(g, "学籍卡（A3对折）", kind.CARD, "一人一张 A3，对折成四面")
    yield of(
        g,
        "新生名册",
        kind.ROSTER,
        "新生报到、注册",
        ON_REGISTER | {Status.ADMITTED},
        "在籍和已录取",
    )
    yield of(g, "在校生名册", kind.ROSTER, "每学期的在校学生", frozenset({Status.ENROLLED}), "在校")
    yield of(
        g, "毕业生名册", kind.ROSTER, "毕业的学生，领证签字", frozenset({Status.GRADUATED}), "毕业"
    )
    yield of(g, "结业生名册", kind.ROSTER, "结业的学生", frozenset({Status.COMPLETED}), "结业")
    yield of(g, "肄业生名册", kind.ROSTER, "肄业的学生", frozenset({Status.ATTENDED}), "肄业")

    g = group.CHECKS
    yield of(g, "学籍信息核对表", kind.ROSTER, "学生逐人核对信息并签字", ON_REGISTER, "在籍")
    yield of(
        g,
        "毕业生信息核对表",
        kind.ROSTER,
        "学历注册以前，毕业班逐人核对证书上的信息",
        ON_REGISTER | _LEAVING,
        "在籍和毕（结、肄）业",
    )
    yield of(
        g,
        "学籍核查确认表",
        kind.ELSEWHERE,
        "按页收回的核查表",
        command="xueji check print 2026秋季核查 -o 核查.pdf",
    )
    yield of(
        g,
        "核查汇总表",
        kind.ELSEWHERE,
        "各班收回几页、各种情况几人，后附没有正常签字的",
        command="xueji check summary 2026秋季核查 -o 汇总.pdf",
    )
    yield of(
        g,
        "学期注册名单",
        kind.ELSEWHERE,
        "每学期谁报到、请假、缓注册、没有注册",
        command="xueji term missing 2026-2027-1 -o 未注册.pdf",
    )
    yield of(g, "学籍人数审核表", kind.COUNT, "期初、增、减、期末，逐班平衡")
    yield of(g, "人数两日对照表", kind.BRIDGE, "两个日期、两次所知之间人数为什么不同")
    yield of(g, "学籍异动汇总表", kind.CHANGES, "一段时间里的异动，一人次一行")
    yield of(g, "学籍异动统计表", kind.CHANGES, "各系部每类异动的人次")

    g = group.CHANGES
    for name in (
        *("休学申请表", "复学申请表", "退学申请表", "转专业申请表", "转学申请表", "留级申请表"),
        *("保留学籍申请表", "保留入学资格申请表", "恢复申请表", "学籍异动审批表"),
    ):
        yield of(g, name, kind.APPLICATION, "空白申请；已经立案的用 xueji case print")
    yield of(g, "拟按退学处理学生汇总表", kind.OVERDUE, "休学、保留期满没有复学的，供会议决定")
    yield of(
        g,
        "缺材料通知",
        kind.ELSEWHERE,
        "一件异动还缺什么",
        command="xueji case print 18 --missing -o 通知.pdf",
    )
    yield of(g, "信息变更申请表", kind.CARD, "更改姓名、身份证号等信息的申请")
    yield of(g, "书面申请", kind.CARD, "学生写、家长同时签字的申请")

    g = group.CONDUCT
    yield of(g, "处分事先告知书", kind.PUNISHMENT, "处分决定以前告知学生和家长")
    yield of(g, "处分决定书", kind.PUNISHMENT, "处分的决定和申诉途径")
    yield of(g, "解除处分决定书", kind.PUNISHMENT, "处分期满的审批和决定")
    yield of(g, "挂号信封面", kind.PUNISHMENT, "5 号信封，寄给家长")
    yield of(g, "挂号信登记簿", kind.CONDUCT, "每封挂号信的去向")
    yield of(g, "奖励登记表", kind.REWARD, "一项奖励的登记和审核")
    yield of(g, "奖惩登记表", kind.CONDUCT, "奖励和处分的清单")

    g = group.PROOFS
    yield of(g, "在读证明", kind.CARD, "证明学生在校就读", frozenset({Status.ENROLLED}))
    yield of(g, "学籍证明", kind.CARD, "证明学生有本校学籍", ON_REGISTER)
    yield of(g, "成绩单", kind.CARD, "十个学期的成绩", _FILED)
    yield of(
        g,
        "毕业证明书",
        kind.CARD,
        "毕业证书遗失后的证明，与证书同等效力",
        frozenset({Status.GRADUATED}),
    )
    yield of(g, "证书发放登记表", kind.ROSTER, "逐人领取证书签字", _LEAVING, "毕（结、肄）业")
    yield of(g, "证书空白台账", kind.SCHOOL, "空白证书的领入、发出、作废、结存")

    g = group.ARCHIVE
    yield of(g, "班级案卷封面", kind.CLASS, "一班一卷的封面", _FILED)
    yield of(g, "卷内目录", kind.CLASS, "卷内各件的目录", _FILED)
    yield of(g, "备考表", kind.CLASS, "卷末，说明卷内情况", _FILED)
    yield of(g, "档案盒脊背与封面", kind.CLASS, "310×220 毫米档案盒，A3 纸裁下贴用", _FILED)
    yield of(g, "柜签", kind.ROSTER, "档案柜的标签，一班一张", _FILED)
    yield of(g, "移交清单", kind.ROSTER, "案卷移交，一式两份", _FILED)
    yield of(g, "借阅单", kind.SCHOOL, "查阅、借出档案的审批和归还")

    g = group.DISCS
    yield of(g, "光盘封面与盒签", kind.DISC, "裁下装入光盘盒")
    yield of(g, "电子档案移交登记表", kind.DISC, "移交和接收双方的检验与签字")

    g = group.OFFICE
    yield of(g, "值班记录", kind.SCHOOL, "档案室、机房的值班")
    yield of(g, "安全检查记录", kind.SCHOOL, "每月检查档案室和专用电脑")
    yield of(g, "交接清单", kind.SCHOOL, "学籍管理员换人时逐项交接")
    yield of(g, "交接单", kind.ELSEWHERE, "交接完成以后三方签字", command="xueji handover paper -o")
    yield of(g, "自查报告", kind.SCHOOL, "迎接学院检查以前的自查")
    yield of(
        g,
        "电脑检查单",
        kind.ELSEWHERE,
        "专用电脑逐项检查（第十八条）",
        command="xueji workplace -o",
    )
    yield of(
        g, "恢复单", kind.ELSEWHERE, "口令忘记时打开学籍库", command="xueji init、xueji rotate"
    )
    yield of(g, "恢复演练记录", kind.ELSEWHERE, "试恢复一份备份的记录", command="xueji drill")
    yield of(
        g,
        "审计锚定单",
        kind.ELSEWHERE,
        "每月把操作记录印在纸上",
        command="xueji audit slip -o 锚定单.pdf",
    )
    yield of(
        g,
        "操作记录核验单",
        kind.ELSEWHERE,
        "操作记录核验的结果",
        command="xueji audit verify -o 核验单.pdf",
    )


PAPERS: Final = {paper.name: paper for paper in _table()}


def papers_of(*kinds: PaperKind) -> tuple[str, ...]:
    """The names of the papers of these kinds."""
    return tuple(name for name, paper in PAPERS.items() if paper.kind in kinds)


def find_paper(name: str) -> Paper:
    """The paper of this name; the refusal names those that read alike."""
    if name not in PAPERS:
        raise unknown_form(name, PAPERS)
    return PAPERS[name]


def unknown_form(name: str, known: Iterable[str]) -> UnknownForm:
    """The refusal of a name that is none of these."""
    alike = "”、“".join(get_close_matches(name, list(known), 3, 0.4))
    return UnknownForm(name=name, nearest=f"，是不是“{alike}”" if alike else "")


def card_values(
    record: StudentRecord, occasion: Occasion, picture: Callable[[str], bytes]
) -> Values:
    """学籍卡: everything of one student; `picture` gives the photograph by its SHA-256."""
    row, settings = record.row, occasion.settings
    return {
        **school_values(occasion),
        **person_values(record),
        "照片": _photo(record.photo, picture) if record.photo else None,
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
        "奖励": [
            {
                "日期": line.day,
                "名称": line.name,
                "级别": line.level,
                "颁奖单位": " ".join(filter(None, (line.by, line.document))),
            }
            for line in record.rewards
        ],
        "处分": [
            {
                "日期": line.day,
                "名称": line.name,
                "文号": line.document,
                "撤销日期": line.lifted_on,
                "撤销文号": line.lift_document,
            }
            for line in record.punishments
        ],
        **{
            f"第{index + 1}学期名称": semester_name(row.cohort, index) for index in range(SEMESTERS)
        },
        **outcome_values(record, settings),
    }


def _photo(sha256: str, picture: Callable[[str], bytes]) -> Picture:
    return Picture(lambda: picture(sha256), sha256)


def roster_values(records: Sequence[StudentRecord], occasion: Occasion) -> Values:
    """A 名册: one line a student, in the order given."""
    rows = [record.row for record in records]
    return {
        **school_values(occasion),
        "名单": [
            {
                "序号": index,
                **person_values(record),
                **outcome_values(record, occasion.settings),
                "异动": _latest_change(record),
            }
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
        "学校地址": settings.address,
        "校长": settings.principal,
        "部门": settings.office,
        "经办人": settings.registrar,
        "办公电话": settings.phone,
        "全宗号": settings.fonds,
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


def outcome_values(record: StudentRecord, settings: Settings) -> dict[str, Any]:
    """How and when a student left with a certificate; its number has no register yet."""
    row = record.row
    left = [entry for entry in record.ledger if entry.to_status in _LEAVING and not entry.reversed]
    ended = row.status in _LEAVING
    return {
        "毕业结论": row.status.value if ended else None,
        "毕业日期": left[-1].effective_date if ended and left else None,
        "证书编号": None,
        "发证单位": settings.college if row.status is Status.GRADUATED else None,
        "档号": file_code(settings, row),
    }


def file_code(settings: Settings, row: StudentRow) -> str:
    """档号 of a student's file: it never changes, whatever the class or the number."""
    return f"{settings.fonds}-XJ-{row.cohort}-Y-{row.id:06d}"


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
