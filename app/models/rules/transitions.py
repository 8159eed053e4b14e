"""学籍异动: which kind may follow which status, where it leads, what it demands on paper.

The rows are what the program is shipped with. What they demand (papers, signatures, lengths) are
suggestions with their source; what the school has confirmed or changed of them stands in its
rulebook, and a case is judged by the row as the rulebook has it on its day. 办法 is the
规范学籍学历管理工作办法, 41号令 the 普通高等学校学生管理规定 of 2017.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from typing import Final, NamedTuple, Protocol, TypeVar

from app.models.rules.dates import months_after
from app.models.vocabulary import Kind, Signatory, Status


class Move(Enum):
    """Whether a change gives the student another class (or major)."""

    NO = auto()
    MAY = auto()
    MUST = auto()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that a change demands: one whose kind holds one of `words`.

    `others` admits any other proof too; only the application is none: it is signed, not a proof.
    """

    name: str
    words: tuple[str, ...]
    others: bool = False

    def accepts(self, kind: str) -> bool:
        """Whether evidence called `kind` is this paper."""
        return any(word in kind for word in self.words) or (self.others and "申请" not in kind)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a kind, the statuses it may follow (None: no standing yet), the status it leads to.

    `to` None leaves the status as it was. `signed`: who must have signed the application.
    `papers` are demanded, `usual` are only those commonly filed with it. `months` is the length
    when nobody names an end; None: it has no end. `approvals` are the steps of approval, `times`
    and `total_months` bound how often and how long: these become demands once `confirmed` (the
    names of what the school has confirmed of the row) holds them. `days` is how soon a change is
    reported. `code` is its 学籍异动类别 (JY/T 1001 XJYDLB); without one it is no 学籍异动.
    `platform` is its word on 学信网. `elsewhere` says where the kind is entered when not as a
    change.
    """

    kind: Kind
    after: frozenset[Status | None]
    to: Status | None
    source: str
    signed: frozenset[Signatory] = frozenset()
    papers: tuple[Paper, ...] = ()
    usual: tuple[str, ...] = ()
    months: int | None = None
    approvals: tuple[str, ...] = ()
    times: int | None = None
    total_months: int | None = None
    days: int | None = None
    class_move: Move = Move.NO
    major_move: Move = Move.NO
    code: str = ""
    platform: str = ""
    elsewhere: str = ""
    confirmed: frozenset[str] = frozenset()


_BOTH: Final = frozenset(Signatory)
_ADMITTED: Final = frozenset({Status.ADMITTED})
_DEFERRED: Final = frozenset({Status.DEFERRED})
_BEFORE_ENTRY: Final = _ADMITTED | _DEFERRED
_ENROLLED: Final = frozenset({Status.ENROLLED})
_SUSPENDED: Final = frozenset({Status.SUSPENDED})
_RETAINED: Final = frozenset({Status.RETAINED})
_COMPLETED: Final = frozenset({Status.COMPLETED})
_ON_REGISTER: Final = frozenset(status for status in Status if status.on_register)
_STAYING: Final = frozenset(status for status in Status if not status.is_final)

_SUSPENSION_PROOF: Final = Paper(
    "休学原因证明", ("诊断证明", "创业证明", "录取通知书", "其他证明"), others=True
)
_ENLISTMENT: Final = Paper("入伍通知书", ("入伍通知", "入伍批准", "征兵办"))
_DECISION: Final = Paper("决定书", ("决定", "会议纪要"))

#: 信息变更: a key field (姓名, 身份证号 …) changes on a proof only, such as one of the police.
KEY_FIELD_PAPER: Final = Paper(
    "证明材料", ("户籍证明", "户口簿", "身份证", "公安机关证明"), others=True
)

RULES: Final = {
    rule.kind: rule
    for rule in (
        Rule(
            Kind.ADMISSION,
            frozenset({None}),
            Status.ADMITTED,
            "41号令第八条",
            class_move=Move.MAY,
            major_move=Move.MAY,
            elsewhere="随录取名册导入登记，撤销也按导入批次",
        ),
        Rule(
            Kind.REGISTRATION,
            _ADMITTED,
            Status.ENROLLED,
            "41号令第九条：报到时初步审查合格，注册学籍",
            class_move=Move.MAY,
            platform="注册学籍",
        ),
        Rule(
            Kind.PLACEMENT,
            _STAYING,
            None,
            "学校分班",
            class_move=Move.MUST,
            elsewhere="在“分班”中办理",
        ),
        Rule(
            Kind.CORRECTION,
            frozenset(Status),
            None,
            "差错更正，写明依据",
            class_move=Move.MAY,
            major_move=Move.MAY,
            elsewhere="在“更正”中办理",
        ),
        Rule(
            Kind.ADMISSION_DEFERRAL,
            _ADMITTED,
            Status.DEFERRED,
            "办法第八条；41号令第十条、第二十七条；期限一年为高职院校通例，入伍者至退役后2年",
            signed=_BOTH,
            papers=(
                Paper("保留入学资格的证明", ("诊断证明", "入伍通知", "其他证明"), others=True),
            ),
            months=12,
            code="14",
            platform="保留入学资格",
        ),
        Rule(
            Kind.ADMISSION_RESTORATION,
            _DEFERRED,
            Status.ADMITTED,
            "办法第八条；41号令第十条：期满前申请入学，审查合格",
            signed=_BOTH,
            usual=("入学申请", "保留入学资格通知书", "退役证明", "康复证明"),
            code="15",
        ),
        Rule(
            Kind.ADMISSION_DECLINED,
            _BEFORE_ENTRY,
            Status.DECLINED,
            "41号令第八条、第十条：未请假或逾期，视为放弃入学资格",
            usual=("放弃入学资格声明",),
            code="99",
            platform="放弃入学资格",
        ),
        Rule(
            Kind.ADMISSION_CANCELLED,
            _BEFORE_ENTRY,
            Status.DISQUALIFIED,
            "41号令第九条：审查发现不符录取条件，取消入学资格",
            papers=(_DECISION,),
            code="16",
            platform="取消入学资格",
        ),
        Rule(
            Kind.SUSPENSION,
            _ENROLLED,
            Status.SUSPENDED,
            "办法第八条；41号令第二十五条、第二十六条；普通中专规定：每次一学年",
            signed=_BOTH,
            papers=(_SUSPENSION_PROOF,),
            months=12,
            code="11",
            platform="休学",
        ),
        Rule(
            Kind.SUSPENSION_EXTENSION,
            _SUSPENDED,
            Status.SUSPENDED,
            "办法第八条；次数和累计期限由学校规定（高职通例累计不超过两年）",
            signed=_BOTH,
            papers=(_SUSPENSION_PROOF,),
            months=12,
            code="11",
            platform="休学",
        ),
        Rule(
            Kind.RESUMPTION,
            _SUSPENDED,
            Status.ENROLLED,
            "办法第八条；41号令第二十九条：期满前申请，复查合格；编入下一年级同专业或相近专业",
            signed=_BOTH,
            usual=("复学申请表", "休学证明", "康复证明"),
            class_move=Move.MAY,
            major_move=Move.MAY,
            code="12",
            platform="复学",
        ),
        Rule(
            Kind.RETENTION,
            _ENROLLED,
            Status.RETAINED,
            "办法第八条；41号令第二十七条：保留至退役后2年。退役日未定，先按义务兵役期两年提醒",
            signed=_BOTH,
            papers=(_ENLISTMENT,),
            months=24,
            code="19",
        ),
        Rule(
            Kind.RESTORATION,
            _RETAINED,
            Status.ENROLLED,
            "办法第八条；41号令第二十七条",
            signed=_BOTH,
            usual=("复学申请表", "退役证明"),
            class_move=Move.MAY,
            major_move=Move.MAY,
            code="17",
        ),
        Rule(
            Kind.MAJOR_CHANGE,
            _ENROLLED,
            None,
            "办法第八条；41号令第二十一条",
            signed=_BOTH,
            usual=("转专业申请表",),
            class_move=Move.MAY,
            major_move=Move.MUST,
            code="23",
            platform="转专业",
        ),
        Rule(
            Kind.CLASS_CHANGE,
            _ENROLLED,
            None,
            "办法第八条",
            signed=_BOTH,
            usual=("转班申请表",),
            class_move=Move.MUST,
            code="29",
        ),
        Rule(
            Kind.DEPARTMENT_CHANGE,
            _ENROLLED,
            None,
            "办法第八条；41号令第二十一条：转入另一系部的专业",
            signed=_BOTH,
            usual=("转专业申请表",),
            class_move=Move.MAY,
            major_move=Move.MUST,
            code="26",
            platform="转专业",
        ),
        Rule(
            Kind.REPEAT_YEAR,
            _ENROLLED,
            None,
            "由学校按成绩决定；门数由学校规定",
            usual=("成绩单", "留级决定"),
            class_move=Move.MUST,
            code="02",
            platform="留级",
        ),
        Rule(
            Kind.DEMOTION,
            _ENROLLED,
            None,
            "由学校按成绩决定；门数由学校规定",
            usual=("成绩单", "降级决定"),
            class_move=Move.MUST,
            code="03",
            platform="留级",
        ),
        Rule(
            Kind.SKIPPED_YEAR,
            _ENROLLED,
            None,
            "办法第八条；41号令第十六条：学习年限由学校规定",
            signed=_BOTH,
            usual=("跳级申请表", "成绩单"),
            class_move=Move.MUST,
            code="04",
        ),
        Rule(
            Kind.STUDY_EXTENSION,
            _ENROLLED,
            None,
            "办法第八条；41号令第十六条、第二十五条：在学校规定的最长学习年限之内",
            signed=_BOTH,
            usual=("延长学习年限申请表",),
            months=12,
            class_move=Move.MAY,
            code="06",
        ),
        Rule(
            Kind.TRANSFER_IN,
            frozenset({None}),
            Status.ENROLLED,
            "41号令第二十二条、第二十三条",
            class_move=Move.MAY,
            major_move=Move.MAY,
            code="22",
            elsewhere="先用名单导入转入的学生",
        ),
        Rule(
            Kind.TRANSFER_OUT,
            _ON_REGISTER,
            Status.TRANSFERRED_OUT,
            "办法第八条；41号令第二十二条、第二十三条：两校同意，报省教育厅",
            signed=_BOTH,
            usual=("转学申请表", "接收函", "省教育厅批复", "成绩单"),
            code="21",
        ),
        Rule(
            Kind.WITHDRAWAL,
            _ON_REGISTER,
            Status.WITHDRAWN,
            "办法第八条；41号令第三十条：本人申请退学",
            signed=_BOTH,
            usual=("退学申请书", "家长同意书", "身份证复印件", "户口簿复印件"),
            code="31",
            platform="退学",
        ),
        Rule(
            Kind.DISMISSAL,
            _ON_REGISTER,
            Status.WITHDRAWN,
            "41号令第三十条、第三十一条：校长办公会决定，决定书送交学生",
            papers=(_DECISION,),
            usual=("退学处理决定书", "挂号信回执"),
            code="31",
            platform="退学",
        ),
        Rule(
            Kind.EXPULSION,
            _ON_REGISTER,
            Status.EXPELLED,
            "41号令第五十一条、第五十三条：处分决定书；办法第八条：挂号信告知家长",
            papers=(_DECISION,),
            usual=("开除学籍处分决定书", "挂号信回执"),
            code="42",
        ),
        Rule(
            Kind.CANCELLATION,
            _ON_REGISTER,
            Status.CANCELLED,
            "41号令第十一条：复查不合格或弄虚作假，取消学籍",
            papers=(_DECISION,),
            usual=("取消学籍决定书",),
            code="18",
        ),
        Rule(
            Kind.DEATH,
            _STAYING,
            Status.DECEASED,
            "学籍注销",
            usual=("死亡证明", "户口注销证明"),
            code="51",
        ),
        Rule(
            Kind.GRADUATION,
            _ENROLLED,
            Status.GRADUATED,
            "41号令第三十二条",
        ),
        Rule(
            Kind.EARLY_GRADUATION,
            _ENROLLED,
            Status.GRADUATED,
            "办法第八条；41号令第三十二条：提前完成教育教学内容，达到毕业要求",
            signed=_BOTH,
            usual=("提前毕业申请表", "成绩单"),
            code="61",
        ),
        Rule(Kind.COMPLETION, _ENROLLED, Status.COMPLETED, "41号令第三十三条", code="62"),
        Rule(
            Kind.COMPLETION_EXCHANGE,
            _COMPLETED,
            Status.GRADUATED,
            "41号令第三十三条：结业后补考、重修合格的，换发毕业证书；期限由学校规定",
            usual=("换证申请", "成绩单"),
            code="99",
        ),
        Rule(
            Kind.ATTENDANCE,
            _ON_REGISTER,
            Status.ATTENDED,
            "41号令第三十三条：学满一年以上退学的，发给肄业证书",
            code="63",
        ),
    )
}

#: What people and the platform call a kind besides its own word.
_SYNONYMS: Final = {
    "转学（转出）": Kind.TRANSFER_OUT,
    "转学(转出)": Kind.TRANSFER_OUT,
    "转学（转入）": Kind.TRANSFER_IN,
    "转学(转入)": Kind.TRANSFER_IN,
    "转班级": Kind.CLASS_CHANGE,
    "延长休学": Kind.SUSPENSION_EXTENSION,
    "应征入伍": Kind.RETENTION,
    "自动退学": Kind.DISMISSAL,
    "开除": Kind.EXPULSION,
    "参军": Kind.RETENTION,
    "延长学年": Kind.STUDY_EXTENSION,
    "换发毕业证书": Kind.COMPLETION_EXCHANGE,
    "注销": Kind.DEATH,
}

#: Kinds that seat a student with a later year of entry, and those with an earlier one.
DOWNWARDS: Final = frozenset({Kind.REPEAT_YEAR, Kind.DEMOTION})
UPWARDS: Final = frozenset({Kind.SKIPPED_YEAR})

#: Kinds that are entered as a change of one student, in the order in which they are offered.
CHANGE_KINDS: Final = tuple(rule.kind for rule in RULES.values() if not rule.elsewhere)
#: 学籍异动: the kinds with an 异动类别 of JY/T 1001, which the 汇总表 and 统计表 count.
CODED_KINDS: Final = tuple(rule.kind for rule in RULES.values() if rule.code)


def kind_named(text: str) -> Kind | None:
    """The kind that is meant by a word; None for a word that is none."""
    word = text.strip()
    return Kind(word) if word in set(Kind) else _SYNONYMS.get(word)


def status_after(kind: Kind, status: Status | None) -> Status | None:
    """Status that `kind` leads to from `status`; None: it is not permitted there."""
    rule = RULES.get(kind)
    if rule is None or status not in rule.after:
        return None
    return rule.to or status


def default_end(rule: Rule, begin: date) -> date | None:
    """The last day of something that begins on `begin` and has the rule's length."""
    if rule.months is None:
        return None
    end = months_after(begin, rule.months)
    return end if end.day < begin.day else end - timedelta(days=1)


