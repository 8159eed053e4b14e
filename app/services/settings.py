"""Settings of the school: described once, kept in the register, typed for the code."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.organisation import Setting
from app.models.rules.patterns import CLASS_NAME, STUDENT_NUMBER, NumberPattern, PatternError
from app.services.errors import PatternRefused, SettingNotDays, UnknownSetting


def _setting(label: str, default: str = "") -> str:
    value: str = field(default=default, metadata={"label": label})
    return value


@dataclass(frozen=True, slots=True)
class Settings:
    """What the school says of itself and how it numbers; every value is text.

    The number pattern is only a suggestion (the 学院's layout is not public): entry year, branch
    code, serial of the major, class, seat.
    """

    school: str = _setting("学校")
    college: str = _setting("学院", "江苏联合职业技术学院")
    college_code: str = _setting("院校代码", "12678")
    branch_code: str = _setting("分院代码", "00")
    principal: str = _setting("校长")
    vice_principal: str = _setting("分管校长")
    office: str = _setting("学籍管理部门", "教务处")
    registrar: str = _setting("学籍管理员")
    phone: str = _setting("联系电话")
    address: str = _setting("学校地址")
    number_pattern: str = _setting("学号编排", "{入学年:4}{分院代码:2}{专业序号:2}{班序:2}{座号:2}")
    class_pattern: str = _setting("班级名称编排", "{专业简称}{入学年:2}{班序:2}")
    fonds: str = _setting("全宗号", "X001")
    level: str = _setting("层次", "专科")
    study_form: str = _setting("学习形式", "全日制")
    backup_target: str = _setting("备份位置")
    second_target: str = _setting("第二备份位置")
    backup_days: str = _setting("备份间隔天数", "1")
    drill_days: str = _setting("恢复演练间隔天数", "365")
    password_days: str = _setting("口令更换提醒天数", "180")


LABELS: Final = {item.name: item.metadata["label"] for item in fields(Settings)}
_NAMES: Final = {label: name for name, label in LABELS.items()}


def load_settings(session: Session) -> Settings:
    """The settings as the school left them; what was never set has its default."""
    stored = {row.key: row.value for row in session.scalars(select(Setting))}
    return replace(Settings(), **{key: stored[key] for key in LABELS if key in stored})


def change_settings(session: Session, values: Mapping[str, str]) -> Settings:
    """Set some settings, named by their label or their name in the code."""
    for given, value in values.items():
        key = _NAMES.get(given, given)
        if key not in LABELS:
            raise UnknownSetting(name=given, known="、".join(LABELS.values()))
        if key in _LAYOUTS:
            with pattern_sentences():
                NumberPattern(value, _LAYOUTS[key])
        if key in _DAYS and not (value.isdecimal() and 1 <= int(value) <= 3650):
            raise SettingNotDays(name=LABELS[key], value=value)
        session.merge(Setting(key=key, value=value))
    session.flush()
    return load_settings(session)


@contextmanager
def pattern_sentences() -> Iterator[None]:
    """Turn a pattern that is wrong, or a value that does not fit it, into a refusal."""
    try:
        yield
    except PatternError as error:
        raise PatternRefused(problem=error) from None


_DAYS: Final = frozenset({"backup_days", "drill_days", "password_days"})
_LAYOUTS: Final = {"number_pattern": STUDENT_NUMBER, "class_pattern": CLASS_NAME}
