"""One student: the detail pane standing alone, the form, the crop, the timeline."""

from PySide6.QtWidgets import QWidget

from app.ui.main_window import MainWindow
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


def _both(name: str, prepare: object) -> list[Scene]:
    return [Scene(name, prepare), Scene(f"{name}-深色", prepare, dark=True)]  # type: ignore[arg-type]


SCENES = [
    *_both("登记表-新增", _new_form),
    *_both("登记表-有错", _faulty_form),
    *_both("登记表-编辑", _edit_form),
]
