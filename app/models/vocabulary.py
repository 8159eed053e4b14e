"""The closed lists of the register; each value is the Chinese word that people read and print."""

from enum import StrEnum


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
        return self in {Status.ENROLLED, Status.SUSPENDED, Status.RETAINED}

    @property
    def is_final(self) -> bool:
        """Left for good: no seat, no number is kept for such a student."""
        return not self.on_register and self not in {Status.ADMITTED, Status.DEFERRED}

    @property
    def in_school(self) -> bool:
        """在校: 休学 and 保留学籍 are out."""
        return self is Status.ENROLLED


class Kind(StrEnum):
    """学籍台账 kinds: what an entry of the ledger did to a student's place or standing."""

    ADMISSION = "录取"
    REGISTRATION = "入学注册"
    PLACEMENT = "分班"
    CORRECTION = "更正"
    REVERSAL = "冲正"
    SUSPENSION = "休学"
    RESUMPTION = "复学"
    WITHDRAWAL = "退学"
    TRANSFER_OUT = "转出"
    TRANSFER_IN = "转入"
    MAJOR_CHANGE = "转专业"
    CLASS_CHANGE = "转班"
    REPEAT_YEAR = "留级"
    RETENTION = "保留学籍"
    RESTORATION = "恢复学籍"


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
