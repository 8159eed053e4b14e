"""Chinese input on Linux: the wheels of Qt bring the ibus plugin alone, which fcitx5 speaks too."""

import sys
from collections.abc import MutableMapping
from typing import Final

_BUNDLED: Final = frozenset({"ibus", "compose", "simple"})


def prepare(environment: MutableMapping[str, str]) -> None:
    """Before the application exists: send fcitx users over ibus, which fcitx5 answers."""
    if not sys.platform.startswith("linux"):
        return
    wanted = environment.get("QT_IM_MODULE", "")
    if wanted.startswith("fcitx") or (not wanted and "fcitx" in environment.get("XMODIFIERS", "")):
        environment["QT_IM_MODULE"] = "ibus"
        environment["XUEJI_IM_WAS"] = wanted or "fcitx"


def diagnosis(environment: MutableMapping[str, str], programs: frozenset[str]) -> str:
    """Which case this PC is in, for the self-check; `programs` are the names of what runs."""
    if not sys.platform.startswith("linux"):
        return "输入法由系统提供，无需设置。"
    if "fcitx" in programs and "fcitx5" not in programs:
        return (
            "本机用的是 fcitx 4，程序自带的接口不支持，窗口里可能只能打出字母。"
            "请改用 fcitx5 或 ibus，或向维护人员索取配套的输入法插件。"
        )
    if "fcitx5" in programs:
        return "本机用的是 fcitx5，程序通过它的 ibus 接口输入中文，可以使用。"
    if "ibus-daemon" in programs:
        return "本机用的是 ibus，可以输入中文。"
    module = environment.get("QT_IM_MODULE", "")
    if module and module not in _BUNDLED:
        return f"输入法模块“{module}”不在程序自带之列，可能打不出中文。请改用 ibus 或 fcitx5。"
    return "没有发现正在运行的输入法。请先启动 ibus 或 fcitx5，再打开本程序。"
