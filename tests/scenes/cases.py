"""学籍异动: the desk, a case that lacks something, one that is complete, the dialogs."""

from collections.abc import Callable
from datetime import date

from PySide6.QtWidgets import QWidget

from app.models.vocabulary import Kind, Signatory
from app.services.register.casework import Approved, CaseRow
from app.ui.cases.dialogs import ApprovalDialog, PapersDialog
from app.ui.cases.mass_dialog import MassDialog
from app.ui.cases.open_dialog import OpenDialog
from app.ui.cases.screen import CasesScreen
from app.ui.main_window import MainWindow
from tests.scenes.scene import Scene, settle, variants

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
    dialog = PapersDialog(prepared(window)[0].rule, (), window)
    dialog.accept()
    dialog.show()
    return dialog


def _approval(window: MainWindow) -> QWidget:
    dialog = ApprovalDialog(prepared(window)[0], window)
    dialog.show()
    return dialog


SCENES = [
    *variants(Scene("异动-缺材料", _lacking)),
    Scene("异动-可以生效", _ready),
    Scene("异动-已生效", _done),
    *variants(Scene("异动-申请表", _paper("休学申请表"))),
    Scene("异动-缺材料通知", _paper("缺材料通知")),
    Scene("异动-立案", _open),
    Scene("异动-成批", _mass),
    Scene("异动-添加材料", _papers),
    Scene("异动-审批意见", _approval),
]
