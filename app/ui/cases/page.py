"""One case as a page: where it is, what it lacks, what it rests on, what will happen."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.models.vocabulary import CaseStep, Role, Signatory
from app.services.forms.applications import DECISION_FORM, form_of
from app.services.forms.casepapers import missing
from app.services.forms.fields import MISSING_NOTICE
from app.services.register.casework import CaseRow
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from app.ui import theme
from app.ui.cases import dialogs
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Button, Card, Label, Picture, clear, line
from app.ui.widgets.steps import StepRail

_RAIL: Final = (
    CaseStep.APPLICATION,
    CaseStep.PAPERS,
    CaseStep.APPROVAL,
    CaseStep.EFFECT,
    CaseStep.REPORT,
    CaseStep.FILING,
)


class CasePage(QFrame):
    """Shows a case and does what can be done with it at its step.

    `wanted` carries the name of a paper of the case that is to be printed.
    """

    wanted = QtSignal(str)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.setAccessibleName("异动个案")
        self.setAcceptDrops(True)
        self._shell = shell
        self.case: CaseRow | None = None
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar = QHBoxLayout()
        self._bar.setContentsMargins(theme.px(16), theme.px(8), theme.px(16), theme.px(12))
        self._bar.setSpacing(theme.px(8))
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)
        box.setSpacing(0)
        box.addWidget(self._area, 1)
        box.addWidget(line())
        box.addLayout(self._bar)

    def show_case(self, case: CaseRow | None) -> None:
        """Show this case; None clears the page."""
        self.case = case
        clear(self._bar)
        page = QWidget()
        self._area.setWidget(page)
        if case is None:
            return
        box = QVBoxLayout(page)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(14))
        box.addLayout(self._head(case))
        if case.step in _RAIL:
            rail = StepRail([step.value for step in _RAIL])
            rail.set_current(_RAIL.index(case.step))
            box.addWidget(rail)
        box.addWidget(self._verdict(case))
        box.addLayout(self._facts(case))
        box.addWidget(self._papers(case))
        if case.rule.signed:
            box.addWidget(self._signatures(case))
        box.addWidget(self._approvals(case))
        if case.rules:
            box.addWidget(self._rules(case))
        box.addStretch()
        self._fill_bar(case)

    # --- parts ----------------------------------------------------------------------------

    def _head(self, case: CaseRow) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(Label(case.name, "title"))
        row.addWidget(Label(f"{case.number or '无学号'}　{case.class_group}", "table", "text-2"))
        row.addWidget(Badge(case.kind.value, "info"))
        row.addStretch()
        open_person = Button("看档案", "user", "quiet")
        student = case.student_id
        open_person.clicked.connect(lambda: self._shell.go("students", student=student))
        row.addWidget(open_person)
        return row

    def _verdict(self, case: CaseRow) -> QWidget:
        """What is missing, or that nothing is."""
        card = Card(margin=12)
        card.box.setSpacing(theme.px(6))
        if case.step is CaseStep.WITHDRAWN:
            said, sign, tint = f"已撤回。{case.withdrawn_reason}", "ban", "neutral"
        elif case.entry_id is not None:
            said, sign, tint = f"已生效，台账编号 {case.entry_id}。", "circle-check", "ok"
        elif not case.lacks:
            said, sign, tint = "材料和签字齐全，可以生效。", "circle-check", "ok"
        else:
            said, sign, tint = (
                f"还缺 {len(case.lacks)} 项，齐了才能生效：",
                "triangle-alert",
                "warn",
            )
        row = QHBoxLayout()
        row.addWidget(Picture(sign, tint))
        row.addWidget(Label(said, "strong", tint, wrap=True), 1)
        card.box.addLayout(row)
        for lack in case.lacks:
            card.box.addWidget(Label(f"· {lack.text}", wrap=True))
        for note in case.notes:
            card.box.addWidget(Label(f"▲ {note}", "table", "warn", wrap=True))
        return card

    def _facts(self, case: CaseRow) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(20))
        form.setVerticalSpacing(theme.px(8))
        until = f" 至 {case.until}" if case.until else " 起"
        facts = [("生效日期", f"{case.effective_date}{until}")]
        facts += [
            (difference.label, f"{difference.before or '（无）'} → {difference.after or '（无）'}")
            for difference in case.differences
        ]
        facts.append(("原因", case.reason or "（没有写）"))
        facts.append(("会发生什么", consequence(case)))
        if case.report_by:
            facts.append(("上报期限", str(case.report_by)))
        if case.reported_on:
            facts.append(("上报", f"{case.reported_on}　回执 {case.receipt}"))
        if case.filed_on:
            facts.append(("归档", f"{case.filed_on}　{case.filed_place}"))
        facts.append(("录入", f"{case.opened_by}　{case.opened_at.astimezone():%Y-%m-%d %H:%M}"))
        if case.reviewed_at:
            when = f"{case.reviewed_at.astimezone():%Y-%m-%d %H:%M}"
            facts.append(("审核", f"{case.reviewed_by}　{when}"))
        for label, value in facts:
            form.addRow(Label(label, "table", "text-2"), Label(value, wrap=True))
        return form

    def _papers(self, case: CaseRow) -> QWidget:
        card = Card("材料", margin=14)
        demanded = dialogs.demanded(case.rule)
        hint = f"须有：{demanded}。" if demanded else "这种异动没有必须的证明。"
        usual = f"通常还附：{'、'.join(case.rule.usual)}。" if case.rule.usual else ""
        card.box.addWidget(Label(hint + usual, "table", "text-2", wrap=True))
        for paper in case.evidence:
            row = QHBoxLayout()
            row.addWidget(Picture("file-check", "ok", 16))
            row.addWidget(Label(paper.kind))
            held = paper.source_name if paper.sha256 else "原件已收（纸质）"
            row.addWidget(Label(held, "table", "text-2"))
            row.addStretch()
            card.box.addLayout(row)
        if case.open:
            row = QHBoxLayout()
            row.addWidget(Button("添加材料", "upload", on_click=lambda: self.add_papers(())))
            row.addWidget(Label("也可以把扫描件拖到这一页上", "table", "text-3"))
            row.addStretch()
            card.box.addLayout(row)
        return card

    def _signatures(self, case: CaseRow) -> QWidget:
        card = Card("书面申请的签字", margin=14)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(16))
        grid.setColumnStretch(1, 1)
        signed = {one.signatory: one for one in case.signed}
        for number, who in enumerate(Signatory):
            grid.addWidget(Label(f"{who.value}签字"), number, 0)
            one = signed.get(who)
            if one is not None:
                day = f"{one.signed_on}" if one.signed_on else "（没有写日期）"
                grid.addWidget(Badge(f"已签 {day}", "ok", "●"), number, 1)
            elif case.open:
                button = Button("登记签字", "pen-line")
                button.setAccessibleName(f"登记{who.value}签字")
                button.clicked.connect(lambda _=False, who=who: self.sign(who))
                grid.addWidget(button, number, 2, Qt.AlignmentFlag.AlignRight)
                grid.addWidget(Badge("未签", "warn", "▲"), number, 1)
        card.box.addLayout(grid)
        return card

    def _approvals(self, case: CaseRow) -> QWidget:
        card = Card("审批", margin=14)
        for one in case.approvals:
            row = QHBoxLayout()
            row.addWidget(Label(one.step, "strong"))
            row.addWidget(Label(one.person))
            row.addWidget(Badge("同意", "ok") if one.agreed else Badge("不同意", "danger"))
            row.addWidget(
                Label(f"{one.decided_on}　{one.opinion}", "table", "text-2", wrap=True), 1
            )
            card.box.addLayout(row)
        if not case.approvals:
            card.box.addWidget(Label("还没有登记审批意见。", "table", "text-2"))
        if case.open:
            button = Button("登记审批意见", "stamp", on_click=self.approve)
            card.box.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
        return card

    def _rules(self, case: CaseRow) -> QWidget:
        card = Card("依据的规则", margin=14)
        for rule in case.rules:
            confirmed = "" if rule.confirmed else "（学校尚未确认）"
            text = f"{rule.name}：{rule.value}{rule.unit if rule.value.isdecimal() else ''}"
            card.box.addWidget(
                Label(f"{text}　{rule.source}{confirmed}", "table", "text-2", wrap=True)
            )
        return card

    # --- what can be done -----------------------------------------------------------------

    def _fill_bar(self, case: CaseRow) -> None:
        before = case.entry_id is None and case.step is not CaseStep.WITHDRAWN
        if before:
            effect = Button("生效", "check", "primary", on_click=self.effect)
            effect.setEnabled(not case.lacks)
            missing = "；".join(lack.text for lack in case.lacks)
            effect.setToolTip(f"还不能生效：{missing}" if missing else "写入学籍台账")
            self._bar.addWidget(effect)
            self._bar.addWidget(Button("修改", "pencil", on_click=self.amend))
        if case.reviewed_at is None and case.step is not CaseStep.WITHDRAWN:
            review = Button("审核通过", "shield-check", on_click=self.review)
            own = case.opened_by == self._actor.name
            review.setEnabled(not own and Role.REVIEW in self._actor.roles)
            review.setToolTip("自己录入的须由另一人审核" if own else "需要“审核”角色")
            self._bar.addWidget(review)
        if case.step is CaseStep.REPORT:
            self._bar.addWidget(Button("登记上报", "send", "primary", on_click=self.report))
        if case.step is CaseStep.FILING:
            self._bar.addWidget(Button("登记归档", "archive", "primary", on_click=self.file))
        self._bar.addStretch()
        self._fill_papers(case, before=before)
        if before:
            self._bar.addWidget(Button("撤回", "undo-2", on_click=self.withdraw))
        if case.entry_id is not None and case.step is not CaseStep.WITHDRAWN:
            self._bar.addWidget(Button("冲正", "undo-2", "danger", on_click=self.reverse))

    def _fill_papers(self, case: CaseRow, *, before: bool) -> None:
        form = form_of(case.kind)
        paper = Button("打印审批表" if form == DECISION_FORM else "打印申请表", "printer")
        paper.setToolTip(f"{form}：已登记的印上，没有登记的留空（Ctrl+P）")
        paper.clicked.connect(lambda: self.wanted.emit(form))
        self._bar.addWidget(paper)
        if before and missing(case):
            notice = Button("缺材料通知", "mail")
            notice.setToolTip(f"还缺 {len(missing(case))} 项材料和签字，打成通知交学生和家长")
            notice.clicked.connect(lambda: self.wanted.emit(MISSING_NOTICE))
            self._bar.addWidget(notice)

    def add_papers(self, files: Sequence[Path]) -> None:
        """Take in scans, or note that the original is filed."""
        if (case := self.case) is None:
            return
        given = dialogs.ask_papers(self, case, files)
        if given:
            self._do("添加材料", lambda: self._desk.cases.add(self._actor, case.id, evidence=given))

    def sign(self, who: Signatory) -> None:
        """Note a signature under the application."""
        if (case := self.case) is None:
            return
        day = dialogs.ask_day(self, f"登记{who.value}签字", "签字日期", "登记")
        if day is not None:
            self._do(
                "登记签字",
                lambda: self._desk.cases.add(
                    self._actor, case.id, signed=frozenset({who}), signed_on=day
                ),
            )

    def approve(self) -> None:
        """Note an opinion as it stands on paper."""
        if (case := self.case) is None:
            return
        given = dialogs.ask_approval(self, case)
        if given is not None:
            self._do("登记审批", lambda: self._desk.cases.approve(self._actor, case.id, given))

    def review(self) -> None:
        """审核 by whoever did not enter it."""
        if (case := self.case) is not None:
            self._do("审核", lambda: self._desk.cases.review(self._actor, case.id))

    def effect(self) -> None:
        """Write it into the ledger."""
        if (case := self.case) is None:
            return
        if self._shell.ask(
            f"让{case.name}的“{case.kind.value}”生效？", consequence(case), yes="生效"
        ):
            self._do("异动生效", lambda: self._desk.cases.effect(self._actor, case.id))

    def amend(self) -> None:
        """Change what the case asks for."""
        if (case := self.case) is None:
            return
        wish = dialogs.ask_wish(self, case)
        if wish is not None:
            self._do(
                "修改个案",
                lambda: self._desk.cases.amend(
                    self._actor, case.id, on=wish.on, until=wish.until, to_class=wish.to_class,
                    to_major=wish.to_major, reason=wish.reason,
                ),
            )  # fmt: skip

    def report(self) -> None:
        """Note that it was reported."""
        if (case := self.case) is None:
            return
        said = dialogs.ask_report(self, case)
        if said is not None:
            day, receipt, number = said
            self._do(
                "登记上报",
                lambda: self._desk.cases.report(
                    self._actor, case.id, on=day, receipt=receipt, document_number=number
                ),
            )

    def file(self) -> None:
        """Note where the papers lie."""
        if (case := self.case) is None:
            return
        said = dialogs.ask_place(self)
        if said is not None:
            day, place = said
            self._do(
                "登记归档", lambda: self._desk.cases.file(self._actor, case.id, on=day, place=place)
            )

    def withdraw(self) -> None:
        """Close a case that has not taken effect."""
        if (case := self.case) is None:
            return
        reason = dialogs.ask_reason(self, f"撤回{case.name}的“{case.kind.value}”", "撤回")
        if reason:
            self._do(
                "撤回个案", lambda: self._desk.cases.withdraw(self._actor, case.id, reason=reason)
            )

    def reverse(self) -> None:
        """冲正 of the entry that the case made."""
        case = self.case
        if case is None or case.entry_id is None:
            return
        entry = case.entry_id
        title = f"冲正{case.name}的“{case.kind.value}”（编号 {entry}）"
        reason = dialogs.ask_reason(self, title, "冲正", danger=True)
        if reason:
            student = case.student_id
            self._do(
                "冲正",
                lambda: self._desk.changes.reverse(self._actor, student, entry, reason=reason),
            )

    @property
    def _desk(self) -> Workstation:
        return self._shell.desk

    @property
    def _actor(self) -> Actor:
        return self._shell.desk.actor

    def _do(self, title: str, work: Callable[[], object]) -> None:
        self._shell.run(work, title, lambda _: self._shell.say(f"{title}：已记下"))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.case is not None and self.case.open and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add_papers([Path(url.toLocalFile()) for url in event.mimeData().urls()])


def consequence(case: CaseRow) -> str:
    """What taking effect does, in words."""
    moved = {difference.label: difference for difference in case.differences}
    said = [f"学籍台账增加一条“{case.kind.value}”，自 {case.effective_date} 起"]
    if status := moved.get("学籍状态"):
        said.append(f"学籍状态由“{status.before}”变为“{status.after}”")
    if group := moved.get("班级"):
        said.append(f"名册上由“{group.before or '未分班'}”移到“{group.after or '未分班'}”")
    if major := moved.get("专业"):
        said.append(f"专业由“{major.before}”变为“{major.after}”")
    if case.until:
        said.append(f"到 {case.until} 期满，届时提醒")
    return "，".join(said) + "。已打印的学籍卡要补记或换页。"
