"""第十八条检查: what can be known of this PC, and for the rest plainly that it cannot be known.

Every line says 符合, 不符合 or 查不了, with its source. What cannot be told is looked at by a
person, who says so by name; the program never claims that a PC is safe. The dated record in the
audit log and the printed form are the evidence for an inspection.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from app.models.vocabulary import Role
from app.services.clock import now, today
from app.services.errors import CheckItemUnknown
from app.services.forms.fields import WORKPLACE_CHECK
from app.services.office.machine import Machine, Silence, ThisMachine, Told
from app.services.progress import Step, Work
from app.services.proof import drawn, export
from app.services.settings import load_settings
from app.services.vault import audit
from app.services.vault.places import judge
from app.services.vault.vault import Vault

CHECKED: Final = "检查专用电脑"
_FRESH: Final = 90  # days after which updates are old
_SIGNATURES: Final = 7
_SHOWN: Final = 8


class Answer(StrEnum):
    """Three answers; the third is not a polite form of the first."""

    YES = "符合"
    NO = "不符合"
    UNKNOWN = "查不了"


class Item(StrEnum):
    """What is looked at, in the order of the form."""

    VIRUS = "杀毒软件"
    SIGNATURES = "病毒库"
    WALL = "防火墙"
    UPDATES = "系统更新"
    STICKS = "插着的移动盘"
    STICK_POLICY = "移动盘禁用设置"
    STICKS_EVER = "用过的移动盘"
    SOFTWARE = "软件清单"
    NETWORK = "网络连接"
    LOCK = "自动锁屏"
    DISK = "磁盘加密"
    PLACE = "学籍库位置"
    CLOCK = "电脑时钟"


@dataclass(frozen=True, slots=True)
class Found:
    """One line: the answer, in words, and where it comes from; `by` looked at it himself."""

    item: Item
    answer: Answer
    words: str
    source: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the PC."""

    at: datetime
    found: tuple[Found, ...]
    software: tuple[str, ...]

    def count(self, answer: Answer) -> int:
        """How many lines have this answer."""
        return sum(one.answer is answer for one in self.found)

    @property
    def words(self) -> str:
        """The outcome in one sentence, which never says more than the lines do."""
        return (
            f"{len(self.found)} 项：符合 {self.count(Answer.YES)}，"
            f"不符合 {self.count(Answer.NO)}，查不了 {self.count(Answer.UNKNOWN)}。"
            "符合只说查的那一刻、那一项，不等于电脑安全。"
        )

    def confirmed(self, item: Item, answer: Answer, words: str, by: str) -> "Check":
        """The same check after a person looked at one item."""
        found = tuple(
            replace(one, answer=answer, words=f"{words}（程序：{one.words}）", by=by)
            if one.item is item
            else one
            for one in self.found
        )
        return replace(self, found=found)


def check_workplace(vault: Vault, machine: Machine | None = None) -> Work[Check]:
    """Ask the PC everything; takes a few seconds, each question at most ten."""
    vault.actor.require_any(Role.RECORD, Role.REVIEW, Role.SYSTEM)
    asked = machine or ThisMachine()
    software = _software(asked)
    before = last_software(vault)
    questions: Mapping[Item, Callable[[], tuple[Answer, str, str]]] = {
        Item.VIRUS: lambda: _virus(asked),
        Item.SIGNATURES: lambda: _signatures(asked),
        Item.WALL: lambda: _wall(asked),
        Item.UPDATES: lambda: _updates(asked, today()),
        Item.STICKS: lambda: _sticks(asked),
        Item.STICK_POLICY: lambda: _stick_policy(asked),
        Item.STICKS_EVER: lambda: _sticks_ever(asked),
        Item.SOFTWARE: lambda: _compared(software, before),
        Item.NETWORK: lambda: _network(asked),
        Item.LOCK: lambda: _lock(asked),
        Item.DISK: lambda: _disk(asked),
        Item.PLACE: lambda: _place(vault),
        Item.CLOCK: lambda: _clock(vault),
    }
    found = []
    for number, (item, ask) in enumerate(questions.items(), start=1):
        found.append(Found(item, *ask()))
        yield Step(number, len(questions), item)
    return Check(now(), tuple(found), () if isinstance(software, Silence) else software)


