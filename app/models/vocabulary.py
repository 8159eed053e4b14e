"""The closed lists of the register; each value is the Chinese word that people read and print."""

from enum import StrEnum
from typing import Final


class Sex(StrEnum):
    """性别 (GB/T 2261.1)."""

    MALE = "男"
    FEMALE = "女"


class Status(StrEnum):
    """学籍状态: where a student stands; read from the ledger, never typed."""

    ADMITTED = "已录取"  # on the admission list, not yet arrived: no 学籍
    DEFERRED = "保留入学资格"  # no 学籍 during it (第41号令)
    ENROLLED = "在校"
    SUSPENDED = "休学"
    RETAINED = "保留学籍"
    GRADUATED = "毕业"
    COMPLETED = "结业"
    ATTENDED = "肄业"
    WITHDRAWN = "退学"
    TRANSFERRED_OUT = "转出"
    EXPELLED = "开除学籍"
    CANCELLED = "取消学籍"
    DECEASED = "死亡"
    DECLINED = "放弃入学资格"
    DISQUALIFIED = "取消入学资格"

    @property
    def on_register(self) -> bool:
        """在籍: 休学 and 保留学籍 are in."""
        return self in _ON_REGISTER

    @property
    def is_final(self) -> bool:
        """Left for good: no seat, no number is kept for such a student."""
        return not self.on_register and self not in {Status.ADMITTED, Status.DEFERRED}

    @property
    def in_school(self) -> bool:
        """在校: 休学 and 保留学籍 are out."""
        return self is Status.ENROLLED


_ON_REGISTER: Final = frozenset({Status.ENROLLED, Status.SUSPENDED, Status.RETAINED})


class CountBase(StrEnum):
    """口径: whom a head-count counts; every count names it."""

    ON_REGISTER = "在籍"
    IN_SCHOOL = "在校"

    def counts(self, status: Status | None) -> bool:
        """Whether somebody of this status is counted; None is nobody of the school's."""
        if status is None:
            return False
        return status.on_register if self is CountBase.ON_REGISTER else status.in_school


class Kind(StrEnum):
    """学籍台账 kinds: what an entry of the ledger did to a student's place or standing.

    The words are those of JY/T 1001 XJYDLB, shortened as schools say them; which of them are
    学籍异动, and their codes, stands in rules/transitions.py.
    """

    ADMISSION = "录取"
    REGISTRATION = "入学注册"
    PLACEMENT = "分班"
    CORRECTION = "更正"
    REVERSAL = "冲正"
    ADMISSION_DEFERRAL = "保留入学资格"
    ADMISSION_RESTORATION = "恢复入学资格"
    ADMISSION_DECLINED = "放弃入学资格"
    ADMISSION_CANCELLED = "取消入学资格"
    SUSPENSION = "休学"
    SUSPENSION_EXTENSION = "休学延期"
    RESUMPTION = "复学"
    RETENTION = "保留学籍"
    RESTORATION = "恢复学籍"
    MAJOR_CHANGE = "转专业"
    CLASS_CHANGE = "转班"
    DEPARTMENT_CHANGE = "转系"
    REPEAT_YEAR = "留级"
    DEMOTION = "降级"
    SKIPPED_YEAR = "跳级"
    STUDY_EXTENSION = "延长年限"
    TRANSFER_IN = "转入"
    TRANSFER_OUT = "转出"
    WITHDRAWAL = "退学"  # on the student's own application
    DISMISSAL = "退学处理"  # by decision of the school
    EXPULSION = "开除学籍"
    CANCELLATION = "取消学籍"
    DEATH = "死亡"
    GRADUATION = "毕业"
    EARLY_GRADUATION = "提前毕业"
    COMPLETION = "结业"
    COMPLETION_EXCHANGE = "结业换毕业"
    ATTENDANCE = "肄业"


class Arrival(StrEnum):
    """学期注册: whether a student came at the beginning of a term."""

    ARRIVED = "报到"
    ON_LEAVE = "请假"
    POSTPONED = "缓注册"
    ABSENT = "未报到"


class CheckMark(StrEnum):
    """What a returned 学籍核查确认表 says of one student."""

    SIGNED = "已签"
    ON_LEAVE = "请假"  # the class teacher signed for him; he counts as there
    UNSIGNED = "未签"
    LOST = "流失"
    WRONG = "信息有误"


class Grouping(StrEnum):
    """By what a head-count is summed."""

    CLASS = "班级"
    MAJOR = "专业"
    DEPARTMENT = "系部"
    COHORT = "年级"


class Signatory(StrEnum):
    """Who signs a written application (第八条: the student and a guardian)."""

    STUDENT = "学生"
    GUARDIAN = "监护人"


class CaseStep(StrEnum):
    """学籍异动 as a case: what is to be done next; the last two are its ends."""

    APPLICATION = "申请"  # the written application is not signed by all who must
    PAPERS = "材料"
    APPROVAL = "审批"
    EFFECT = "生效"
    REPORT = "上报"
    FILING = "归档"
    CLOSED = "办结"
    WITHDRAWN = "撤回"


class ConsentWay(StrEnum):
    """How a guardian consented: in person, by letter, or on the phone with a witness."""

    IN_PERSON = "当面"
    LETTER = "书信"
    PHONE = "电话"


class PunishmentKind(StrEnum):
    """处分种类 (41号令第五十一条)."""

    WARNING = "警告"
    SERIOUS_WARNING = "严重警告"
    DEMERIT = "记过"
    PROBATION = "留校察看"
    EXPULSION = "开除学籍"


class ServiceWay(StrEnum):
    """How a decision reached the student."""

    IN_PERSON = "直接送达"
    LEFT = "留置送达"
    MAIL = "邮寄送达"
    NOTICE = "公告送达"


class Role(StrEnum):
    """操作员角色; an operator holds a set of them."""

    RECORD = "录入"
    REVIEW = "审核"
    READ = "查阅"
    SYSTEM = "系统"


class PaperFormat(StrEnum):
    """How a paper left the program."""

    PDF = "pdf"
    XLSX = "xlsx"
