"""The very first page, before there is a register on this PC."""

from PySide6.QtCore import Signal as QtSignal

from app.ui import theme
from app.ui.unlock.gate import Centred
from app.ui.widgets.basic import Button, Label


class WelcomePage(Centred):
    """The very first page: found, open what is elsewhere, or look at the demonstration."""

    founding = QtSignal()
    restoring = QtSignal()
    elsewhere = QtSignal()
    demonstration = QtSignal()

    def __init__(self) -> None:
        super().__init__(520)
        self.box.addWidget(Label("学籍学历管理工作站", "title"))
        self.box.addWidget(
            Label(
                "这台电脑上还没有学籍库。数据只存在本机，全部加密，不联网。",
                tint="text-2",
                wrap=True,
            )
        )
        self.box.addSpacing(theme.px(8))
        start = Button("建立本校的学籍库", "school", "primary", on_click=self.founding.emit)
        self.box.addWidget(start)
        self.box.addWidget(
            Button("看示范学校（全是虚构的人）", "eye", on_click=self.demonstration.emit)
        )
        self.box.addWidget(Button("从备份恢复", "history", on_click=self.restoring.emit))
        self.box.addWidget(Button("打开别处的学籍库", "folder-open", on_click=self.elsewhere.emit))
        self.setFocusProxy(start)
