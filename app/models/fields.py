"""What is known of a student, described once.

Import (headers, synonyms, platform names, checks), search, forms and screens read this table, so
that one word means one thing everywhere. Labels follow the forms of the school; platform names
follow 学信网 and JY/T 1002 (resources/standards/README.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, TypeVar


class FieldKind(Enum):
    """How a value is read, checked and compared."""

    TEXT = auto()
    NAME = auto()  # written form kept, code points and all
    SEX = auto()
    DATE = auto()
    IDENTITY = auto()  # 身份证号 and the numbers that stand in its place
    DIGITS = auto()  # a number that is text: 考生号, 学号
    PHONE = auto()
    ETHNIC = auto()  # GB/T 3304
    POLITICAL = auto()  # GB/T 4762
    DECIMAL = auto()  # a score
    YEARS = auto()  # 学制


class Place(Enum):
    """Which part of the register holds the value."""

    PERSON = auto()  # a column of Student; changes leave a FieldChange
    GUARDIAN = auto()  # a column of Guardian: of the first, or of the second_ one
    STANDING = auto()  # class, major, number: from the ledger; nothing outside changes it


@dataclass(frozen=True, slots=True)
class StudentField:
    """One thing known of a student.

    `name` is the attribute (of Student, Guardian or the standing); `key` fields of an existing
    record change only through a 信息变更 case.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    synonyms: tuple[str, ...] = ()
    platform: tuple[str, ...] = ()
    place: Place = Place.PERSON
    key: bool = False


_K, _P = FieldKind, Place

