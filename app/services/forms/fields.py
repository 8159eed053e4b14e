"""What may stand between {{ and }} on a paper: the field dictionary (字段表).

One table for the help beside the preview, for checking a form that a registrar drew, and for the
functions that fill it. What is known of a student comes from models/fields.py, so that a label
means the same in an import and on a paper. All examples are invented.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Final

from app.models.fields import FIELD_BY_LABEL, FieldKind, Place
from app.models.vocabulary import CheckMark
from app.services.forms.papers import PAPERS, PaperKind, papers_of

STUDENT_CARD: Final = "学籍卡"
FRESHMAN_ROSTER: Final = "新生名册"
STUDENT_ROSTER: Final = "在校生名册"
HEADCOUNT: Final = "学籍人数审核表"
BRIDGE: Final = "人数两日对照表"
OVERDUE: Final = "拟按退学处理学生汇总表"
CHANGES: Final = "学籍异动汇总表"
STATISTICS: Final = "学籍异动统计表"
RECOVERY_SHEET: Final = "恢复单"
ANCHOR_SLIP: Final = "审计锚定单"
AUDIT_STATEMENT: Final = "操作记录核验单"
DRILL_RECORD: Final = "恢复演练记录"
HAND_OVER: Final = "交接单"
WORKPLACE_CHECK: Final = "电脑检查单"
#: 学籍异动: the application of a kind, or of kinds that ask the same; the last is for decisions.
CASE_FORMS: Final = papers_of(PaperKind.APPLICATION)
MISSING_NOTICE: Final = "缺材料通知"
CHECK_SHEET: Final = "学籍核查确认表"
CHECK_SUMMARY: Final = "核查汇总表"
ARRIVALS: Final = "学期注册名单"
DATA_SHEET: Final = "学籍信息核对表"

#: Papers that ship with the program; a school's own form takes the fields of one of them.
FORMS: Final = tuple(PAPERS)

TERMS: Final = 10  # five years


class ValueKind(Enum):
    """What a field prints."""

    TEXT = "文字"
    DATE = "日期"  # takes a format: {{入学日期|yyyy年m月d日}}
    NUMBER = "数字"
    PICTURE = "图片"
    QR = "二维码"
    LIST = "列表"  # {{名单.姓名}} repeats its row; {{学籍异动[1].日期}} is one numbered slot


@dataclass(frozen=True, slots=True)
class FormField:
    """字段: one thing a form may show, or a list of such things.

    `forms` names the papers that may use it; `columns` are the fields of one item of a LIST.
    """

    name: str
    meaning: str
    example: str
    source: str
    forms: tuple[str, ...]
    kind: ValueKind = ValueKind.TEXT
    columns: tuple["FormField", ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """As written between the braces, without slot number and format."""
        if self.kind is ValueKind.LIST:
            return tuple(f"{self.name}.{column.name}" for column in self.columns)
        return (self.name,)


_PUNISHED = papers_of(PaperKind.PUNISHMENT)
_REWARDED = papers_of(PaperKind.REWARD)
_CARD = (*papers_of(PaperKind.CARD), *_PUNISHED, *_REWARDED)
_ROSTERS = papers_of(PaperKind.ROSTER, PaperKind.CLASS)
_CONDUCT = papers_of(PaperKind.CONDUCT)
_COUNT = papers_of(PaperKind.COUNT)
_BRIDGE = papers_of(PaperKind.BRIDGE)
_CHANGES = papers_of(PaperKind.CHANGES)
_OVERDUE = papers_of(PaperKind.OVERDUE)
_DISCS = papers_of(PaperKind.DISC)
_SCHOOL = papers_of(PaperKind.SCHOOL)
_CASES = (*CASE_FORMS, MISSING_NOTICE)
_CHECKS = (CHECK_SHEET,)
_SUMMED = (CHECK_SUMMARY,)
_ARRIVALS = (ARRIVALS,)
_LISTS = (*_ROSTERS, *_CHECKS)
_OF_THE_SCHOOL = (*_CONDUCT, *_COUNT, *_BRIDGE, *_CHANGES, *_OVERDUE, *_DISCS, *_SCHOOL)
_RECORDED = (
    *_CARD,
    *_LISTS,
    *_SUMMED,
    *_ARRIVALS,
    *_CASES,
    *_OF_THE_SCHOOL,
)  # papers that leave a PrintedSheet
_KEYED = (RECOVERY_SHEET, ANCHOR_SLIP, DRILL_RECORD, HAND_OVER)
_PROOFS = (ANCHOR_SLIP, AUDIT_STATEMENT, DRILL_RECORD)
_OF_THE_VAULT = (*_PROOFS, HAND_OVER)
_PAGED = (*_RECORDED, *_OF_THE_VAULT, WORKPLACE_CHECK)
_SLIP, _STATEMENT, _DRILL = (ANCHOR_SLIP,), (AUDIT_STATEMENT,), (DRILL_RECORD,)
_HANDED, _CHECKED_PC = (HAND_OVER,), (WORKPLACE_CHECK,)
_T, _D, _N, _L = ValueKind.TEXT, ValueKind.DATE, ValueKind.NUMBER, ValueKind.LIST

#: What a field of models/fields.py prints; labels are those of STUDENT_FIELDS.
_STUDENT: Final = (
    ("考生号", "中考考生号", "26320900000016"),
    ("姓名", "姓名，照原字形打印", "欧阳晓明"),
    ("性别", "性别", "男"),
    ("出生日期", "出生日期", "2011-03-15"),
    ("身份证号", "身份证号，18 位", "320902201103150019"),
    ("民族", "民族", "汉族"),
    ("证件类型", "身份证件的种类", "居民身份证"),
    ("政治面貌", "政治面貌", "共青团员"),
    ("曾用名", "曾用名", "欧阳小明"),
    ("籍贯", "籍贯", "江苏盐城"),
    ("生源地", "中考所在的市、县", "盐城市亭湖区"),
    ("户口类别", "户口类别", "非农业户口"),
    ("户籍地址", "户口簿上的地址", "江苏省盐城市亭湖区青年东路 18 号"),
    ("家庭住址", "现在的住址", "江苏省盐城市亭湖区青年东路 18 号"),
    ("邮政编码", "家庭住址的邮政编码", "224000"),
    ("联系电话", "学生本人的电话", "13000000000"),
    ("电子邮箱", "学生本人的电子邮箱", "xiaoming@example.com"),
    ("健康状况", "健康状况", "健康"),
    ("毕业学校", "入学以前毕业的学校", "城东中学"),
    ("中考成绩", "中考总分", "561.5"),
    ("层次", "培养层次", "专科"),
    ("学习形式", "学习形式", "普通全日制"),
    ("学制", "学制", "5 年"),
    ("入学日期", "入学日期", "2026-09-01"),
    ("预计毕业日期", "预计毕业日期", "2031-06-30"),
    ("备注", "备注", "城乡低保"),
    ("监护人", "第一监护人的姓名", "欧阳建国"),
    ("监护人关系", "第一监护人与学生的关系", "父亲"),
    ("监护人电话", "第一监护人的电话", "13100000000"),
    ("监护人工作单位", "第一监护人的工作单位", "城南机械厂"),
    ("学号", "学号", "260101020118"),
    ("系部", "所在系部", "信息工程系"),
    ("专业代码", "专业代码", "510201"),
    ("专业名称", "所学专业", "计算机应用技术"),
    ("班级", "所在班级", "计算机2601"),
    ("年级", "入学年份", "2026级"),
    ("学籍状态", "学籍状态，由学籍台账得出", "在校"),
)
_PAPER_NAMES: Final = {"专业名称": "专业"}  # what papers call it
_SOURCES: Final = {
    Place.PERSON: "基本信息",
    Place.GUARDIAN: "家长信息",
    Place.STANDING: "学籍台账",
}
_KINDS: Final = {FieldKind.DATE: _D, FieldKind.DECIMAL: _N}


def _of_student(forms: tuple[str, ...]) -> tuple[FormField, ...]:
    """Everything known of a student, as fields of `forms`."""
    return tuple(
        FormField(
            _PAPER_NAMES.get(label, label),
            meaning,
            example,
            _SOURCES[FIELD_BY_LABEL[label].place],
            forms,
            _KINDS.get(FIELD_BY_LABEL[label].kind, _T),
        )
        for label, meaning, example in _STUDENT
    )


def _columns(
    source: str,
    forms: tuple[str, ...],
    *rows: tuple[str, str, str] | tuple[str, str, str, ValueKind],
) -> tuple[FormField, ...]:
    return tuple(FormField(row[0], row[1], row[2], source, forms, *row[3:]) for row in rows)


def _term(number: int) -> tuple[FormField, ...]:
    """学期: name, results, conduct and class teacher of one of the ten terms of a card."""
    term, place = f"第{number}学期", f"入学后第 {number} 个学期"
    courses = _columns(
        "成绩",
        _CARD,
        ("课程", "课程名称", "电工电子技术基础"),
        ("学分", "课程的学分", "2.5", _N),
        ("成绩", "分数或等第", "86"),
        ("补考", "补考成绩", "66"),
    )
    return (
        FormField(f"{term}名称", f"{place}的名称", "2026—2027学年第一学期", "成绩", _CARD),
        FormField(f"{term}成绩", f"{place}的各门课程", "", "成绩", _CARD, _L, courses),
        FormField(f"{term}操行", f"{place}的操行等第", "优秀", "操行", _CARD),
        FormField(f"{term}评语", f"{place}的班主任评语", "尊敬师长，学习刻苦。", "操行", _CARD),
        FormField(f"{term}班主任", f"{place}的班主任", "钱文静", "操行", _CARD),
    )


def _outcome(forms: tuple[str, ...]) -> tuple[FormField, ...]:
    """How a student left, and the number of his file."""
    return (
        FormField("毕业结论", "毕业、结业或肄业", "毕业", "毕业", forms),
        FormField("毕业日期", "毕（结、肄）业的日期", "2031-06-30", "毕业", forms, _D),
        FormField("证书编号", "毕业证书编号", "131021203106001234", "毕业", forms),
        FormField("发证单位", "发证单位", "江苏联合职业技术学院", "毕业", forms),
        FormField("档号", "学生档案的编号", "X001-XJ-2026-Y-000018", "档案室", forms),
    )


_OF_THE_PAPER: Final = (
    FormField("学院", "学院全称", "江苏联合职业技术学院", "学校设置", _RECORDED),
    FormField("学校", "学校（分院）全称", "城东高等职业技术学校", "学校设置", FORMS),
    FormField("学校地址", "学校的地址", "盐城市城东路 1 号", "学校设置", _RECORDED),
    FormField("校长", "校长姓名", "陈校长", "学校设置", _RECORDED),
    FormField("部门", "学籍管理部门", "教务处", "学校设置", _RECORDED),
    FormField("经办人", "学籍管理员", "周学管", "学校设置", _RECORDED),
    FormField("办公电话", "学籍管理部门的电话", "0515-88880000", "学校设置", _RECORDED),
    FormField("全宗号", "学校的全宗号", "X001", "学校设置", _RECORDED),
    FormField("范围", "所选的系部、专业、班级", "信息工程系 计算机2601", "打印时", _RECORDED),
    FormField("截至日期", "内容以哪一天为准", "2026-09-30", "打印时", _RECORDED, _D),
    FormField("打印日期", "打印的日期", "2026-11-23", "打印时", _RECORDED, _D),
    FormField(
        "校验码", "本页的校验码，输入程序可查真伪和变化", "7K3M-2QXD-W4ET", "打印时", _RECORDED
    ),
    FormField("二维码", "校验码（恢复单上是恢复码）的二维码", "", "打印时", FORMS, ValueKind.QR),
    FormField("页码", "本份材料的第几页", "1", "打印时", _PAGED, _N),
    FormField("总页数", "本份材料共几页", "2", "打印时", _PAGED, _N),
)

_OF_THE_CARD: Final = (
    FormField("照片", "学生照片，按单元格大小等比缩放", "", "照片", _CARD, ValueKind.PICTURE),
    *_of_student(_CARD),
    FormField(
        "家庭成员",
        "家庭主要成员，监护人在前",
        "",
        "家长信息",
        _CARD,
        _L,
        _columns(
            "家长信息",
            _CARD,
            ("称谓", "与学生的关系", "父亲"),
            ("姓名", "姓名", "欧阳建国"),
            ("政治面貌", "政治面貌", "群众"),
            ("工作单位", "工作单位", "城南机械厂"),
            ("联系电话", "联系电话", "13100000000"),
        ),
    ),
    FormField(
        "学习简历",
        "入学以前的学习经历，由早到晚",
        "",
        "基本信息",
        _CARD,
        _L,
        _columns(
            "基本信息",
            _CARD,
            ("起止年月", "起止年月", "2023.09—2026.06"),
            ("学习单位", "学校名称", "城东中学"),
            ("证明人", "证明人", "陈淑华"),
        ),
    ),
    FormField(
        "学籍异动",
        "生效的学籍异动，由早到晚",
        "",
        "学籍台账",
        _CARD,
        _L,
        _columns(
            "学籍台账",
            _CARD,
            ("日期", "生效日期", "2027-10-12", _D),
            ("类别", "异动类别", "休学"),
            ("原因", "异动原因", "因病"),
            ("变动前", "异动以前的状态和班级", "在校 计算机2601"),
            ("变动后", "异动以后的状态和班级", "休学 计算机2601"),
            ("依据", "批准文号或依据的材料", "校学〔2027〕18号"),
        ),
    ),
    FormField(
        "奖励",
        "在校期间的奖励，由早到晚",
        "",
        "奖惩",
        _CARD,
        _L,
        _columns(
            "奖惩",
            _CARD,
            ("日期", "授奖日期", "2028-05-04", _D),
            ("名称", "奖励名称", "三好学生"),
            ("级别", "奖励级别", "学校级"),
            ("颁奖单位", "颁奖单位或文号", "城东高等职业技术学校"),
        ),
    ),
    FormField(
        "处分",
        "在校期间的处分，由早到晚",
        "",
        "奖惩",
        _CARD,
        _L,
        _columns(
            "奖惩",
            _CARD,
            ("日期", "处分日期", "2028-03-10", _D),
            ("名称", "处分名称", "警告"),
            ("文号", "处分决定的文号", "校学〔2028〕7号"),
            ("撤销日期", "撤销处分的日期", "2029-03-12", _D),
            ("撤销文号", "撤销决定的文号", "校学〔2029〕9号"),
        ),
    ),
    *_outcome(_CARD),
    *(field for number in range(1, TERMS + 1) for field in _term(number)),
)

_OF_ROSTERS: Final = (
    FormField("年级", "名册的年级；不止一个年级时空白", "2026级", "打印时", _ROSTERS),
    FormField("人数", "名册上的人数", "45", "名册", _ROSTERS, _N),
    FormField("男生数", "名册上的男生人数", "25", "名册", _ROSTERS, _N),
    FormField("女生数", "名册上的女生人数", "20", "名册", _ROSTERS, _N),
    FormField(
        "名单",
        "名册上的学生，依专业、班级、学号排列",
        "",
        "名册",
        _ROSTERS,
        _L,
        (
            FormField("序号", "行号，从 1 起", "1", "名册", _ROSTERS, _N),
            *_of_student(_ROSTERS),
            FormField("报到情况", "已报到、未报到、保留入学资格等", "已报到", "学籍台账", _ROSTERS),
            FormField("异动", "最近一次异动和日期", "2027-10-12 休学", "学籍台账", _ROSTERS),
            *_outcome(_ROSTERS),
        ),
    ),
    FormField("班级清单", "名单上的班级，依年级、专业排列", "", "名册", _ROSTERS, _L, _columns(
        "名册", _ROSTERS,
        ("序号", "行号，从 1 起", "1", _N),
        ("年级", "入学年份", "2026级"),
        ("系部", "所在系部", "信息工程系"),
        ("专业", "专业", "计算机应用技术"),
        ("班级", "班级", "计算机2601"),
        ("班主任", "班主任", "钱文静"),
        ("人数", "名单上该班的人数", "45", _N),
        ("起号", "该班最小的学号", "260101020101"),
        ("止号", "该班最大的学号", "260101020145"),
        ("案卷号", "案卷号，没有登记就空着", "12"),
        ("页数", "案卷的页数，没有登记就空着", "96"),
        ("柜号", "所在档案柜，没有登记就空着", "3"),
    )),
    FormField("班级数", "名单上的班级数", "3", "名册", _ROSTERS, _N),
    FormField("系部", "只有一个班时，它的系部", "信息工程系", "名册", _ROSTERS),
    FormField("专业", "只有一个班时，它的专业", "计算机应用技术", "名册", _ROSTERS),
    FormField("班级", "只有一个班时，它的名称", "计算机2601", "名册", _ROSTERS),
    FormField("班主任", "只有一个班时，它的班主任", "钱文静", "名册", _ROSTERS),
    FormField("案卷号", "案卷号，没有登记就空着", "12", "档案室", _ROSTERS),
    FormField("柜号", "所在档案柜，没有登记就空着", "3", "档案室", _ROSTERS),
    FormField("盒号", "所在档案盒，没有登记就空着", "7", "档案室", _ROSTERS),
    FormField("页数", "案卷的页数，没有登记就空着", "96", "档案室", _ROSTERS),
    FormField("起始日期", "最早的入学日期", "2026-09-01", "名册", _ROSTERS, _D),
    FormField("终止日期", "最晚的预计毕业日期", "2031-06-30", "名册", _ROSTERS, _D),
)  # fmt: skip

_OF_CONDUCT: Final = (
    *_columns(
        "奖惩", _PUNISHED,
        ("处分种类", "处分的种类", "严重警告"),
        ("事实", "违纪的事实", "夜不归宿"),
        ("处分依据", "所依据的规定", "学生手册第二十条"),
        ("告知日期", "事先告知的日期", "2028-03-01", _D),
        ("陈述申辩", "学生的陈述和申辩", "无异议"),
        ("决定日期", "作出决定的日期", "2028-03-10", _D),
        ("决定单位", "作出决定的会议或单位", "校长办公会"),
        ("处分文号", "处分决定的文号", "校学〔2028〕7号"),
        ("期满日期", "处分到期的日期", "2029-03-09", _D),
        ("送达日期", "送达学生的日期", "2028-03-11", _D),
        ("送达方式", "怎样送达", "直接送达"),
        ("申诉截止", "可以申诉到哪一天", "2028-03-21", _D),
        ("解除日期", "解除处分的日期", "2029-03-12", _D),
        ("解除文号", "解除决定的文号", "校学〔2029〕9号"),
        ("挂号信号码", "最近一封挂号信的号码", "XA12345678932"),
        ("收件人", "最近一封挂号信的收件人", "欧阳建国"),
        ("寄出日期", "最近一封挂号信的寄出日期", "2028-03-12", _D),
    ),
    *_columns(
        "奖惩", _REWARDED,
        ("奖励名称", "奖励的名称", "三好学生"),
        ("奖励级别", "奖励的级别", "学校级"),
        ("颁奖单位", "颁奖的单位", "城东高等职业技术学校"),
        ("授奖日期", "授奖的日期", "2028-05-04", _D),
        ("事由", "为什么奖励", "品学兼优"),
        ("奖励文号", "表彰决定的文号", "校学〔2028〕12号"),
    ),
    FormField("奖惩", "奖励和处分，由早到晚", "", "奖惩", _CONDUCT, _L, _columns(
        "奖惩", _CONDUCT,
        ("序号", "行号，从 1 起", "1", _N),
        ("类别", "奖励或处分", "奖励"),
        ("日期", "授奖或决定的日期", "2028-05-04", _D),
        ("姓名", "学生姓名", "欧阳晓明"),
        ("学号", "学号", "260101020118"),
        ("班级", "班级", "计算机2601"),
        ("级别", "奖励的级别", "学校级"),
        ("名称", "奖励或处分的名称", "三好学生"),
        ("单位", "颁奖或决定的单位", "城东高等职业技术学校"),
        ("文号", "文号", "校学〔2028〕12号"),
        ("原因", "原因", "品学兼优"),
        ("解除日期", "处分解除的日期", "2029-03-12", _D),
    )),
    FormField("挂号信", "寄给家长的挂号信，由早到晚", "", "奖惩", _CONDUCT, _L, _columns(
        "奖惩", _CONDUCT,
        ("序号", "行号，从 1 起", "1", _N),
        ("寄出日期", "寄出的日期", "2028-03-12", _D),
        ("姓名", "学生姓名", "欧阳晓明"),
        ("学号", "学号", "260101020118"),
        ("班级", "班级", "计算机2601"),
        ("事由", "为什么寄", "严重警告处分 校学〔2028〕7号"),
        ("收件人", "收件人", "欧阳建国"),
        ("地址", "家庭住址", "江苏省盐城市亭湖区青年东路 18 号"),
        ("挂号信号码", "挂号信的号码", "XA12345678932"),
        ("签收日期", "家长签收的日期", "2028-03-15", _D),
        ("退回", "退回的日期和原因", "2028-03-20 地址不详"),
    )),
    FormField("奖励数", "清单上的奖励", "12", "奖惩", _CONDUCT, _N),
    FormField("处分数", "清单上的处分", "3", "奖惩", _CONDUCT, _N),
    FormField("挂号信数", "清单上的挂号信", "3", "奖惩", _CONDUCT, _N),
)  # fmt: skip

_OF_PERIODS: Final = (
    FormField("期初日期", "从哪一天起", "2026-08-01", "打印时", (*_COUNT, *_CHANGES), _D),
    FormField("口径", "数的是谁", "在籍", "打印时", (*_COUNT, *_BRIDGE)),
    FormField("平衡", "各班和合计是否平衡，不平的点名", "各班和合计均平衡", "学籍台账", _COUNT),
    FormField("人数表", "各班、系部、年级、专业小计和合计", "", "学籍台账", _COUNT, _L, _columns(
        "学籍台账", _COUNT,
        ("班级", "班级，小计行是系部、年级、专业的名称", "计算机2601"),
        ("年级", "年级", "2026级"),
        ("系部", "系部", "信息工程系"),
        ("专业", "专业", "计算机应用技术"),
        *((name, f"{name}的人数", "1", _N) for name in (
            "期初", "增新生", "增转入", "增留级", "增调入", "增恢复", "增其他",
            "减退学", "减转出", "减开除", "减取消", "减死亡", "减毕业", "减留级", "减调出",
            "减其他", "期末", "休学", "保留学籍", "在校", "男", "女", "实到", "请假", "未到",
        )),
        ("平台人数", "登记过的平台人数", "45", _N),
        ("差额", "平台人数减期末人数", "0", _N),
    )),
    FormField("前一日", "前一个数是哪一天的", "2026-09-30", "打印时", _BRIDGE, _D),
    FormField("前一日所知", "前一个数按哪时所知", "按 2026-10-08 所知", "打印时", _BRIDGE),
    FormField("后一日所知", "截至日期的数按哪时所知", "按制表时所知", "打印时", _BRIDGE),
    FormField("前一日人数", "前一个数", "45", "学籍台账", _BRIDGE, _N),
    FormField("后一日人数", "截至日期的数", "44", "学籍台账", _BRIDGE, _N),
    FormField("增加人次", "两日之间一共增加", "1", "学籍台账", _BRIDGE, _N),
    FormField("减少人次", "两日之间一共减少", "2", "学籍台账", _BRIDGE, _N),
    FormField("核对结果", "逐人核对，平或不平", "平", "学籍台账", _BRIDGE),
    FormField("对照表", "人数为什么不同，一类一行", "", "学籍台账", _BRIDGE, _L, _columns(
        "学籍台账", _BRIDGE,
        ("事项", "哪一类增减，后来补登的注明", "后来登记：退学"),
        ("增", "因此增加的人次", "1", _N),
        ("减", "因此减少的人次", "2", _N),
        ("人数", "增减以后的人数", "44", _N),
    )),
    FormField("对照名单", "每个增减是谁，同对照表的先后", "", "学籍台账", _BRIDGE, _L, _columns(
        "学籍台账", _BRIDGE,
        ("序号", "行号，从 1 起", "1", _N),
        ("事项", "哪一类增减", "后来登记：退学"),
        ("增减", "增或减", "减"),
        ("学号", "学号", "260101020118"),
        ("姓名", "姓名", "欧阳晓明"),
    )),
    FormField("人次", "一共多少人次", "18", "学籍台账", _CHANGES, _N),
    FormField("异动清单", "一段时间里的异动，由早到晚", "", "学籍台账", _CHANGES, _L, _columns(
        "学籍台账", _CHANGES,
        ("序号", "行号，从 1 起", "1", _N),
        ("学号", "学号", "260101020118"),
        ("姓名", "姓名", "欧阳晓明"),
        ("性别", "性别", "男"),
        ("专业", "异动以前的专业", "计算机应用技术"),
        ("班级", "异动以前的班级", "计算机2601"),
        ("异动类型", "哪种异动", "休学"),
        ("异动日期", "生效的日期", "2027-10-12", _D),
        ("截止日期", "有期限的到哪一天", "2028-10-11", _D),
        ("变更前", "异动以前", "在校"),
        ("变更后", "异动以后", "休学"),
        ("原因", "原因", "因病"),
        ("材料份数", "附了几份材料", "2", _N),
    )),
    FormField("异动统计", "各系部和合计", "", "学籍台账", _CHANGES, _L, _columns(
        "学籍台账", _CHANGES,
        ("系部", "系部", "信息工程系"),
        *((name, f"{name}的人次", "1", _N) for name in (
            "休学", "复学", "保留学籍", "恢复学籍", "转专业", "转班", "留降级", "转入", "转出",
            "退学", "开除学籍", "取消学籍", "死亡", "提前毕业", "结业",
                        "结业换证", "肄业", "其他", "合计",
        )),
    )),
)  # fmt: skip

_OF_LEAVES: Final = (
    FormField("逾期人数", "休学、保留逾期的人数", "2", "学籍台账", _OVERDUE, _N),
    FormField("逾期清单", "休学、保留逾期的学生", "", "学籍台账", _OVERDUE, _L, _columns(
        "学籍台账", _OVERDUE,
        ("序号", "行号，从 1 起", "1", _N),
        ("学号", "学号", "260101020118"),
        ("姓名", "姓名", "欧阳晓明"),
        ("性别", "性别", "男"),
        ("系部", "所在系部", "信息工程系"),
        ("专业", "专业", "计算机应用技术"),
        ("班级", "所在班级", "计算机2601"),
        ("类别", "休学、保留学籍或保留入学资格", "休学"),
        ("起始日期", "从哪一天起", "2027-10-12", _D),
        ("截止日期", "最迟到哪一天，参军的按退役后的期限", "2028-10-11", _D),
        ("逾期天数", "过了几天", "12", _N),
    )),
)  # fmt: skip

_OF_DISCS: Final = _columns(
    "归档光盘",
    _DISCS,
    ("年级", "盘里的年级", "2026级"),
    ("盘号", "光盘的编号", "X001-XJ-2026-01"),
    ("盘内题名", "盘里是什么", "城东高等职业技术学校2026级学生学籍档案"),
    ("制作日期", "映像制作的日期", "2031-07-10", _D),
    ("制作人", "制作映像的操作员", "周学管"),
    ("数据量", "映像的大小", "292.3 MB"),
    ("文件数", "盘里的文件", "6012", _N),
    ("摘要前半", "映像 SHA-256 的前 32 位", "9f3a07c1d2b4e5869f3a07c1d2b4e586"),
    ("摘要后半", "映像 SHA-256 的后 32 位", "9f3a07c1d2b4e5869f3a07c1d2b4e586"),
)

_OF_THE_SCHOOL_ITSELF: Final = (
    FormField("学年", "截至日期所在的学年", "2026—2027学年", "打印时", _SCHOOL),
    *(
        FormField(name, meaning, "1820", "登记", _SCHOOL, _N)
        for name, meaning in (
            ("在籍人数", "在籍的人数"),
            ("在校人数", "在校的人数"),
            ("休学人数", "休学的人数"),
            ("保留学籍人数", "保留学籍的人数"),
            ("毕结肄人数", "毕业、结业、肄业的人数"),
            ("班级数", "登记过的班级"),
            ("学年异动", "本学年的异动人次"),
            ("处分数", "处分的件数"),
            ("未挂号处分数", "没有挂号告知家长的处分"),
            ("已印学籍卡", "印过学籍卡的学生"),
            ("光盘数", "做过的归档光盘"),
        )
    ),
)

_OF_THE_RECOVERY_SHEET: Final = (
    FormField("库标识", "学籍库的标识", "XJ-7F3A-91C2", "学籍库", (RECOVERY_SHEET, *_OF_THE_VAULT)),
    FormField("密钥标识", "密钥的标识，更换密钥后不同", "K-0A41", "学籍库", _KEYED),
    FormField(
        "制单日期",
        "打印的日期",
        "2026-11-23",
        "打印时",
        (RECOVERY_SHEET, *_OF_THE_VAULT, WORKPLACE_CHECK),
        _D,
    ),
    *(
        FormField(
            f"恢复码第{line}行",
            f"恢复码四行中的第 {line} 行",
            "ABCD-EFGH-JKMN-PQRS",
            "学籍库",
            (RECOVERY_SHEET,),
        )
        for line in range(1, 5)
    ),
)

_OF_PROOFS: Final = (
    FormField("制单人", "打印这张单的操作员", "周学管", "操作员",
              (*_PROOFS, WORKPLACE_CHECK)),
    FormField("链头序号", "操作记录共有几条", "15328", "操作记录", _OF_THE_VAULT, _N),
    FormField("核对码", "末一条的序号和校验值前 16 位", "15328-9f3a07c1d2b4e586", "操作记录",
              _OF_THE_VAULT),
    FormField("核验结论", "核验的结果", "链完整，与登记一致", "操作记录", _PROOFS),
    FormField("本月条数", "本月记了几条", "412", "操作记录", _SLIP, _N),
    FormField("学生人数", "登记中的学生人数", "1820", "登记",
              (ANCHOR_SLIP, DRILL_RECORD, HAND_OVER), _N),
    FormField("最近备份", "最近一次核对过的备份", "2026-11-22", "操作记录", _SLIP),
    FormField("上次锚定", "上一张锚定单的日期和序号", "2026-10-30 第14916条", "操作记录", _SLIP),
    *(
        FormField(f"{name}{half}", f"末一条校验值（{name}）的{half} 32 位", "9f3a 07c1 d2b4 e586",
                  "操作记录", _SLIP)
        for name in ("SHA256", "SM3")
        for half in ("前半", "后半")
    ),
    FormField("核对对象数", "与操作记录逐项相比的登记", "1903", "操作记录", _STATEMENT, _N),
    FormField("对照依据", "另比对了哪些链头", "密钥文件、备份 3 份", "操作记录", _STATEMENT),
    FormField("首条不符", "第一条不符的操作记录", "无", "操作记录", _STATEMENT),
    FormField("问题条数", "发现的问题", "0", "操作记录", _STATEMENT, _N),
    FormField("问题", "逐条列出的问题", "", "操作记录", _STATEMENT, _L, (
        FormField("序号", "行号，从 1 起", "1", "操作记录", _STATEMENT, _N),
        FormField("记录序号", "涉及的操作记录", "204", "操作记录", _STATEMENT),
        FormField("内容", "哪里不符", "学生 某某与最后一次操作记录不符", "操作记录", _STATEMENT),
    )),
    FormField("备份名称", "演练所用的备份", "学籍备份-20261122-170503-15316", "备份", _DRILL),
    FormField("备份时间", "备份开始的时间", "2026-11-22 17:05", "备份", _DRILL),
    FormField("影像数量", "照片和扫描件", "3641", "备份", (DRILL_RECORD, HAND_OVER), _N),
    FormField("抽查", "随机抽出的学生", "", "备份", _DRILL, _L, (
        FormField("序号", "行号，从 1 起", "1", "备份", _DRILL, _N),
        FormField("考生号", "中考考生号", "26320900000016", "备份", _DRILL),
        FormField("姓名", "姓名", "欧阳晓明", "备份", _DRILL),
        FormField("班级", "班级", "计算机2601", "备份", _DRILL),
        FormField("性别", "性别", "男", "备份", _DRILL),
        FormField("状态", "学籍状态", "在校", "备份", _DRILL),
    )),
    FormField("检查时间", "查电脑的时间", "2026-11-22 17:05", "电脑", _CHECKED_PC),
    FormField("检查结论", "各种结果各几项", "13 项：符合 9，不符合 1，查不了 3",
              "电脑", _CHECKED_PC),
    FormField("检查", "逐项的结果", "", "电脑", _CHECKED_PC, _L, (
        FormField("序号", "行号，从 1 起", "1", "电脑", _CHECKED_PC, _N),
        FormField("项目", "查的是什么", "防火墙", "电脑", _CHECKED_PC),
        FormField("结果", "符合、不符合、查不了", "符合", "电脑", _CHECKED_PC),
        FormField("说明", "查到了什么", "防火墙在工作", "电脑", _CHECKED_PC),
        FormField("依据", "从哪里查到的", "Windows 安全中心", "电脑", _CHECKED_PC),
        FormField("人工核对", "谁看过", "周学管", "电脑", _CHECKED_PC),
    )),
    FormField("移交人", "交出工作的操作员", "周学管", "操作记录", _HANDED),
    FormField("接手人", "接过工作的操作员", "钱接班", "操作记录", _HANDED),
    FormField("监交人", "在场监督交接的人", "孙校长", "操作记录", _HANDED),
    FormField("在办异动", "还没有办完的学籍异动", "3", "登记", _HANDED, _N),
    FormField("光盘张数", "登记过的归档光盘", "12", "登记", _HANDED, _N),
    FormField("经过", "交接的各步，按先后", "", "操作记录", _HANDED, _L, (
        FormField("序号", "行号，从 1 起", "1", "操作记录", _HANDED, _N),
        FormField("事项", "做了什么", "更换密钥", "操作记录", _HANDED),
        FormField("时间", "何时", "2026-11-22 17:05", "操作记录", _HANDED),
        FormField("经手人", "哪位操作员做的", "钱接班", "操作记录", _HANDED),
        FormField("内容", "要点", "新密钥 3f2a91c0", "操作记录", _HANDED),
    )),
)  # fmt: skip

_OF_CASES: Final = (
    *_of_student(_CASES),
    FormField("个案编号", "异动个案的编号", "18", "异动个案", _CASES, _N),
    FormField("异动类型", "办理哪种异动", "休学", "异动个案", _CASES),
    FormField("生效日期", "异动从哪一天起", "2026-10-08", "异动个案", _CASES, _D),
    FormField("截止日期", "有期限的到哪一天", "2027-10-07", "异动个案", _CASES, _D),
    FormField("申请日期", "书面申请的日期，没有登记就空着", "2026-10-06", "异动个案", _CASES, _D),
    FormField("原因", "申请的原因", "骨折，须静养", "异动个案", _CASES),
    FormField("转入班级", "编入的班级", "计算机2602", "异动个案", _CASES),
    FormField("转入专业", "转入的专业", "机电一体化技术", "异动个案", _CASES),
    FormField("变动前", "办理以前的状态和班级", "在校 计算机2601", "异动个案", _CASES),
    FormField("变动后", "办理以后的状态和班级", "休学 计算机2601", "异动个案", _CASES),
    FormField("原起止", "上一次休学、保留的起止", "2026-10-08 至 2027-10-07", "学籍台账", _CASES),
    FormField("原原因", "上一次休学、保留的原因", "骨折，须静养", "学籍台账", _CASES),
    FormField("依据", "办理所依据的规定", "办法第八条；41号令第二十五条", "规则", _CASES),
    FormField("批复文号", "批复的文号", "校学〔2026〕18号", "异动个案", _CASES),
    FormField("学生签字日期", "签字日期，没有登记的留空", "2026年10月6日", "异动个案", _CASES),
    FormField("家长签字日期", "签字日期，没有登记的留空", "2026年10月6日", "异动个案", _CASES),
    FormField("同意方式", "当面、书信、电话，已登记的打√", "□当面 □书信 √电话", "异动个案", _CASES),
    FormField("见证人", "电话同意时在场的人", "周敏", "异动个案", _CASES),
    FormField("材料", "规则要的、通常附的和已收的材料", "", "异动个案", _CASES, _L, _columns(
        "异动个案", _CASES,
        ("标记", "已收的打√", "√"),
        ("名称", "是什么材料", "休学原因证明"),
        ("说明", "哪些可用、是否必备", "必备，可用诊断证明等"),
    )),
    FormField("审批", "各步审批，已登记的印出意见", "", "异动个案", _CASES, _L, _columns(
        "异动个案", _CASES,
        ("步骤", "哪一步", "班主任"),
        ("意见", "已登记的意见", "同意"),
        ("审批人", "谁审批的", "周敏"),
        ("日期", "审批日期，否则留出年月日", "2026年10月9日"),
    )),
    FormField("缺项", "还缺的材料和签字", "", "异动个案", _CASES, _L, _columns(
        "异动个案", _CASES,
        ("序号", "行号，从 1 起", "1", _N),
        ("内容", "缺什么", "还缺休学原因证明（诊断证明等）"),
    )),
    FormField("缺项数", "还缺几项", "2", "异动个案", _CASES, _N),
)  # fmt: skip

_OF_CHECKS: Final = (
    FormField("核查名称", "这次核查的名称", "2026年秋季核查", "核查", (*_CHECKS, *_SUMMED)),
    *(
        FormField(label, meaning, example, "核查", _CHECKS)
        for label, meaning, example in (
            ("核查页码", "收回时登记用的页码", "HC0000017"),
            ("本班页码", "本班的第几页", "1"),
            ("本班页数", "本班共几页", "2"),
            ("系部", "所在系部", "信息工程系"),
            ("班级", "所在班级", "计算机2601"),
        )
    ),
    FormField("名单", "这一页上的学生", "", "核查", _CHECKS, _L, (
        FormField("序号", "行号，从 1 起", "1", "核查", _CHECKS, _N),
        *_of_student(_CHECKS),
        FormField("证件号后四位", "身份证号的后四位", "0019", "核查", _CHECKS),
    )),
    FormField("核查页数", "这次核查共几页", "24", "核查", _SUMMED, _N),
    FormField("收回页数", "收回了几页", "23", "核查", _SUMMED, _N),
    FormField("核查汇总", "各班一行，末行合计", "", "核查", _SUMMED, _L, _columns(
        "核查", _SUMMED,
        ("系部", "所在系部", "信息工程系"),
        ("班级", "班级", "计算机2601"),
        ("页数", "该班共几页", "2", _N),
        ("收回", "该班收回几页", "2", _N),
        ("人数", "该班各页上的人数", "45", _N),
        *((mark.value, f"{mark.value}的人数", "1", _N) for mark in CheckMark),
        ("没有收回", "没有收回的各页上的人数", "0", _N),
    )),
    FormField("没有签字人数", "没有正常签字的人数", "2", "核查", _SUMMED, _N),
    FormField("没有签字的", "没有正常签字的学生", "", "核查", _SUMMED, _L, _columns(
        "核查", _SUMMED,
        ("序号", "行号，从 1 起", "1", _N),
        ("情况", "请假、未签、流失或信息有误", "流失"),
        ("班级", "班级", "计算机2601"),
        ("学号", "学号", "260101020118"),
        ("姓名", "姓名", "欧阳晓明"),
        ("说明", "登记时写的说明", "九月起未到校"),
        ("页码", "所在页的页码", "HC0000017"),
    )),
    FormField("名单名称", "学期注册名单或未注册名单", "未注册名单", "学期注册", _ARRIVALS),
    FormField("学期", "哪个学期", "2026-2027-1", "学期注册", _ARRIVALS),
    FormField("注册人数", "名单上的人数", "12", "学期注册", _ARRIVALS, _N),
    FormField("注册名单", "名单上的学生", "", "学期注册", _ARRIVALS, _L, _columns(
        "学期注册", _ARRIVALS,
        ("序号", "行号，从 1 起", "1", _N),
        ("班级", "班级", "计算机2601"),
        ("学号", "学号，没有的是考生号", "260101020118"),
        ("姓名", "姓名", "欧阳晓明"),
        ("性别", "性别", "男"),
        ("情况", "报到、请假、缓注册、未报到或没有登记", "请假"),
        ("日期", "登记的日期", "2026-09-01", _D),
        ("原因", "请假、缓注册的原因", "住院"),
        ("备注", "过了注册期限的写逾期", "逾期"),
    )),
)  # fmt: skip

#: The whole dictionary, in the order in which it is shown.
FORM_FIELDS: Final = (
    *_OF_THE_PAPER,
    *_OF_THE_CARD,
    *_OF_ROSTERS,
    *_OF_CONDUCT,
    *_OF_PERIODS,
    *_OF_LEAVES,
    *_OF_DISCS,
    *_OF_THE_SCHOOL_ITSELF,
    *_OF_CASES,
    *_OF_CHECKS,
    *_OF_THE_RECOVERY_SHEET,
    *_OF_PROOFS,
)


_NAMED: Final = 4  # forms in one sentence


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that the dictionary does not grant to the form; `str()` tells the registrar."""

    name: str
    nearest: tuple[str, ...]  # fields of this form that read alike, best first
    elsewhere: tuple[str, ...]  # forms where the same field is known

    def __str__(self) -> str:
        if self.elsewhere:
            more = "等" if len(self.elsewhere) > _NAMED else ""
            return f"字段“{self.name}”只能用在{'、'.join(self.elsewhere[:_NAMED])}{more}上。"
        if self.nearest:
            return f"没有字段“{self.name}”，是不是“{'”“'.join(self.nearest)}”？"
        return f"没有字段“{self.name}”，请从字段表中选择。"


def fields_of(form: str) -> tuple[FormField, ...]:
    """The fields that `form` may use, in the order of the dictionary."""
    return tuple(field for field in FORM_FIELDS if form in field.forms)


def unknown_fields(paths: Iterable[str], form: str) -> list[UnknownField]:
    """The paths (FieldRef.path) of a drawn `form` that are not in its dictionary.

    Each is named once, in the order given, with the nearest ones that are.
    """
    known = [path for field in fields_of(form) for path in field.paths]
    return [
        UnknownField(
            path,
            nearest=_same_column(path, known) or tuple(get_close_matches(path, known, 3, 0.5)),
            elsewhere=tuple(other for other in FORMS if path in _paths(other)),
        )
        for path in dict.fromkeys(paths)
        if path not in known
    ]


def _same_column(path: str, known: Iterable[str]) -> tuple[str, ...]:
    """For a column of a list, the fields with its name: 监护人.姓名 -> 姓名, 家庭成员.姓名."""
    _, dot, column = path.rpartition(".")
    return tuple(other for other in known if dot and other.rpartition(".")[2] == column)[:3]


def _paths(form: str) -> set[str]:
    return {path for field in fields_of(form) for path in field.paths}
