"""The pages of one student: what each tab shows of a dossier."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.models.fields import FIELD_BY_NAME
from app.models.vocabulary import Kind
from app.services.clock import today
from app.services.forms.printing import grouped as grouped_code
from app.services.register.changes import ChangeRow
from app.services.register.completeness import CARD_FIELDS
from app.services.register.conduct import PunishmentRow, RewardRow
from app.services.register.dossier import Dossier, EvidenceItem, HistoryRow, PaperRow
from app.services.register.sight import masked
from app.ui import theme
from app.ui.widgets.basic import Badge, Button, IconButton, Label, line, status_look
from app.ui.widgets.identity_edit import grouped
from app.ui.widgets.strip import Strip
from app.ui.widgets.timeline import Event, Timeline

_LABEL_WIDTH: Final = 84
_RECENT: Final = 3
#: What the first page tells, in its order; blanks are left out unless the card wants them.
_PERSON: Final = (
    "sex", "birth_date", "id_number", "id_type", "ethnic_group", "political_status",
    "former_name", "native_place", "source_place", "household_type", "household_address",
    "home_address", "postcode", "phone", "email", "health",
)  # fmt: skip
_COURSE: Final = (
    "department", "major", "class_group", "cohort", "years", "level", "study_form", "entry_date",
    "expected_graduation", "exam_number", "origin_school", "exam_score", "remark",
)  # fmt: skip
_USUAL_DOCUMENT: Final = "居民身份证"


class Page(QWidget):
    """One tab; `box` takes what stands on it from top to bottom."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, theme.px(12), theme.px(8), theme.px(12))
        self.box.setSpacing(theme.px(8))

    def heading(self, text: str) -> None:
        """A heading within the page."""
        if self.box.count():
            self.box.addSpacing(theme.px(4))
        self.box.addWidget(Label(text, "table-strong"))

    def nothing(self, text: str) -> None:
        """What belongs here, while nothing is here."""
        self.box.addWidget(Label(text, "table", "text-3", wrap=True))

    def end(self) -> None:
        """Nothing more comes."""
        self.box.addStretch()