_FIELDS: Final = (
    StudentField(
        "exam_number",
        "考生号",
        _K.DIGITS,
        (
            "中考考号",
            "中考号",
            "考号",
            "中考考生号",
            "准考证号",
            "准考证号码",
            "准考证",
            "中考准考证号",
            "中考准考证",
            "报名号",
            "报名号码",
            "报名序号",
            "考生编号",
            "中考报名号",
        ),
        ("KSH", "ZKZH", "BMH"),
    ),
    StudentField(
        "name",
        "姓名",
        _K.NAME,
        ("学生姓名", "考生姓名", "新生姓名", "学员姓名", "名字", "学生"),
        ("XM",),
        key=True,
    ),
    StudentField("sex", "性别", _K.SEX, (), ("XB", "XBM", "XBDM", "XBMC"), key=True),
    StudentField(
        "birth_date",
        "出生日期",
        _K.DATE,
        ("出生年月", "出生年月日", "生年月日", "生日", "出生", "出生时间"),
        ("CSRQ", "CSNY"),
        key=True,
    ),
    StudentField(
        "id_number",
        "身份证号",
        _K.IDENTITY,
        (
            "身份证号码",
            "身份证件号",
            "身份证件号码",
            "证件号码",
            "证件号",
            "身份证",
            "公民身份号码",
            "居民身份证号",
            "居民身份证号码",
            "学生身份证号",
            "学生身份证号码",
            "公民身份证号码",
            "公民身份证号",
            "居民身份证",
            "二代身份证号",
            "身份号码",
            "身份证编号",
            "有效证件号码",
            "有效证件号",
        ),
        ("SFZH", "SFZHM", "ZJHM", "SFZJH"),
        key=True,
    ),
    StudentField("ethnic_group", "民族", _K.ETHNIC, ("族别",), ("MZ", "MZM", "MZMC"), key=True),
    StudentField(
        "id_type",
        "证件类型",
        _K.TEXT,
        ("身份证件类型", "证件种类", "证件类别"),
        ("ZJLX", "SFZJLXM"),
    ),
    StudentField(
        "political_status",
        "政治面貌",
        _K.POLITICAL,
        ("政治状况", "政治面目", "面貌"),
        ("ZZMM", "ZZMMM", "ZZMMMC"),
    ),
    StudentField("former_name", "曾用名", _K.NAME, ("原名", "曾用姓名"), ("CYM",)),
    StudentField("native_place", "籍贯", _K.TEXT, (), ("JG",)),
    StudentField(
        "source_place",
        "生源地",
        _K.TEXT,
        ("生源所在地", "生源地区", "生源省市", "生源市县"),
        ("SYD",),
    ),
    StudentField(
        "household_type",
        "户口类别",
        _K.TEXT,
        ("户口性质", "户籍性质", "户口类型", "户籍类型", "户籍类别"),
        ("HKXZ",),
    ),
    StudentField(
        "household_address",
        "户籍地址",
        _K.TEXT,
        (
            "户口所在地",
            "户籍所在地",
            "户口地址",
            "户籍地",
            "户籍详细地址",
            "户口详细地址",
            "户口所在地地址",
            "户口所在地详细地址",
        ),
    ),
    StudentField(
        "home_address",
        "家庭住址",
        _K.TEXT,
        (
            "家庭地址",
            "现住址",
            "住址",
            "地址",
            "通讯地址",
            "家庭详细地址",
            "现家庭住址",
            "家庭现住址",
            "家庭详细住址",
            "家庭居住地址",
            "家庭通讯地址",
            "居住地址",
            "现居住地址",
            "居住地",
            "现居住地",
            "通信地址",
            "详细地址",
            "联系地址",
        ),
        ("JTDZ",),
    ),
    StudentField("postcode", "邮政编码", _K.DIGITS, ("邮编", "家庭邮编"), ("YZBM",)),
    StudentField(
        "phone",
        "联系电话",
        _K.PHONE,
        (
            "手机号码",
            "手机",
            "手机号",
            "移动电话",
            "电话",
            "电话号码",
            "学生电话",
            "本人电话",
            "本人手机",
            "学生手机",
            "联系方式",
        ),
        ("LXDH",),
    ),
    StudentField(
        "email", "电子邮箱", _K.TEXT, ("邮箱", "电子信箱", "电子邮件", "email", "e-mail"), ("DZXX",)
    ),
    StudentField("health", "健康状况", _K.TEXT, ("健康情况", "健康状态", "身体状况"), ("JKZK",)),
    StudentField(
        "origin_school",
        "毕业学校",
        _K.TEXT,
        (
            "毕业中学",
            "毕业初中",
            "毕业初中学校",
            "初中毕业学校",
            "初中毕业中学",
            "初中毕业院校",
            "原毕业学校",
            "原学校",
            "原学校名称",
            "原初中学校",
            "毕业院校",
            "初中学校",
            "就读初中",
            "生源学校",
            "生源初中",
            "来源学校",
        ),
        ("YXXMC", "BYXX", "BYXXMC"),
    ),
    StudentField(
        "exam_score",
        "中考成绩",
        _K.DECIMAL,
        (
            "总分",
            "中考总分",
            "中考总成绩",
            "中考分数",
            "录取分数",
            "录取成绩",
            "录取总分",
            "投档分",
            "投档成绩",
            "成绩",
            "总成绩",
            "成绩总分",
            "分数",
        ),
        ("ZF", "ZKZF"),
    ),
    StudentField("level", "层次", _K.TEXT, ("培养层次", "学历层次", "办学层次"), ("CC",)),
    StudentField("study_form", "学习形式", _K.TEXT, (), ("XXXS",)),
    StudentField("years", "学制", _K.YEARS, ("修业年限", "学习年限", "学制年限"), ("XZ",)),
    StudentField("entry_date", "入学日期", _K.DATE, ("入学时间", "入学年月"), ("RXRQ", "RXNY")),
    StudentField(
        "expected_graduation",
        "预计毕业日期",
        _K.DATE,
        ("预计毕业时间", "预毕业日期", "预毕业时间", "应毕业日期"),
        ("YJBYRQ",),
    ),
    StudentField("remark", "备注", _K.TEXT, ("说明", "附注"), ("BZ",)),
    StudentField(
        "guardian_name",
        "监护人",
        _K.NAME,
        (
            "监护人姓名",
            "家长",
            "家长姓名",
            "父母姓名",
            "父亲姓名",
            "母亲姓名",
            "家长(监护人)",
            "联系人",
        ),
        ("JHR", "JHRXM"),
        _P.GUARDIAN,
    ),
    StudentField(
        "guardian_relation",
        "监护人关系",
        _K.TEXT,
        (
            "与监护人关系",
            "与学生关系",
            "与考生关系",
            "与本人关系",
            "与家长关系",
            "关系",
            "称谓",
            "家长关系",
        ),
        (),
        _P.GUARDIAN,
    ),
    StudentField(
        "guardian_phone",
        "监护人电话",
        _K.PHONE,
        (
            "监护人联系电话",
            "监护人手机",
            "家长电话",
            "家长手机",
            "家长联系电话",
            "父母电话",
            "家庭电话",
        ),
        ("JHRDH", "JHRLXDH"),
        _P.GUARDIAN,
    ),
    StudentField(
        "guardian_employer",
        "监护人工作单位",
        _K.TEXT,
        ("家长工作单位", "工作单位", "监护人单位"),
        (),
        _P.GUARDIAN,
    ),
    StudentField("number", "学号", _K.DIGITS, ("校内学号", "学生学号"), ("XH",), _P.STANDING),
    StudentField(
        "department",
        "系部",
        _K.TEXT,
        ("院系", "系别", "所属系部", "系", "系所函", "系（所、函授站）", "二级学院", "系所函授站"),
        ("XSH",),
        _P.STANDING,
    ),
    StudentField(
        "major_code",
        "专业代码",
        _K.DIGITS,
        ("录取专业代码", "专业代号", "专业编码", "国标专业代码"),
        ("ZYDM",),
        _P.STANDING,
    ),
    StudentField(
        "major",
        "专业名称",
        _K.TEXT,
        ("专业", "录取专业", "修读专业", "所学专业", "录取专业名称"),
        ("ZYMC",),
        _P.STANDING,
    ),
    StudentField(
        "class_group",
        "班级",
        _K.TEXT,
        ("班号", "班级名称", "所在班级", "行政班", "行政班级", "分配班级", "编班", "班别"),
        ("BH", "SZBH", "BJ", "BJMC"),
        _P.STANDING,
    ),
    StudentField(
        "cohort",
        "年级",
        _K.TEXT,
        ("当前所在级", "所在年级", "入学年级", "级别", "届"),
        ("DQSZJ", "SZNJ"),
        _P.STANDING,
    ),
    StudentField("status", "学籍状态", _K.TEXT, ("注册状态", "当前状态"), ("ZCZT",), _P.STANDING),
)

