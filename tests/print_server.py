"""A print server of one's own: CUPS with one printer that cannot print on the edges of the paper.

What comes out of its filters (the pages as that printer would put them on paper) is kept, a file
a job. Nothing of the system's own printers is touched.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

QUEUE: Final = "Office"
DAEMON: Final = "/usr/sbin/cupsd"
ADMIN: Final = "/usr/sbin/lpadmin"
FILTER: Final = "/usr/lib/cups/filter/pdftopdf"
EDGE: Final = 12  # points at each side where this printer prints nothing: 4.2 mm
_PATIENCE: Final = 60.0  # seconds

_FILES: Final = """User lp
Group lp
SystemGroup root
Sandboxing relaxed
FileDevice Yes
ServerRoot {home}/etc
RequestRoot {home}/spool
CacheDir {home}/cache
StateDir {home}/run
TempDir {home}/spool/tmp
AccessLog {home}/log/access
ErrorLog {home}/log/error
PageLog {home}/log/page
"""
_SERVER: Final = """Listen {home}/socket
Browsing No
DefaultAuthType None
MaxJobs 0
PreserveJobHistory Yes
PreserveJobFiles No
<Location />
  Order allow,deny
  Allow all
</Location>
<Location /admin>
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
_PRINTER: Final = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "EDGES.PPD"
*Manufacturer: "Test"
*Product: "(Test)"
*ModelName: "Printer with edges"
*ShortNickName: "Printer with edges"
*NickName: "Printer with edges"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: False
*DefaultColorSpace: Gray
*cupsFilter2: "application/vnd.cups-pdf application/pdf 0 {home}/keep"
*OpenUI *PageSize/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageRegion
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "{edge} {edge} {right} {top}"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595 842"
*OpenUI *InputSlot/Media Source: PickOne
*OrderDependency: 10 AnySetup *InputSlot
*DefaultInputSlot: Auto
*InputSlot Auto/Auto: ""
*InputSlot Tray2/Tray 2: ""
*CloseUI: *InputSlot
*OpenUI *Duplex/2-Sided Printing: PickOne
*OrderDependency: 10 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/Off: ""
*Duplex DuplexNoTumble/Long Edge: ""
*Duplex DuplexTumble/Short Edge: ""
*CloseUI: *Duplex
"""


def why_not() -> str:
    """Why no print server can be started here; "" where it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "只有 root 能起一个自己的打印服务；请以 root 运行 manage.py test"
    lacking = [name for name in (DAEMON, ADMIN, FILTER, "lp") if shutil.which(name) is None]
    return f"系统缺少 {'、'.join(lacking)}：apt-get 没有装成 CUPS" if lacking else ""


class PrintServer:
    """The running server; `papers` are what its printer got so far, oldest first."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def environment(self) -> dict[str, str]:
        """What makes the programs of CUPS speak to this server."""
        return {"CUPS_SERVER": f"{self.home}/socket", "CUPS_SERVERROOT": f"{self.home}/etc"}

    def ask(self, *command: str, content: bytes = b"") -> str:
        """Run a program of CUPS against this server."""
        done = subprocess.run(
            command, input=content, capture_output=True, check=True,
            env={**os.environ, **self.environment, "LC_ALL": "C"},
        )  # fmt: skip
        return done.stdout.decode()

    def papers(self) -> list[bytes]:
        """Wait until everything is printed; what came out of the printer, a PDF a job."""
        end = time.monotonic() + _PATIENCE
        while self.ask("lpstat", "-o"):
            assert time.monotonic() < end, self.log()
            time.sleep(0.1)
        files = sorted((self.home / "out").glob("*.pdf"), key=lambda path: int(path.stem))
        return [path.read_bytes() for path in files]

    def log(self) -> str:
        """The end of the server's own log."""
        return (self.home / "log" / "error").read_text(errors="replace")[-2000:]


@contextmanager
def print_server() -> Iterator[PrintServer]:
    """Start the server, with its queue as the default printer, and stop it again."""
    home = Path(tempfile.mkdtemp(prefix="xueji-cups-"))  # a socket's path must be short
    try:
        _furnish(home)
        with subprocess.Popen(
            [DAEMON, "-f", "-c", f"{home}/etc/cupsd.conf", "-s", f"{home}/etc/cups-files.conf"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as daemon:  # fmt: skip
            try:
                server = PrintServer(home)
                _await(home / "socket")
                server.ask(
                    ADMIN, "-p", QUEUE, "-E", "-v", "file:///dev/null", "-P", f"{home}/edges.ppd"
                )
                server.ask(ADMIN, "-d", QUEUE)
                yield server
            finally:
                daemon.terminate()
    finally:
        shutil.rmtree(home)


def _furnish(home: Path) -> None:
    home.chmod(0o755)  # its filters run as another user
    for name in ("etc", "spool/tmp", "cache", "run", "log", "out"):
        (home / name).mkdir(parents=True)
    for name in ("spool", "spool/tmp", "cache", "run", "log", "out"):
        shutil.chown(home / name, "lp", "lp")
    (home / "etc" / "cups-files.conf").write_text(_FILES.format(home=home))
    (home / "etc" / "cupsd.conf").write_text(_SERVER.format(home=home))
    keep = home / "keep"
    keep.write_text(f'#!/bin/sh\nexec tee "{home}/out/$1.pdf"\n')
    keep.chmod(0o755)
    printer = _PRINTER.format(home=home, edge=EDGE, right=595 - EDGE, top=842 - EDGE)
    (home / "edges.ppd").write_text(printer)


def _await(socket: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not socket.exists():
        assert time.monotonic() < end, "cupsd 没有起来"
        time.sleep(0.05)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrintServer]:
    """A print server that the program under test prints to; skipped where none can be had."""
    if reason := why_not():
        pytest.skip(reason)
    with print_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
