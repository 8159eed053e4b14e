"""学籍异动: the desk, a case that lacks something, one that is complete, the dialogs."""

from collections.abc import Callable
from datetime import date
from typing import Any

from PySide6.QtWidgets import QWidget

from app.models.vocabulary import Kind, PunishmentKind, ServiceWay, Signatory
from app.services.register.casework import Approved, CaseRow
from app.ui.cases.deed import DeedDialog
from app.ui.cases.dialogs import ApprovalDialog, PapersDialog, paper_words
from app.ui.cases.mass_dialog import MassDialog
from app.ui.cases.matters import MattersPage
from app.ui.cases.open_dialog import OpenDialog
from app.ui.cases.screen import CasesScreen
from app.ui.main_window import MainWindow
from tests.scenes.scene import Scene, at_a_glance, settle, variants

DAY = date(2026, 9, 7)


def prepared(window: MainWindow) -> list[CaseRow]:
    """Cases at several steps, made once."""
    assert window.frame is not None
    desk = window.frame.shell.desk
    rows = desk.cases.rows(desk.actor)
    if rows:
        return rows
    people = desk.finder.find("zh")
    both = frozenset(Signatory)
    desk.cases.open(
        desk.actor, people[0].id, Kind.SUSPENSION, DAY, reason="因病休养", applied_on=DAY,
        signed=frozenset({Signatory.STUDENT}),
    )  # fmt: skip
    ready = desk.cases.open(
        desk.actor, people[1].id, Kind.SUSPENSION, DAY, reason="因病休养", applied_on=DAY,
        signed=both, evidence=[(None, "诊断证明")],
    )  # fmt: skip
    desk.cases.approve(desk.actor, ready.id, Approved("班主任", "周敏", DAY, opinion="情况属实"))
    done = desk.cases.open(
        desk.actor, people[2].id, Kind.WITHDRAWAL, DAY, reason="随父母迁居外省", applied_on=DAY,
        signed=both, evidence=[(None, "退学申请")],
    )  # fmt: skip
    if not done.lacks:
        desk.cases.effect(desk.actor, done.id)
    return desk.cases.rows(desk.actor)


def _show(window: MainWindow, index: int) -> None:
    assert window.frame is not None
    rows = prepared(window)
    window.frame.show_screen("cases", {"case": rows[min(index, len(rows) - 1)].id})


def _lacking(window: MainWindow) -> QWidget | None:
    _show(window, 0)
    return None


def _ready(window: MainWindow) -> QWidget | None:
    _show(window, 1)
    return None


def _done(window: MainWindow) -> QWidget | None:
    _show(window, 2)
    return None


def _paper(name: str) -> Callable[[MainWindow], QWidget | None]:
    def prepare(window: MainWindow) -> QWidget | None:
        _show(window, 0)
        settle(window)
        assert window.frame is not None
        screen = window.frame.current
        assert isinstance(screen, CasesScreen)
        screen.show_paper(name)
        return None

    return prepare


def _open(window: MainWindow) -> QWidget:
    assert window.frame is not None
    shell = window.frame.shell
    desk = shell.desk
    dialog = OpenDialog(
        shell, desk.establishment.classes(), desk.establishment.majors(),
        desk.rulebook.book(desk.actor),
    )  # fmt: skip
    dialog.person.set_person(desk.finder.find("zh")[3])
    dialog.show()
    settle(window)
    return dialog


def _mass(window: MainWindow) -> QWidget:
    assert window.frame is not None
    prepared(window)
    shell = window.frame.shell
    desk = shell.desk
    people = [hit.id for hit in desk.finder.find("zh")[:7]]
    dialog = MassDialog(
        shell, people, desk.establishment.classes(), desk.establishment.majors(),
        desk.rulebook.book(desk.actor),
    )  # fmt: skip
    dialog.kind.setCurrentText(Kind.SUSPENSION.value)
    dialog.reason.setText("疫情期间集中休养")
    dialog.paper.setCurrentText("诊断证明")
    for tick in dialog.signed.values():
        tick.setChecked(True)
    dialog.show()
    dialog.preview()
    settle(window)
    return dialog


def _papers(window: MainWindow) -> QWidget:
    assert window.frame is not None
    dialog = PapersDialog(
        window.frame.shell.preferences, paper_words(prepared(window)[0].rule), (), window
    )
    dialog.accept()
    dialog.show()
    return dialog


def _approval(window: MainWindow) -> QWidget:
    dialog = ApprovalDialog(prepared(window)[0], window)
    dialog.show()
    return dialog


def _matters(window: MainWindow, name: str) -> MattersPage[Any]:
    """One of each kind of matter, made once; the page of that name."""
    assert window.frame is not None
    desk = window.frame.shell.desk
    prepared(window)
    people = desk.finder.find("zh")
    if not desk.conduct.punishments(desk.actor):
        row = desk.conduct.punish(
            desk.actor, people[4].id, PunishmentKind.DEMERIT, facts="连续旷课 30 节，经教育不改",
            decided_on=date(2026, 9, 3), told_on=date(2026, 9, 1), basis="学生手册第 12 条",
            decided_by="校长办公会", document_number="学发〔2026〕8 号",
        )  # fmt: skip
        row = desk.conduct.serve(desk.actor, row.id, on=DAY, how=ServiceWay.IN_PERSON)
        row = desk.conduct.post(desk.actor, row.id, "XA32117", on=DAY, addressee="家长")
        desk.conduct.returned(desk.actor, row.letters[0].id, on=DAY, reason="地址不详")
        desk.conduct.reward(
            desk.actor, people[5].id, "三好学生", awarded_on=DAY, level="校级", awarded_by="学校"
        )
        desk.applications.open(
            desk.actor, people[5].id, "补办学生证", content="学生证遗失，申请补办", applied_on=DAY,
            signed=frozenset({Signatory.STUDENT}),
        )  # fmt: skip
        desk.problems.enter(
            desk.actor, "计算机2601 名册上少一人", found_by="周敏", found_on=date(2026, 9, 2),
            due_on=date(2026, 9, 5),
        )  # fmt: skip
    window.frame.show_screen("cases", {"page": name})
    settle(window)
    screen = window.frame.current
    assert isinstance(screen, CasesScreen)
    assert screen.matters is not None
    return screen.matters


def _page(name: str) -> Callable[[MainWindow], QWidget | None]:
    def prepare(window: MainWindow) -> QWidget | None:
        page = _matters(window, name)
        page.view.setCurrentIndex(page.view.count() - 1)
        page.view.activated.emit(0)
        return None

    return prepare


def _deed(window: MainWindow) -> QWidget:
    page = _matters(window, "处分")
    page.begin(page.rows[0].student_id)
    settle(window)
    (dialog,) = window.findChildren(DeedDialog)
    dialog.accept()
    return dialog


SCENES = [
    *variants(Scene("异动-缺材料", _lacking)),
    Scene("异动-可以生效", _ready),
    Scene("异动-已生效", _done),
    *variants(Scene("异动-申请表", _paper("休学申请表"))),
    Scene("异动-缺材料通知", _paper("缺材料通知")),
    *at_a_glance(Scene("异动-立案", _open)),
    *at_a_glance(Scene("异动-成批", _mass)),
    Scene("异动-添加材料", _papers),
    Scene("异动-审批意见", _approval),
    *variants(Scene("异动-处分", _page("处分"))),
    *(
        scene
        for name in ("休学和保留", "书面申请", "奖励", "问题记录", "误建记录")
        for scene in at_a_glance(Scene(f"异动-{name}", _page(name)))
    ),
    Scene("异动-登记处分", _deed),
]