def keep_check(vault: Vault, check: Check, target: Path) -> Work[None]:
    """检查单 on paper, and the check in the audit log, where the next one finds its software."""
    vault.actor.require_any(Role.RECORD, Role.REVIEW, Role.SYSTEM)
    with vault.database.read() as session:
        values = {
            "学校": load_settings(session).school,
            "制单日期": today(),
            "制单人": vault.actor.name,
            "检查时间": f"{check.at.astimezone():%Y-%m-%d %H:%M}",
            "检查结论": check.words,
            "检查": [
                {
                    "序号": number,
                    "项目": one.item,
                    "结果": one.answer,
                    "说明": one.words,
                    "依据": one.source,
                    "人工核对": one.by,
                }
                for number, one in enumerate(check.found, start=1)
            ],
        }
    content = yield from drawn(WORKPLACE_CHECK, values)
    detail = {
        "结果": {one.item.value: one.answer.value for one in check.found},
        "人工核对": {one.item.value: one.by for one in check.found if one.by},
        "软件": list(check.software),
    }
    export(vault, CHECKED, target, content, detail)


def last_software(vault: Vault) -> tuple[str, ...]:
    """The programs on the PC at the last check that was kept."""
    with vault.database.read() as session:
        rows = audit.events_of(session, CHECKED, 1)
    return tuple(rows[0].detail.get("软件", ())) if rows else ()


def item_of(text: str) -> Item:
    """An item by its name; raises CheckItemUnknown."""
    try:
        return Item(text.strip())
    except ValueError as error:
        raise CheckItemUnknown(item=text, known="、".join(Item)) from error


# --- the questions ------------------------------------------------------------------------

_Answered = tuple[Answer, str, str]
_CENTRE: Final = "Windows 安全中心"
_HAND: Final = "请人工核对"
_FIREWALL, _ANTIVIRUS = 1, 4  # WSC_SECURITY_PROVIDER


def _unknown(silence: Silence, source: str, more: str = "") -> _Answered:
    return Answer.UNKNOWN, f"{silence.why}，{_HAND}{more}", source


def _health(machine: Machine, provider: int, name: str) -> _Answered:
    told = machine.health(provider)
    if isinstance(told, Silence):
        return _unknown(told, _CENTRE)
    match told:
        case 0:
            return Answer.YES, f"{name}在工作", _CENTRE
        case 2:
            return Answer.NO, f"{name}没有工作，或没有更新", _CENTRE
        case 3:
            return Answer.NO, f"{name}被暂停", _CENTRE
    return Answer.UNKNOWN, f"安全中心不监视{name}，{_HAND}", _CENTRE


def _virus(machine: Machine) -> _Answered:
    if machine.windows:
        return _health(machine, _ANTIVIRUS, "杀毒软件")
    told = machine.run("ps", "-A", "-o", "comm=")
    known = ("clamd", "kyscand", "qaxsafed", "360sd", "htsysm", "esets", "savd")
    running = set() if isinstance(told, Silence) else set(told.text.split())
    seen = "、".join(name for name in known if name in running)
    words = f"看到 {seen} 在运行，是否有效、是否正版查不了" if seen else "系统没有统一的查询办法"
    return Answer.UNKNOWN, f"{words}，{_HAND}", "正在运行的程序"


def _signatures(machine: Machine) -> _Answered:
    source = "Get-MpComputerStatus" if machine.windows else "/var/lib/clamav"
    if machine.windows:
        told = machine.run(
            "powershell", "-NoProfile", "-NonInteractive", "-Command",
            "Get-MpComputerStatus | Select-Object AntivirusSignatureAge,AMServiceEnabled"
            " | ConvertTo-Json -Compress",
        )  # fmt: skip
        days = None if isinstance(told, Silence) else _age(told)
        if days is None:
            return (
                Answer.UNKNOWN,
                f"系统自带的防病毒没有回答（可能装了别的杀毒软件），{_HAND}",
                source,
            )
    else:
        times = [machine.changed(f"/var/lib/clamav/daily.{kind}") for kind in ("cld", "cvd")]
        known = [time for time in times if not isinstance(time, Silence)]
        if not known:
            return _unknown(Silence("没有找到病毒库"), source)
        days = (now() - datetime.fromtimestamp(max(known), now().tzinfo)).days
    if days > _SIGNATURES:
        return Answer.NO, f"病毒库是 {days} 天以前的，请更新", source
    return Answer.YES, f"病毒库是 {days} 天以内的", source


def _age(told: Told) -> int | None:
    """Days since the signatures of Defender were made; None when it does not say."""
    try:
        said: dict[str, Any] = json.loads(told.text)
        days = int(said["AntivirusSignatureAge"])
        on = said.get("AMServiceEnabled", True)
    except (ValueError, KeyError, TypeError):
        return None
    return days if told.code == 0 and on is True and 0 <= days < 10_000 else None