#: What the fields of the family members that one row may bring begin with, the first one's first.
GUARDIANS: Final = ("guardian_", "second_guardian_")

STUDENT_FIELDS: Final = (
    *_FIELDS,
    *(
        replace(
            field, name=f"second_{field.name}", label=f"第二{field.label}", synonyms=(), platform=()
        )
        for field in _FIELDS
        if field.place is Place.GUARDIAN
    ),
)

_Value = TypeVar("_Value")


def of_guardian(values: Mapping[str, _Value], which: str) -> dict[str, _Value]:
    """What `values` say of one family member (one of GUARDIANS), by the columns of Guardian."""
    return {
        name.removeprefix(which): value for name, value in values.items() if name.startswith(which)
    }


FIELD_BY_NAME: Final = {field.name: field for field in STUDENT_FIELDS}
FIELD_BY_LABEL: Final = {field.label: field for field in STUDENT_FIELDS}

#: What belongs to a person in rows: the columns of a guardian and of a line of the résumé.
GUARDIAN_COLUMNS: Final = {
    "name": "姓名",
    "relation": "关系",
    "political_status": "政治面貌",
    "employer": "工作单位",
    "phone": "电话",
}
SCHOOLING_COLUMNS: Final = {"period": "起止年月", "place": "学习单位", "witness": "证明人"}


def field_label(name: str) -> str:
    """What people call a field as FieldChange names it: schooling_place:2, say."""
    base, _, place = name.partition(":")
    kind, _, column = base.partition("_")
    if base in FIELD_BY_NAME:
        label = FIELD_BY_NAME[base].label
    elif base == "reading":
        label = "姓名读音"
    elif kind == "guardian" and column in GUARDIAN_COLUMNS:
        label = f"监护人{GUARDIAN_COLUMNS[column]}"
    elif kind == "schooling" and column in SCHOOLING_COLUMNS:
        label = f"学习简历{SCHOOLING_COLUMNS[column]}"
    else:
        label = base
    return f"{label}（第 {place} 行）" if place not in {"", "1"} else label


#: Columns that lists from outside carry and the register has no use for; named, never dropped.
IGNORED_HEADERS: Final = frozenset(
    {
        "序号", "编号", "行号", "生源省市代码", "院校代码", "院校名称", "分院", "属性", "照片",
        "修改时间", "撤销时间", "SYSSDM", "YXDM", "YXMC", "FY", "SX", "ZP", "XGSJ", "CXSJ",
    }
)  # fmt: skip
