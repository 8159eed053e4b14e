"""What CUPS is told and what its answers mean, with a printer that is a few scripts."""

import os
import stat
from pathlib import Path

import pytest

from app.services.errors import PrinterFailed
from app.services.forms import cups
from app.services.forms.cups import Tray
from app.services.forms.order import Order, Sides


def script(folder: Path, name: str, body: str) -> None:
    """A command in front of the path."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_the_file_goes_whole_and_unscaled_through_a_pipe(bin_folder: Path, tmp_path: Path) -> None:
    script(
        bin_folder, "lp",
        f'printf "%s\\n" "$@" > {tmp_path}/words; cat > {tmp_path}/file; '
        'echo "request id is Office-17 (1 file(s))"',
    )  # fmt: skip
    order = Order("Office", Sides.LONG, copies=2, tray="Tray2")
    assert cups.send(order, b"%PDF-1.7 whole", "学籍卡 1", (595.3, 841.9)) == "Office-17"
    words = (tmp_path / "words").read_text().splitlines()
    assert (tmp_path / "file").read_bytes() == b"%PDF-1.7 whole"
    for word in ("print-scaling=none", "sides=two-sided-long-edge", "media=A4", "InputSlot=Tray2"):
        assert word in words
    assert words[words.index("-n") + 1] == "2"


@pytest.mark.ux("R6")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("printer Office is idle. enabled since today", None),
        (
            "printer Office disabled since today -\\n\\tPaused",
            "已暂停。请在系统的打印机设置里恢复它",
        ),
        ("printer Office is idle.\\n\\tAlerts: media-empty-error", "缺纸。请装纸"),
        ("printer Office now printing.\\n\\tAlerts: media-jam-error", "卡纸。"),
        ("", "找不到了。请检查连线和电源"),
    ],
)
def test_what_ails_the_printer_is_said_with_what_to_do(
    bin_folder: Path, answer: str, said: str | None
) -> None:
    script(bin_folder, "lpstat", f'printf "{answer}\\n"')
    found = cups.trouble("Office")
    if said is None:
        assert found is None
    else:
        assert found is not None
        assert said in str(found)


def test_the_server_and_the_default_printer_that_the_user_set_are_respected(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(bin_folder, "lpstat", f"env > {tmp_path}/env; echo")
    for name, value in (("CUPS_SERVER", "print.local"), ("HOME", "/home/zhou"), ("LANG", "zh_CN"),
                        ("LD_LIBRARY_PATH", "/opt/bundle")):  # fmt: skip
        monkeypatch.setenv(name, value)
    cups.printers()
    told = set((tmp_path / "env").read_text().splitlines())
    assert {"CUPS_SERVER=print.local", "HOME=/home/zhou", "LC_ALL=C"} <= told
    assert not {"LANG=zh_CN", "LD_LIBRARY_PATH=/opt/bundle"} & told


@pytest.mark.ux("R6")
def test_a_refused_job_is_a_sentence(bin_folder: Path) -> None:
    script(bin_folder, "lp", 'echo "lp: The printer or class does not exist." >&2; exit 1')
    with pytest.raises(PrinterFailed, match="没有接下任务。请检查连线和电源，或选择另一台打印机"):
        cups.send(Order("Gone"), b"%PDF", "学籍卡", (595, 842))


def test_printers_and_what_they_can_do(bin_folder: Path) -> None:
    script(
        bin_folder, "lpstat",
        'case "$1" in -d) echo "system default destination: Office";; '
        '-e) printf "Lab\\nOffice\\n";; esac',
    )  # fmt: skip
    script(
        bin_folder, "lpoptions",
        'echo "InputSlot/Media Source: *Auto Tray1 Tray2 Manual"; '
        'echo "Duplex/2-Sided Printing: *None DuplexNoTumble DuplexTumble"',
    )  # fmt: skip
    assert [(row.name, row.is_default) for row in cups.printers()] == [
        ("Lab", False),
        ("Office", True),
    ]
    found = cups.abilities("Office")
    assert found.duplex
    assert found.trays == (
        Tray("Auto", "自动选择"), Tray("Tray1", "纸盒 1"), Tray("Tray2", "纸盒 2"),
        Tray("Manual", "手动进纸"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("size", "name"),
    [((595, 842), "A4"), ((842, 595), "A4"), ((842, 1191), "A3"), ((300, 400), "Custom.106x141mm")],
)
def test_the_paper_is_named_by_its_size(size: tuple[float, float], name: str) -> None:
    assert cups.media(size) == name