def _wall(machine: Machine) -> _Answered:
    if machine.windows:
        return _health(machine, _FIREWALL, "防火墙")
    ufw = machine.text("/etc/ufw/ufw.conf")
    if not isinstance(ufw, Silence) and (said := re.search(r"(?m)^ENABLED=(yes|no)\s*$", ufw)):
        if said[1] == "yes":
            return Answer.YES, "ufw 设为启用", "/etc/ufw/ufw.conf"
        return Answer.NO, "ufw 装了没有启用", "/etc/ufw/ufw.conf"
    told = machine.run("firewall-cmd", "--state")
    if not isinstance(told, Silence) and told.text.strip() == "running":
        return Answer.YES, "firewalld 在运行", "firewall-cmd --state"
    if not isinstance(told, Silence) and told.text.strip() == "not running":
        return Answer.NO, "firewalld 没有运行", "firewall-cmd --state"
    return Answer.UNKNOWN, f"没有找到认识的防火墙，或没有权限看，{_HAND}", "ufw、firewalld"


def _updates(machine: Machine, day: date) -> _Answered:
    if machine.windows:
        source = "Get-HotFix"
        told = machine.run(
            "powershell", "-NoProfile", "-NonInteractive", "-Command",
            "Get-HotFix | Where-Object InstalledOn | Sort-Object InstalledOn"
            " | Select-Object -Last 1 | ForEach-Object { $_.InstalledOn.ToString('yyyy-MM-dd') }",
        )  # fmt: skip
        text = told.text.strip() if isinstance(told, Told) and told.code == 0 else ""
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            why = told.why if isinstance(told, Silence) else "系统没有说出日期"
            return _unknown(Silence(why), source)
        last = date.fromisoformat(text)
    else:
        source = "软件包管理的日志"
        logs = ("/var/log/dpkg.log", "/var/log/apt/history.log", "/var/log/dnf.log")
        times = [time for log in logs if not isinstance(time := machine.changed(log), Silence)]
        if not times:
            return _unknown(Silence("没有找到日志"), source)
        last = datetime.fromtimestamp(max(times), now().tzinfo).date()
    days = (day - last).days
    if days > _FRESH:
        return Answer.NO, f"最近一次更新在 {last}，{days} 天以前", source
    return Answer.YES, f"最近一次更新在 {last}", source


def _sticks(machine: Machine) -> _Answered:
    drives = machine.drives()
    sticks = [drive.mount for drive in drives if drive.removable]
    doubtful = [drive.mount for drive in drives if drive.removable is None]
    if sticks:
        return Answer.NO, f"插着移动盘：{_some(sticks)}；用毕请拔下并登记", "磁盘列表"
    if doubtful:
        return Answer.UNKNOWN, f"不能确定是不是移动盘：{_some(doubtful)}，{_HAND}", "磁盘列表"
    if not drives:
        return _unknown(Silence("系统没有给出磁盘"), "磁盘列表")
    return Answer.YES, "没有插着移动盘", "磁盘列表"


def _stick_policy(machine: Machine) -> _Answered:
    if machine.windows:
        source = "注册表 USBSTOR"
        told = machine.registry(r"HKLM\SYSTEM\CurrentControlSet\Services\USBSTOR", "Start")
        if isinstance(told, Silence):
            return _unknown(told, source)
        if told == "4":
            return Answer.YES, "移动存储已禁用", source
        return Answer.NO, "移动存储可以随便接入；靠制度管的，请人工核对登记簿", source
    source = "/etc/modprobe.d"
    told = machine.text(source)
    if isinstance(told, Silence):
        return _unknown(told, source)
    if re.search(r"(?m)^\s*(?:blacklist\s+usb[-_]storage|install\s+usb[-_]storage\s+/bin/)", told):
        return Answer.YES, "移动存储已禁用", source
    return Answer.UNKNOWN, f"没有看到禁用；也可能由安全中心另行管理，{_HAND}", source


def _sticks_ever(machine: Machine) -> _Answered:
    if not machine.windows:
        return _unknown(Silence("普通权限看不到历史"), "－", "移动盘登记簿")
    source = "注册表 Enum\\USBSTOR"
    told = machine.keys(r"HKLM\SYSTEM\CurrentControlSet\Enum\USBSTOR")
    if isinstance(told, Silence):
        if told.why == "没有这一项":
            return Answer.YES, "没有接过移动盘的记录", source
        return _unknown(told, source)
    if not told:
        return Answer.YES, "没有接过移动盘的记录", source
    return Answer.UNKNOWN, f"接过 {len(told)} 种移动盘，请与登记簿核对：{_some(told)}", source


