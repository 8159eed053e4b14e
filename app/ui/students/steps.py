"""Steps of the student screen for the window's undo: each is another audited change."""

from app.services.register.editing import Added, Edited
from app.ui.shell import Shell
from app.ui.undo import DoneStep


def edited_step(shell: Shell, edited: Edited) -> DoneStep:
    """The saving of an edited record."""
    desk = shell.desk

    def undo(step: DoneStep) -> None:
        shell.run(
            lambda: desk.editing.take_back(desk.actor, edited),
            "正在撤销",
            lambda back: shell.say(f"已撤销对{back.name}的修改。", "info"),
            lambda error: _failed(shell, step, error),
        )

    def redo(step: DoneStep) -> None:
        shell.run(
            lambda: desk.editing.edit(desk.actor, edited.student_id, edited.values),
            "正在重做",
            lambda again: shell.say(f"已重做对{again.name}的修改。", "info"),
            lambda error: _failed(shell, step, error),
        )

    return DoneStep(f"修改{edited.name}", undo, redo)


def added_step(shell: Shell, added: Added) -> DoneStep:
    """A student who was entered by hand; entering anew is left to the form."""
    desk = shell.desk

    def undo(step: DoneStep) -> None:
        step.setObsolete(True)
        shell.run(
            lambda: desk.batches.undo(desk.actor, added.batch_id),
            "正在撤销",
            lambda _: shell.say(f"已撤销新增{added.name}，登记已作废。", "info"),
            lambda error: _failed(shell, step, error),
        )

    return DoneStep(f"新增{added.name}", undo, lambda step: step.setObsolete(True))


def photo_step(shell: Shell, student_id: int, name: str, before: int, after: int) -> DoneStep:
    """Another photograph, or another cut of it."""
    desk = shell.desk

    def use(photo: int, said: str, step: DoneStep) -> None:
        shell.run(
            lambda: desk.portraits.use_again(desk.actor, student_id, photo),
            "正在更换照片",
            lambda _: shell.say(said, "info"),
            lambda error: _failed(shell, step, error),
        )

    return DoneStep(
        f"{name}的照片",
        lambda step: use(before, f"已改回{name}原先的照片。", step),
        lambda step: use(after, f"已改用{name}后来的照片。", step),
    )


def _failed(shell: Shell, step: DoneStep, error: Exception) -> None:
    step.setObsolete(True)
    shell.say(str(error), "danger")
