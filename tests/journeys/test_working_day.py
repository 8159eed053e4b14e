"""A whole working day: nothing of a person lies outside the vault and the exports.

The day runs in a process of its own, which notes every file that Python opens for writing: first at
the terminal, then in the window with cards previewed and printed. It ends in the middle of a unit
of work, as with kill -9, with the preview in sight.
"""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.commands import terminal
from tests.builders import id_number, person, write_list
from tests.conftest import OPERATOR, PASSWORD, SCHOOL
from tests.pictures import picture

ROOT = Path(__file__).parents[2]
NAME, PHONE = "㛃䶮阿依古丽", "13812340077"
ID_NUMBER = id_number(77)

# argv: the log of opened files, then one JSON list of commands (each a list of words).
DAY = """
import json, os, signal, sys
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        path, mode, flags = arguments
        if (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            os.write(log, (os.path.abspath(path) + "\\n").encode())

sys.addaudithook(watch)
from app import cli
from app.services.vault import keys, vault
vault.calibrate = lambda: keys.COSTS[-1]
for words in json.loads(sys.argv[2]):
    code = cli.main(words)
    print("exit", code, words[2:4], file=sys.stderr)

from datetime import UTC, datetime
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.models.student import Student
from app.services.forms.cups import Abilities, PrinterRow
from app.ui import theme
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from tests.scenes.scene import settle

class Printer:
    sheets = []
    def printers(self): return [PrinterRow("Office", "Office", True)]
    def abilities(self, printer): return Abilities(duplex=True, trays=())
    def trouble(self, printer): return None
    def send(self, order, content, title): self.sheets.append(content)

folder = Path(json.loads(sys.argv[2])[0][1])
application = QApplication([])
theme.apply(theme.Mode.LIGHT)
window = MainWindow(folder, Preferences(folder.with_name("窗口.ini")))
window.begin()
opened = vault.Vault.open(folder, os.environ["XUEJI_PASSPHRASE"])
window.enter(opened)
window.show()
window.frame.show_screen("cards")
cards = window.frame.current
cards.desk.use_port(Printer())
settle(window)
cards.desk.print_now()
settle(window)
print("previewed", cards.desk.view.count, "printed", len(Printer.sheets), file=sys.stderr)
window.frame.show_screen("students")
settle(window)
with opened.database.write(opened.actor, "录入") as session:
    session.add(Student(name=sys.argv[3], cohort_year=2026, recorded_at=datetime.now(UTC)))
    session.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass(frozen=True)
class Day:
    """What a working day left: its folders, what it said, the files it opened for writing."""

    place: Path
    exports: Path
    said: str
    opened: frozenset[Path]

    def files(self) -> Iterator[Path]:
        return (path for path in self.place.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    base = tmp_path_factory.mktemp("一天")
    place, given, exports = base / "电脑", base / "送来的", base / "送出的"
    for folder in (place / "临时", place / "家", given / "照片", exports):
        folder.mkdir(parents=True)
    rows = [person(77, NAME, 联系电话=PHONE), *(person(n, f"第{n}人") for n in range(1, 30))]
    write_list(given / "名册.xlsx", rows)
    photo = picture(quality=90)
    (given / "照片" / f"{ID_NUMBER}.jpg").write_bytes(photo)
    (given / "损坏.xlsx").write_bytes(b"PK\\x03\\x04 " + ID_NUMBER.encode())
    vault, backups = place / "学籍库", place / "备份盘"
    commands = [
        ["init", "--school", SCHOOL, "--operator", OPERATOR, "--sheet", exports / "恢复单.pdf"],
        ["import", given / "名册.xlsx"],
        ["import", given / "损坏.xlsx"],
        ["import", given / "名册.xlsx", "--dry-run"],
        ["photos", given / "照片"],
        ["classes", "split", "--cohort", "2026"],
        ["numbers", "assign", "--cohort", "2026"],
        ["students", NAME],
        ["students", "--json"],
        ["correct", ID_NUMBER, f"联系电话={PHONE}9", "--basis", "本人申请"],
        ["change", ID_NUMBER, "休学", "--date", "2026-10-08", "--signed", "student,guardian",
         "--evidence", f"{given / '照片' / f'{ID_NUMBER}.jpg'}=诊断证明"],
        ["form", "学籍卡", "--student", ID_NUMBER, "-o", exports / "卡.pdf"],
        ["form", "在校生名册", "--cohort", "2026", "-o", exports / "名册.xlsx"],
        ["form", "学籍卡", "--student", ID_NUMBER, "-o", "/proc/没有/卡.pdf"],
        ["report", "headcount", "--from", "2026-09-01", "--to", "2027-01-31",
         "-o", exports / "人数.xlsx"],
        ["disc", "build", "--cohort", "2026", "-o", exports / "光盘"],
        ["backup", backups],
        ["audit", "slip", "-o", exports / "锚定单.pdf"],
        ["operator", "add", "吴接任", "--roles", "录入"],
        ["students", "--vault-does-not-exist"],
        ["verify"],
    ]  # fmt: skip
    words = [["--vault", str(vault), *map(str, command)] for command in commands]
    done = subprocess.run(
        [sys.executable, "-c", DAY, base / "打开的文件", json.dumps(words), NAME],
        cwd=ROOT,
        env={
            **os.environ,
            "TMPDIR": str(place / "临时"),
            "HOME": str(place / "家"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
            "QT_QPA_PLATFORM": "offscreen",
            terminal.PASSPHRASE: PASSWORD,
            terminal.NEW_PASSPHRASE: "红砖 水塔 渡口 晨钟 二号",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    opened = (base / "打开的文件").read_text(encoding="utf-8").splitlines()
    return Day(place, exports, done.stdout + done.stderr, frozenset(map(Path, opened)))


def written(text: str) -> list[bytes]:
    """A text as any program might have put it into a file."""
    return [text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]


def pieces(content: bytes) -> list[bytes]:
    middle = content[len(content) // 2 :][:48]
    return [middle, base64.b64encode(middle[:-3])[4:-4], middle.hex().encode()]


def test_the_day_did_its_work(day: Day) -> None:
    """Else the searches below would find nothing because there was nothing."""
    assert NAME in day.said
    assert {"卡.pdf", "名册.xlsx", "人数.xlsx", "锚定单.pdf"} <= {
        path.name for path in day.exports.iterdir()
    }
    assert list((day.exports / "光盘").glob("*.iso"))
    assert (day.place / "学籍库" / "core.db-wal").stat().st_size > 0
    assert list((day.place / "备份盘").iterdir())
    seen = re.search(r"previewed (\d+) printed (\d+)", day.said)
    assert seen is not None
    assert int(seen[1]) > 0
    assert int(seen[2]) > 0


@pytest.mark.promise(1, 2, 57)
@pytest.mark.parametrize(
    "planted",
    [written(NAME), written(PHONE), written(ID_NUMBER), pieces(picture(quality=90))],
    ids=["name", "telephone", "identity number", "photograph"],
)
def test_nothing_of_a_person_is_in_any_file_but_the_exports(day: Day, planted: list[bytes]) -> None:
    found = [
        path.relative_to(day.place)
        for path in day.files()
        if any(mark in path.read_bytes() for mark in planted)
    ]
    assert found == []


@pytest.mark.promise(2)
def test_no_file_is_opened_for_writing_outside_the_vault_and_what_was_asked_for(day: Day) -> None:
    allowed = (day.place / "学籍库", day.place / "备份盘", day.exports, Path("/dev"))
    strangers = [
        path for path in day.opened if not any(path.is_relative_to(folder) for folder in allowed)
    ]
    assert [path for path in strangers if path != Path("/proc/没有/卡.pdf.part")] == []
    assert list((day.place / "临时").iterdir()) == []
    assert list((day.place / "家").rglob("*")) == []


@pytest.mark.promise(11)
def test_no_password_is_in_any_file_or_in_what_was_said(day: Day) -> None:
    for password in (PASSWORD, "红砖 水塔 渡口 晨钟 二号"):
        assert password not in day.said
        for path in day.files():
            assert not any(mark in path.read_bytes() for mark in written(password)), path


@pytest.mark.promise(12)
def test_refusals_and_defects_do_not_repeat_what_a_file_held(day: Day) -> None:
    refusals = [line for line in day.said.splitlines() if "损坏" in line or "写不了" in line]
    assert len(refusals) >= 2
    assert not any(ID_NUMBER in line or NAME in line for line in refusals)