class Facts(QWidget):
    """Labels and values in two columns; a value can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.px(8))
        self._grid.setVerticalSpacing(theme.px(7))
        self._grid.setColumnMinimumWidth(0, theme.px(_LABEL_WIDTH))
        self._grid.setColumnStretch(1, 1)
        self.values: dict[str, Label] = {}

    def add(self, label: str, value: str, *buttons: QWidget) -> Label:
        """One more line; a missing value is a dash."""
        row = self._grid.rowCount()
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(Label(label, "table", "text-2"), row, 0, top)
        shown = Label(value or "—", "table", "text" if value else "text-3", wrap=True)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        shown.setAccessibleName(f"{label}：{value or '空'}")
        self._grid.addWidget(shown, row, 1, top)
        if buttons:
            beside = QHBoxLayout()
            beside.setSpacing(theme.px(8))
            for button in buttons:
                button.setProperty("kind", "link")  # no higher than a line of text
                beside.addWidget(button)
            self._grid.addLayout(beside, row, 2, top | Qt.AlignmentFlag.AlignRight)
        self.values[label] = shown
        return shown


class BasicPage(Page):
    """基本: what is missing, the person, the course, what happened last."""

    reveal_wanted = QtSignal()
    fill_wanted = QtSignal(str)
    correct_wanted = QtSignal(str)

    def __init__(self, dossier: Dossier, *, revealed: bool, editable: bool) -> None:
        super().__init__("基本")
        self._missing = dossier.completeness.missing
        missing = dossier.completeness
        if missing.missing and editable:
            self.box.addWidget(
                Strip(
                    "triangle-alert",
                    "warn",
                    Button("去补填", kind="link", on_click=self._fill),
                    text=f"还缺 {len(missing.missing)} 项：{'、'.join(missing.labels)}",
                )
            )
        self.facts = Facts()
        values = _values(dossier)
        for name in (*_PERSON, *_COURSE):
            text = values.get(name, "")
            if not text and name not in CARD_FIELDS:
                continue
            field = FIELD_BY_NAME[name]
            buttons: list[QWidget] = []
            if name == "id_number" and text:
                text = grouped(text) if revealed else masked(text)
                buttons.append(
                    IconButton(
                        "eye-off" if revealed else "eye",
                        "遮住身份证号（F9）" if revealed else "显示身份证号（F9，记入操作记录）",
                        on_click=self.reveal_wanted.emit,
                    )
                )
            if field.key and editable and values.get(name):
                buttons.append(
                    IconButton(
                        "pencil",
                        f"变更{field.label}（须凭证明）",
                        on_click=partial(self.correct_wanted.emit, name),
                    )
                )
            self.facts.add(field.label, text, *buttons)
        self.box.addWidget(self.facts)
        if dossier.history:
            self.box.addWidget(line())
            self.heading("最近记录")
            for row in dossier.history[:_RECENT]:
                self.box.addWidget(_recent(row, revealed=revealed))
        self.end()

    def _fill(self) -> None:
        self.fill_wanted.emit(_first_typed(self._missing))


class FamilyPage(Page):
    """家庭: guardians and the résumé."""

    def __init__(self, dossier: Dossier) -> None:
        super().__init__("家庭")
        self.heading("监护人与家庭成员")
        for guardian in dossier.record.guardians:
            facts = Facts()
            facts.add(guardian.relation or "姓名", guardian.name)
            for label, value in (
                ("电话", _phone(guardian.phone or "")),
                ("工作单位", guardian.employer),
                ("政治面貌", guardian.political_status),
            ):
                if value:
                    facts.add(label, value)
            self.box.addWidget(facts)
            self.box.addWidget(line())
        if not dossier.record.guardians:
            self.nothing("还没有登记监护人。点“编辑”填写，或导入班主任的补充表。")
        self.heading("学习简历")
        facts = Facts()
        for entry in dossier.record.schooling:
            witness = f"（证明人 {entry.witness}）" if entry.witness else ""
            facts.add(entry.period, f"{entry.place}{witness}")
        if dossier.record.schooling:
            self.box.addWidget(facts)
        else:
            self.nothing("还没有登记学习简历。点“编辑”填写。")
        self.end()


class LedgerPage(Page):
    """学籍: the ledger, the newest on top."""

    def __init__(self, dossier: Dossier) -> None:
        super().__init__("学籍")
        self.timeline = Timeline("学籍台账")
        rows = list(reversed(dossier.changes))
        day = dossier.moment.as_of
        self.timeline.set_events(
            [_event(row, ahead=row.entry.effective_date > day) for row in rows]
        )
        self.box.addWidget(self.timeline)
        self.end()


class ConductPage(Page):
    """奖惩, shown only where there is any."""

    def __init__(self, rewards: Sequence[RewardRow], punishments: Sequence[PunishmentRow]) -> None:
        super().__init__("奖惩")
        for reward in rewards:
            tail = "，".join(
                filter(None, (reward.level, reward.awarded_by, reward.document_number))
            )
            self.box.addWidget(
                _entry(reward.name, f"{reward.awarded_on}", tail, struck=bool(reward.voided))
            )
        for punishment in punishments:
            words = [f"至 {punishment.until}" if punishment.until else ""]
            words.append(f"{punishment.lifted_on} 解除" if punishment.lifted_on else "")
            words.append(f"还缺：{'、'.join(punishment.lacks)}" if punishment.lacks else "")
            tail = "；".join(filter(None, words))
            self.box.addWidget(
                _entry(
                    punishment.kind.value,
                    f"{punishment.decided_on}",
                    tail,
                    struck=bool(punishment.voided),
                )
            )
        self.end()


class PapersPage(Page):
    """档案: papers printed of this student, and whether they still say what is so."""

    def __init__(self, papers: Sequence[PaperRow]) -> None:
        super().__init__("档案")
        for paper in papers:
            self.box.addWidget(_paper(paper))
        if not papers:
            self.nothing("还没有打印过这名学生的材料。打印学籍卡后，编号、时间和是否过期列在这里。")
        self.end()


class EvidencePage(Page):
    """附件: papers in evidence."""

    view_wanted = QtSignal(object)

    def __init__(self, items: Sequence[EvidenceItem]) -> None:
        super().__init__("附件")
        for item in items:
            scan = item.source_name if item.sha256 else "原件已收存（没有扫描件）"
            tail = "　".join(filter(None, (scan, item.behind)))
            button = None
            if item.sha256:
                button = Button(
                    "查看", "eye", "quiet", on_click=partial(self.view_wanted.emit, item)
                )
                button.setAccessibleName(f"查看{item.kind}")
            self.box.addWidget(_entry(item.kind, _time(item.recorded_at), tail, button=button))
        if not items:
            self.nothing("还没有证明材料。办理学籍异动或信息变更时交来的材料列在这里。")
        self.end()


class HistoryPage(Page):
    """修改记录: who, when, old → new, on what basis."""

    def __init__(self, rows: Sequence[HistoryRow], *, revealed: bool) -> None:
        super().__init__("修改记录")
        for _, together in groupby(rows, _one_deed):
            self.box.addWidget(_deed(list(together), revealed=revealed))
        if not rows:
            self.nothing("还没有修改记录。")
        self.end()


# --- pieces -------------------------------------------------------------------------------


def _values(dossier: Dossier) -> dict[str, str]:
    row = dossier.record.row
    values = {name: str(value) for name, value in row.person.items() if value not in (None, "")}
    values["phone"] = _phone(values.get("phone", ""))
    values["department"], values["major"] = row.department, row.major
    values["class_group"], values["cohort"] = row.class_group, f"{row.cohort}级"
    if values.get("id_type") == _USUAL_DOCUMENT:
        del values["id_type"]
    if values.get("years", "").isdigit():
        values["years"] = f"{values['years']} 年"
    return values


def _phone(number: str) -> str:
    """138 5521 9034."""
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]} {number[3:7]} {number[7:]}"
    return number


def _first_typed(missing: Sequence[str]) -> str:
    """The first missing field that the form has."""
    elsewhere = {"number", "class_group", "photo"}
    rows = {
        "guardian_name": "guardian_name:1",
        "guardian_phone": "guardian_phone:1",
        "schooling": "schooling_period:1",
    }
    for name in missing:
        if name not in elsewhere:
            return rows.get(name, name)
    return ""


def _one_deed(row: HistoryRow) -> tuple[object, ...]:
    """What is alike in values that were changed in one go."""
    return row.at, row.operator, row.basis, row.effective_date, None if row.is_field else row.what


def _deed(rows: Sequence[HistoryRow], *, revealed: bool) -> QWidget:
    """What was done in one go: one field, several, or something else."""
    first = rows[0]
    lines = []
    if len(rows) > 1:
        lines = [f"{row.what}：{_old_new(row, revealed=revealed)}" for row in reversed(rows)]
    elif first.is_field:
        lines = [_old_new(first, revealed=revealed)]
    if first.basis:
        lines.append(f"依据：{first.basis}" if first.is_field else first.basis)
    begins = first.effective_date
    if begins is not None and begins != first.at.astimezone().date():
        lines.append(f"自 {begins} 起")
    title = first.what if len(rows) == 1 else f"修改 {len(rows)} 栏"
    return _entry(title, f"{first.operator}　{_time(first.at)}", "\n".join(lines))


def _recent(row: HistoryRow, *, revealed: bool) -> QWidget:
    holder = QWidget()
    box = QHBoxLayout(holder)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(theme.px(8))
    day = Label(f"{row.at.astimezone():%Y-%m-%d}", "table", "text-2")
    day.setFixedWidth(theme.px(_LABEL_WIDTH))
    box.addWidget(day, alignment=Qt.AlignmentFlag.AlignTop)
    said = f"{row.what}：{_old_new(row, revealed=revealed)}" if row.is_field else row.what
    box.addWidget(Label(said, "table", wrap=True), 1)
    return holder


def _old_new(row: HistoryRow, *, revealed: bool) -> str:
    old, new = row.old or "空", row.new or "空"
    if row.key_number and not revealed:
        old, new = masked(row.old) or "空", masked(row.new) or "空"
    return f"{old} → {new}"


def _entry(
    title: str,
    when: str,
    tail: str = "",
    *,
    badge: Badge | None = None,
    button: Button | None = None,
    struck: bool = False,
) -> QWidget:
    """One thing in a list: what, when, particulars below, a line under it."""
    holder = QWidget()
    box = QVBoxLayout(holder)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(theme.px(3))
    head = QHBoxLayout()
    head.setSpacing(theme.px(8))
    shown = f"{title}（已作废）" if struck else title
    name = Label(shown, "table-strong", "text-3" if struck else "text", wrap=badge is None)
    head.addWidget(name, badge is None)
    if badge is not None:
        head.addWidget(badge)
        head.addStretch()
    head.addWidget(Label(when, "small", "text-2"), alignment=Qt.AlignmentFlag.AlignTop)
    if button is not None:
        head.addWidget(button)
    box.addLayout(head)
    if tail:
        said = Label(tail, "table", "text-2", wrap=True)
        said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box.addWidget(said)
    box.addSpacing(theme.px(4))
    box.addWidget(line())
    return holder


def _paper(paper: PaperRow) -> QWidget:
    """One printed paper, and whether it still says what is so."""
    if paper.current is None:
        badge = Badge("自定表样，无从比较", "neutral")
    elif paper.current:
        badge = Badge("与登记一致", "ok", "●")
    else:
        badge = Badge("已过期，需重印", "warn", "▲")
    kind = "打印" if paper.format == "pdf" else "电子表格"
    tail = f"校验码 {grouped_code(paper.code)}　{kind}　{paper.operator}"
    return _entry(paper.form, _time(paper.printed_at), tail, badge=badge)


def _time(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _event(row: ChangeRow, *, ahead: bool) -> Event:
    """One ledger entry: from → to, what it rests on."""
    entry = row.entry
    lines = []
    for before, after, label in (
        (entry.from_major, entry.to_major, "专业"),
        (entry.from_class, entry.to_class, "班级"),
        (
            entry.from_status.value if entry.from_status else "",
            entry.to_status.value if entry.to_status else "",
            "状态",
        ),
    ):
        if after and after != before:
            lines.append(f"{label}：{before} → {after}" if before else f"{label}：{after}")
    if entry.until:
        lines.append(f"至 {entry.until}")
    if entry.reason:
        lines.append(entry.reason)
    if row.evidence:
        lines.append("材料：" + "、".join(dict.fromkeys(paper.kind for paper in row.evidence)))
    if row.signed:
        lines.append("签字：" + "、".join(word.value for word in row.signed))
    lines += row.notes
    tone, mark = status_look(entry.to_status) if entry.to_status else ("neutral", "●")
    if entry.kind is Kind.REVERSAL:
        tone, mark = "danger", "×"
    return Event(
        when=f"{entry.effective_date}",
        title=entry.kind.value,
        tone=tone,
        mark=mark,
        lines=tuple(lines),
        struck=entry.reversed,
        ahead=ahead or entry.effective_date > today(),
    )