# --- one entry after the other ------------------------------------------------------------


class Entry(Protocol):
    """What an entry of the ledger says of the standing: each side from → to (None: as it was)."""

    @property
    def kind(self) -> Kind: ...
    @property
    def from_status(self) -> Status | None: ...
    @property
    def to_status(self) -> Status | None: ...
    @property
    def from_class_id(self) -> int | None: ...
    @property
    def to_class_id(self) -> int | None: ...
    @property
    def from_major_id(self) -> int | None: ...
    @property
    def to_major_id(self) -> int | None: ...


E = TypeVar("E", bound=Entry)


class Position(NamedTuple):  # a dataclass costs four times as much to make
    """Where a student stands between two entries."""

    status: Status | None = None
    class_id: int | None = None
    major_id: int | None = None

    def moved(
        self, status: Status | None, class_id: int | None, major_id: int | None
    ) -> "Position":
        """Where he then stands; what is None stays as it was."""
        return Position(status or self.status, class_id or self.class_id, major_id or self.major_id)

    def after(self, entry: Entry) -> "Position":
        """Where he stands once the entry has taken effect."""
        return self.moved(entry.to_status, entry.to_class_id, entry.to_major_id)


def first_misfit(position: Position, entries: Iterable[E]) -> E | None:
    """The first of these entries, in their order of effect, that cannot follow what is before it:
    its kind is not permitted there, or it starts from where the student did not stand."""
    for entry in entries:
        if not _follows(position, entry):
            return entry
        position = position.after(entry)
    return None


def _follows(position: Position, entry: Entry) -> bool:
    if status_after(entry.kind, position.status) is None:
        return False
    sides = (
        (position.status, entry.from_status, entry.to_status),
        (position.class_id, entry.from_class_id, entry.to_class_id),
        (position.major_id, entry.from_major_id, entry.to_major_id),
    )
    return all(to is None or before == start for before, start, to in sides)
