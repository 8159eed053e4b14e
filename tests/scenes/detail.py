"""One student: the pane beside the list standing alone, the form, 信息变更, the crop."""

from collections.abc import Callable
from datetime import date

from PySide6.QtWidgets import QApplication, QWidget

from app.models.vocabulary import PunishmentKind
from app.services.office.drafts import DraftRow
from app.services.register.ledger import Moment
from app.ui.main_window import MainWindow
from app.ui.students.correction import CorrectionSheet
from app.ui.students.crop import CropSheet
from app.ui.students.detail import StudentDetail
from app.ui.students.form import DRAFT, StudentForm
from app.ui.widgets.basic import Button
from app.ui.widgets.scan_sheet import ScanSheet
from tests.scans import pdf
from tests.scenes.scene import Scene, settle, variants
from tests.scenes.students import students_screen


class _Form(StudentForm):
    """Closed after the picture without a question."""

    def may_leave(self) -> bool:
        return True


#: Whoever of the demonstration is shown.
WHO = 3


def _opened(window: MainWindow, student: int | None = None) -> StudentForm:
    assert window.frame is not None
    form = _Form(window.frame.shell, window.frame, student)
    form.open()
    settle(window)
    return form


def _new_form(window: MainWindow) -> QWidget:
    return _opened(window)


def _faulty_form(window: MainWindow) -> QWidget:
    form = _opened(window)
    assert form.form is not None
    form.form.put(
        {
            "name": "单晓明",
            "id_number": "46030320110305501",
            "ethnic_group": "汗族",
            "birth_date": "11.3.5",
            "phone": "138",
        }
    )
    form.save()
    return form


def _edit_form(window: MainWindow) -> QWidget:
    form = _opened(window, WHO)
    assert form.form is not None
    form.form.put({"phone": "13800000000", "native_place": "江苏南京"})
    return form


def _left_draft(window: MainWindow) -> DraftRow:
    """What somebody left half typed."""
    assert window.frame is not None
    desk = window.frame.shell.desk
    values = {"phone": "13800000000", "native_place": "江苏南京"}
    desk.drafts.save(desk.actor, DRAFT, values, subject=str(WHO), title="沈远宇")
    draft = desk.drafts.find(desk.actor, DRAFT, subject=str(WHO))
    assert draft is not None
    return draft


def _offered_draft(window: MainWindow) -> QWidget:
    draft = _left_draft(window)
    form = _opened(window, WHO)
    assert window.frame is not None
    desk = window.frame.shell.desk
    desk.drafts.discard(desk.actor, draft.form, subject=draft.subject)
    return form


def _resumed_draft(window: MainWindow) -> QWidget:
    form = _offered_draft(window)
    assert isinstance(form, StudentForm)
    next(b for b in form.draft_bar.findChildren(Button) if b.text() == "继续").click()
    return form


def _family_form(window: MainWindow) -> QWidget:
    prepared(window)
    form = _opened(window, WHO)
    assert form.form is not None
    form.form.focus("schooling_witness:2")
    return form


def prepared(window: MainWindow) -> None:
    """Something on every tab, entered once."""
    assert window.frame is not None
    desk = window.frame.shell.desk
    if desk.conduct.rewards(desk.actor, WHO):
        return
    family = {
        "guardian_name:1": "沈桂兰", "guardian_relation:1": "母亲",
        "guardian_phone:1": "13851230000", "guardian_employer:1": "盐城市第三人民医院",
        "guardian_name:2": "沈国强", "guardian_relation:2": "父亲",
        "guardian_phone:2": "13851230001", "schooling_period:1": "2017.09—2023.06",
        "schooling_place:1": "盐城市实验小学", "schooling_witness:1": "周敏",
        "schooling_period:2": "2023.09—2026.06", "schooling_place:2": "盐城市初级中学",
    }  # fmt: skip
    desk.editing.edit(desk.actor, WHO, family)
    desk.corrections.correct(
        desk.actor, WHO, {"民族": "回族"}, basis="户籍证明〔2026〕18 号",
        evidence=[(None, "户籍证明")],
    )  # fmt: skip
    desk.conduct.reward(
        desk.actor, WHO, "三好学生", awarded_on=date(2026, 9, 8), level="校级",
        awarded_by="学生工作处", document_number="院学〔2026〕5 号",
    )  # fmt: skip
    desk.conduct.punish(
        desk.actor, WHO, PunishmentKind.WARNING, facts="旷课", decided_on=date(2026, 9, 9)
    )


def _detail(window: MainWindow) -> StudentDetail:
    """The pane beside the list, with somebody who has something on every tab."""
    prepared(window)
    screen = students_screen(window)
    assert screen.grid.select_id(WHO)
    screen.open(WHO)
    settle(window)
    return screen.detail


def _tab(title: str) -> Callable[[MainWindow], QWidget | None]:
    def prepare(window: MainWindow) -> None:
        _detail(window).show_tab(title)

    return prepare


def _past(window: MainWindow) -> None:
    _detail(window).show_student(WHO, Moment(date(2026, 9, 3)))


def _nobody(window: MainWindow) -> None:
    _detail(window).show_student(None)


def _correction(window: MainWindow) -> QWidget:
    assert window.frame is not None
    desk = window.frame.shell.desk
    values = desk.editing.values(desk.actor, WHO)
    sheet = CorrectionSheet(
        window.frame.shell, window.frame, WHO, values["name"], "id_number", values
    )
    sheet.open()
    settle(window)
    sheet.save()
    return sheet


def _crop(window: MainWindow) -> QWidget:
    assert window.frame is not None
    sheet = CropSheet(window.frame.shell, window.frame, [WHO, WHO + 1, WHO + 2], WHO)
    sheet.open()
    settle(window)
    sheet.view.zoom(0.8)
    QApplication.processEvents()
    return sheet


def _scan(window: MainWindow) -> QWidget:
    assert window.frame is not None
    desk = window.frame.shell.desk
    sha256 = desk.media.put(pdf(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>", pages=2))
    sheet = ScanSheet(window.frame.shell, window.frame, "派出所证明", sha256, "证明.pdf")
    sheet.open()
    settle(window)
    return sheet


def _both(name: str, prepare: Callable[[MainWindow], QWidget | None]) -> list[Scene]:
    return [Scene(name, prepare), Scene(f"{name}-深色", prepare, dark=True)]


def _all(name: str, prepare: Callable[[MainWindow], QWidget | None]) -> list[Scene]:
    """Every look of it; on the large screen a sheet is no larger than on the usual one."""
    return [scene for scene in variants(Scene(name, prepare)) if scene.size != (1920, 1080)]


SCENES = [
    *_all("学生详情-基本", _tab("基本")),
    *_both("学生详情-家庭", _tab("家庭")),
    *_both("学生详情-学籍", _tab("学籍")),
    *_both("学生详情-奖惩", _tab("奖惩")),
    *_both("学生详情-档案", _tab("档案")),
    *_both("学生详情-附件", _tab("附件")),
    *_all("看扫描件", _scan),
    *_both("学生详情-修改记录", _tab("修改记录")),
    *_both("学生详情-历史", _past),
    *_both("学生详情-没有选中", _nobody),
    *_all("信息变更", _correction),
    *_all("裁剪照片", _crop),
    *_both("登记表-新增", _new_form),
    *_all("登记表-有错", _faulty_form),
    *_all("登记表-编辑", _edit_form),
    *_both("登记表-家庭与简历", _family_form),
    Scene("登记表-有草稿", _offered_draft),
    *_both("登记表-接着填", _resumed_draft),
]
