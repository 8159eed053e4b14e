"""One student: the detail pane standing alone, the form, the crop, the timeline."""

from collections.abc import Callable
from datetime import date

from PySide6.QtWidgets import QApplication, QWidget

from app.services.register.ledger import Moment
from app.ui.main_window import MainWindow
from app.ui.students.correction import CorrectionSheet
from app.ui.students.crop import CropSheet
from app.ui.students.detail import StudentDetail
from app.ui.students.form import StudentForm
from tests.scenes.scene import Scene, settle


class _Form(StudentForm):
    """Closed after the picture without a question."""

    def may_leave(self) -> bool:
        return True


def _new_form(window: MainWindow) -> QWidget:
    assert window.frame is not None
    form = _Form(window.frame.shell, window.frame)
    form.open()
    settle(window)
    return form


def _faulty_form(window: MainWindow) -> QWidget:
    form = _new_form(window)
    assert isinstance(form, StudentForm)
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
    settle(window)
    return form


def _edit_form(window: MainWindow) -> QWidget:
    assert window.frame is not None
    form = _Form(window.frame.shell, window.frame, 3)
    form.open()
    settle(window)
    assert form.form is not None
    form.form.put({"phone": "13800000000", "native_place": "江苏南京"})
    form.form.cells["phone"].refresh()
    return form


def _detail(window: MainWindow, student: int = 3, moment: Moment | None = None) -> StudentDetail:
    assert window.frame is not None
    detail = StudentDetail(window.frame.shell)
    detail.setParent(window.frame)
    detail.resize(420, 820)
    detail.show()
    detail.show_student(student, moment)
    settle(window)
    return detail


def _tab(title: str) -> Callable[[MainWindow], QWidget]:
    def prepare(window: MainWindow) -> QWidget:
        detail = _detail(window)
        detail.show_tab(title)
        return detail

    return prepare


def _past(window: MainWindow) -> QWidget:
    return _detail(window, moment=Moment(date(2026, 9, 3)))


def _nobody(window: MainWindow) -> QWidget:
    detail = _detail(window)
    detail.show_student(None)
    return detail


def _correction(window: MainWindow) -> QWidget:
    assert window.frame is not None
    desk = window.frame.shell.desk
    values = desk.editing.values(desk.actor, 3)
    sheet = CorrectionSheet(
        window.frame.shell, window.frame, 3, values["name"], "id_number", values
    )
    sheet.open()
    settle(window)
    sheet.save()
    sheet.setProperty("scene", True)
    return sheet


def _crop(window: MainWindow) -> QWidget:
    assert window.frame is not None
    sheet = CropSheet(window.frame.shell, window.frame, [3, 4, 5], 3)
    sheet.open()
    settle(window)
    sheet.view.zoom(0.8)
    QApplication.processEvents()
    return sheet


def _both(name: str, prepare: Callable[[MainWindow], QWidget]) -> list[Scene]:
    return [Scene(name, prepare), Scene(f"{name}-深色", prepare, dark=True)]


SCENES = [
    *_both("学生详情-基本", _tab("基本")),
    *_both("学生详情-家庭", _tab("家庭")),
    *_both("学生详情-学籍", _tab("学籍")),
    *_both("学生详情-档案", _tab("档案")),
    *_both("学生详情-附件", _tab("附件")),
    *_both("学生详情-修改记录", _tab("修改记录")),
    *_both("学生详情-历史", _past),
    *_both("学生详情-没有选中", _nobody),
    *_both("信息变更", _correction),
    *_both("裁剪照片", _crop),
    *_both("登记表-新增", _new_form),
    *_both("登记表-有错", _faulty_form),
    *_both("登记表-编辑", _edit_form),
]
