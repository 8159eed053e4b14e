"""Invented people, the same ones in every run, with names, numbers and places of every sort."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Final

from app.models.rules.identity import check_digit

_SURNAMES: Final = (
    *"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎",
    *"单仇查区盖翟覃朴任解",  # read otherwise as surnames
    *("欧阳", "诸葛", "司马", "上官", "尉迟"),
)
_GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国文辉力志永健世广义兴良海山仁波宁贵福生龙元全"
    "胜学祥才发武新利清飞彬富顺信子昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆"
    "友裕河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰盛雄琛钧冠策腾楠"
)
#: Outside GB 2312 or the BMP, or with several readings: what old programs lose.
_RARE: Final = ("㛃", "䶮", "䓖", "𬭎", "𫖯", "𬱖", "𡐓", "𬍛", "淼", "犇", "堃", "喆", "甯", "祎")
_DOTTED: Final = (
    "古丽仙·买买提",
    "阿依古丽·吐尔逊",
    "查干·巴特尔",
    "木合塔尔·艾合买提江",
)
_COUNTIES: Final = (
    ("320102", "江苏省南京市玄武区"),
    ("320106", "江苏省南京市鼓楼区"),
    ("320311", "江苏省徐州市泉山区"),
    ("320405", "江苏省常州市"),
    ("320583", "江苏省苏州市昆山市"),
    ("320623", "江苏省南通市如东县"),
    ("320826", "江苏省淮安市涟水县"),
    ("320902", "江苏省盐城市亭湖区"),
    ("321003", "江苏省扬州市邗江区"),
    ("321283", "江苏省泰州市泰兴市"),
    ("341323", "安徽省宿州市灵璧县"),
)
_MAJORS: Final = (
    ("510201", "计算机应用技术", "信息工程系"),
    ("460301", "机电一体化技术", "机电工程系"),
    ("530302", "大数据与会计", "财经商贸系"),
)
_SCHOOLS: Final = ("城东中学", "城南初级中学", "实验学校", "第二中学", "开发区外国语学校")
_STREETS: Final = ("青年东路", "人民中路", "解放北路", "文昌西路", "幸福街", "工农巷")
_FIRST_BIRTHDAY: Final = date(2010, 9, 1)
_BIRTHDAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Person:
    """One invented student as an admission list has him; numbers are valid and his alone."""

    name: str
    sex: str
    birth_date: date
    id_number: str
    exam_number: str
    number: str
    ethnic_group: str
    political_status: str
    origin_school: str
    exam_score: str
    major_code: str
    major: str
    department: str
    address: str
    phone: str
    guardian: str
    guardian_phone: str


def people(count: int) -> list[Person]:
    """The first `count` people; a longer list begins with the same ones."""
    return list(islice(_everybody(), count))


def _everybody() -> Iterator[Person]:
    dice = random.Random(20260901)
    ordinal = 0
    while True:
        yield _person(ordinal, dice)
        ordinal += 1


def _person(ordinal: int, dice: random.Random) -> Person:
    county, place = _COUNTIES[ordinal % len(_COUNTIES)]
    day, serial = divmod(ordinal // len(_COUNTIES), 500)
    born = _FIRST_BIRTHDAY + timedelta(days=day % _BIRTHDAYS)
    male = dice.random() < 0.5
    body = f"{county}{born:%Y%m%d}{serial * 2 + male:03d}"
    surname = dice.choice(_SURNAMES)
    major_code, major, department = dice.choice(_MAJORS)
    dotted = dice.random() < 0.01
    return Person(
        name=dice.choice(_DOTTED) if dotted else surname + _given(dice),
        sex="男" if male else "女",
        birth_date=born,
        id_number=body + check_digit(body),
        exam_number=f"26{county[:4]}{ordinal:08d}",
        number=f"2601{ordinal:08d}",
        ethnic_group="维吾尔族" if dotted else dice.choice(("汉族",) * 12 + ("回族", "土家族")),
        political_status=dice.choice(("共青团员", "群众")),
        origin_school=dice.choice(_SCHOOLS),
        exam_score=f"{dice.randrange(4000, 6900) / 10:.1f}",
        major_code=major_code,
        major=major,
        department=department,
        address=f"{place}{dice.choice(_STREETS)}{dice.randrange(1, 400)}号",
        phone=f"13{dice.randrange(10**9):09d}",
        guardian=surname + _given(dice),
        guardian_phone=f"15{dice.randrange(10**9):09d}",
    )


def _given(dice: random.Random) -> str:
    given = "".join(dice.choices(_GIVEN, k=dice.choice((1, 2, 2, 2))))
    return given[:-1] + dice.choice(_RARE) if dice.random() < 0.03 else given


#: Columns of the admission list: header, and what of a person stands below it.
COLUMNS: Final = (
    ("考生号", "exam_number"),
    ("姓名", "name"),
    ("性别", "sex"),
    ("出生日期", "birth_date"),
    ("身份证号", "id_number"),
    ("民族", "ethnic_group"),
    ("政治面貌", "political_status"),
    ("毕业学校", "origin_school"),
    ("中考成绩", "exam_score"),
    ("专业代码", "major_code"),
    ("录取专业", "major"),
    ("系部", "department"),
    ("家庭住址", "address"),
    ("联系电话", "phone"),
    ("监护人", "guardian"),
    ("监护人电话", "guardian_phone"),
)
TITLE: Final = "2026年五年制高职新生录取名册"
