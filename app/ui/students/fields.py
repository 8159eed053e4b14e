"""The fields of the student form, described once for entering and editing."""

from collections.abc import Callable, Mapping

from app.models.fields import FIELD_BY_NAME
from app.services.choices import (
    Choices,
    document_types,
    ethnic_groups,
    health_states,
    household_types,
    political_statuses,
    relations,
    sexes,
)
from app.services.register.editing import Places
from app.services.standards import Standards
from app.ui.widgets.choice_edit import ChoiceEditor
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.editors import Editor, LineEditor, NoteEditor
from app.ui.widgets.form import FieldOf, SectionOf
from app.ui.widgets.identity_edit import IdentityEditor, MaskedNumber

#: How a new student begins.
REGISTERED, ADMITTED = "录取并注册（在校）", "仅录取（等待报到）"
#: What 连续新增 keeps from one record to the next.
KEPT = ("entry_year", "beginning", "major", "class_group", "entry_date", "expected_graduation")

_GUARDIANS = 3
_SCHOOLING = 4
_LENGTHS = {"phone": 40, "postcode": 6, "email": 80, "exam_number": 20, "name": 60, "years": 5}


class Describer:
    """Makes the sections; keeps the lists of choices, which are read once."""

    def __init__(self, standards: Standards) -> None:
        self._choices: dict[str, Choices] = {
            "ethnic_group": ethnic_groups(standards),
            "political_status": political_statuses(standards),
            "sex": sexes(),
            "health": health_states(standards),
            "household_type": household_types(standards),
            "id_type": document_types(standards),
            "relation": relations(standards),
        }

    def sections(
        self, values: Mapping[str, str], *, new: bool, places: Places | None = None
    ) -> list[SectionOf]:
        """The whole form; key fields that hold a value are locked in an existing record."""
        found = []
        if new and places is not None:
            found.append(SectionOf("入学", self._entrance(places), 4))

        def field(name: str, span: int = 1, *, required: bool = False, hint: str = "") -> FieldOf:
            known = FIELD_BY_NAME[name]
            locked = known.key and not new and bool(values.get(name))
            label = known.label
            hidden = locked and name == "id_number"
            make = MaskedNumber if hidden else self._maker(name)
            return FieldOf(name, label, make, span, locked, hint, required)

        found.append(
            SectionOf(
                "基本信息",
                [
                    field("name", required=new),
                    field("id_type"),
                    field("id_number"),
                    field("sex"),
                    field("birth_date"),
                    field("ethnic_group"),
                    field("political_status"),
                    field("former_name"),
                    FieldOf(
                        "reading", "姓名读音", LineEditor, hint="" if new else "如 shan xiao ming"
                    ),
                    field("phone"),
                    field("email"),
                    field("health"),
                ],
            )
        )
        found.append(
            SectionOf(
                "籍贯与住址",
                [
                    field("native_place"),
                    field("source_place"),
                    field("household_type"),
                    field("household_address", 3),
                    field("home_address", 2),
                    field("postcode"),
                ],
            )
        )
        found.append(
            SectionOf(
                "升学与学制",
                [
                    field("exam_number"),
                    field("origin_school"),
                    field("exam_score"),
                    field("level"),
                    field("study_form"),
                    field("years"),
                    field("entry_date"),
                    field("expected_graduation"),
                ],
            )
        )
        found += self._belongings(values)
        found.append(SectionOf("备注", [field("remark", 3)]))
        return found

    def _entrance(self, places: Places) -> list[FieldOf]:
        years = Choices.of("年级", [str(year) for year in places.cohorts], strict=False)
        majors = Choices.of("专业", [major.name for major in places.majors], strict=False)
        classes = class_choices(places)
        beginnings = Choices.of("办理方式", (REGISTERED, ADMITTED))
        return [
            FieldOf("entry_year", "入学年份", _chooser(years), required=True),
            FieldOf("major", "专业", _chooser(majors), required=True),
            FieldOf("class_group", "班级", _chooser(classes), hint="可以留空，以后分班"),
            FieldOf("beginning", "办理方式", _chooser(beginnings)),
        ]

    def _belongings(self, values: Mapping[str, str]) -> list[SectionOf]:
        political, relation = self._choices["political_status"], self._choices["relation"]
        family: list[FieldOf] = []
        for place in range(1, max(_GUARDIANS, _last(values, "guardian_")) + 1):
            family += [
                FieldOf(f"guardian_name:{place}", f"姓名（{place}）"),
                FieldOf(f"guardian_relation:{place}", "与学生关系", _chooser(relation)),
                FieldOf(f"guardian_phone:{place}", "电话"),
                FieldOf(f"guardian_employer:{place}", "工作单位"),
                FieldOf(f"guardian_political_status:{place}", "政治面貌", _chooser(political)),
            ]
        lines: list[FieldOf] = []
        for place in range(1, max(_SCHOOLING, _last(values, "schooling_") + 1) + 1):
            lines += [
                FieldOf(f"schooling_period:{place}", f"起止年月（{place}）"),
                FieldOf(f"schooling_place:{place}", "学习单位", span=2),
                FieldOf(f"schooling_witness:{place}", "证明人"),
            ]
        return [SectionOf("监护人与家庭成员", family, 5), SectionOf("学习简历", lines, 4)]

    def _maker(self, name: str) -> Callable[[str], Editor]:
        if name in self._choices:
            return _chooser(self._choices[name])
        if name in {"birth_date", "entry_date", "expected_graduation"}:
            return DateEditor
        if name == "id_number":
            return IdentityEditor
        if name == "remark":
            return NoteEditor
        length = _LENGTHS.get(name, 100)
        return lambda label: LineEditor(label, length)


def class_choices(places: Places, year: int | None = None, major: str = "") -> Choices:
    """The classes of a year of entry and a major, all where neither is said."""
    names = (
        group.name
        for group in places.classes
        if year in {None, group.cohort} and (not major or group.major in {"", major})
    )
    return Choices.of("班级", dict.fromkeys(names))


def _chooser(choices: Choices) -> Callable[[str], Editor]:
    return lambda label: ChoiceEditor(label, choices)


def _last(values: Mapping[str, str], kind: str) -> int:
    """The place of the last row of a kind."""
    return max((int(name.partition(":")[2]) for name in values if name.startswith(kind)), default=0)