def _software(machine: Machine) -> tuple[str, ...] | Silence:
    if not machine.windows:
        told = machine.run("dpkg-query", "-W", "-f", "${binary:Package}\\n")
        if isinstance(told, Silence) or told.code != 0:
            told = machine.run("rpm", "-qa", "--qf", "%{NAME}\\n")
        if isinstance(told, Silence):
            return told
        names = [line.strip() for line in told.text.splitlines()]
        return tuple(sorted({name for name in names if name})) or Silence("系统没有给出软件")
    branches = (
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
        r"HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
        r"HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
    )
    found, silent = set(), Silence("没有这一项")
    for branch in branches:
        below = machine.keys(branch)
        if isinstance(below, Silence):
            silent = below
            continue
        for key in below:
            name = machine.registry(f"{branch}\\{key}", "DisplayName")
            if not isinstance(name, Silence) and name.strip():
                found.add(name.strip())
    return tuple(sorted(found)) or silent


def _compared(software: tuple[str, ...] | Silence, before: Sequence[str]) -> _Answered:
    source = "已安装的软件（应用商店的不在内）"
    if isinstance(software, Silence):
        return _unknown(software, source)
    if not before:
        words = f"装有 {len(software)} 个软件，没有上次的清单可比，{_HAND}有没有与工作无关的"
        return Answer.UNKNOWN, words, source
    added = sorted({*software} - {*before})
    if added:
        return (
            Answer.NO,
            f"比上次多了 {len(added)} 个：{_some(added)}；请核对是否与工作有关",
            source,
        )
    return Answer.YES, f"{len(software)} 个软件，比上次没有增加", source


def _network(machine: Machine) -> _Answered:
    up = machine.networks()
    if up:
        words = f"连着 {_some(up)}；本程序不用网络，是否准许联网{_HAND}"
        return Answer.UNKNOWN, words, "网卡状态"
    return Answer.YES, "没有连着网络", "网卡状态"


def _lock(machine: Machine) -> _Answered:
    if machine.windows:
        source = "注册表 Control Panel\\Desktop"
        key = r"HKCU\Control Panel\Desktop"
        on, safe = (machine.registry(key, n) for n in ("ScreenSaveActive", "ScreenSaverIsSecure"))
        if isinstance(on, Silence) or isinstance(safe, Silence):
            return _unknown(Silence("没有设过，或由策略管理"), source)
        if (on, safe) == ("1", "1"):
            return Answer.YES, "无人操作时锁屏", source
        return Answer.NO, "没有设自动锁屏（本程序自己 10 分钟锁定）", source
    source = "gsettings"
    told = machine.run("gsettings", "get", "org.gnome.desktop.screensaver", "lock-enabled")
    if isinstance(told, Silence) or told.text.strip() not in {"true", "false"}:
        return _unknown(Silence("这个桌面没有统一的查询办法"), source)
    if told.text.strip() == "true":
        return Answer.YES, "无人操作时锁屏", source
    return Answer.NO, "没有设自动锁屏（本程序自己 10 分钟锁定）", source


def _disk(machine: Machine) -> _Answered:
    if machine.windows:
        return _unknown(Silence("要管理员权限才查得到"), "BitLocker", "（学籍库自身已加密）")
    told = machine.run("lsblk", "-rno", "TYPE")
    if isinstance(told, Silence) or told.code != 0:
        why = told.why if isinstance(told, Silence) else "lsblk 没有回答"
        return _unknown(Silence(why), "lsblk", "（学籍库自身已加密）")
    if "crypt" in told.text.split():
        return Answer.UNKNOWN, f"有加密的磁盘，是否包括全部磁盘{_HAND}", "lsblk"
    return Answer.NO, "磁盘没有加密（学籍库自身已加密，导出的文件没有）", "lsblk"


def _place(vault: Vault) -> _Answered:
    verdict = judge(vault.folder)
    source = "磁盘列表"
    if verdict.refused:
        return Answer.NO, verdict.sentence, source
    if verdict.sentence:
        return Answer.UNKNOWN, verdict.sentence, source
    return Answer.YES, "在本机固定磁盘上", source


def _clock(vault: Vault) -> _Answered:
    if vault.clock_doubt:
        return Answer.NO, vault.clock_doubt, "操作记录的时间"
    return Answer.YES, "与操作记录的时间不矛盾", "操作记录的时间"


def _some(names: Sequence[str]) -> str:
    more = f" 等 {len(names)} 个" if len(names) > _SHOWN else ""
    return "、".join(names[:_SHOWN]) + more


def said_by_hand(texts: Sequence[str]) -> Iterator[tuple[Item, Answer, str]]:
    """项目=符合:说明 as typed; raises CheckItemUnknown."""
    for text in texts:
        name, _, rest = text.partition("=")
        answer, _, words = rest.replace("：", ":").partition(":")
        if answer.strip() not in {Answer.YES, Answer.NO} or not words.strip():
            raise CheckItemUnknown(item=text, known="项目=符合:怎样核对的")
        yield item_of(name), Answer(answer.strip()), words.strip()
