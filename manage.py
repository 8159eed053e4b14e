#!/usr/bin/env python3
"""From a bare Python to the running program: environment, locked dependencies, then the command.

Standard library only. Every Python 3.7 or later can read this file, so that one which is too old
is told so. What it needs from the system it installs itself where it may (root, apt-get);
elsewhere it prints the one line to copy.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, NamedTuple

USAGE = """用法：python3 manage.py 命令

  demo [--out 目录]   用虚构的样例数据把主要工作走一遍，结果写入目录（默认 demo-out）
  test [pytest 参数]  运行全部测试
  run [参数]          打开程序，或执行它的一条命令
  bench [参数]        测速
  lint                检查格式、类型和分层
  promises            重新生成 resources/docs/ 的 security.md、ux.md：哪个承诺由哪个测试守着
  screenshots 目录    各界面、各种状态的截图（示范数据，不开窗口）；--manual 重画手册里的图
  build               制作安装包（以后提供）"""

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.stamp"
LOCKS = ROOT / "installer" / "locks"
OLDEST_PYTHON = (3, 11)
INSTALL_ATTEMPTS = 3  # a slow line breaks in the middle of 100 MB; what arrived is cached
APT_PATIENCE = ("-o", "Acquire::Retries=3")

QT_LIBRARIES = {  # library that Qt loads, even without a display -> Debian package
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
WINDOW_LIBRARIES = {  # besides those, for a real window and a printer
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libcups.so.2": "libcups2",
}
TEST_PROGRAMS = {  # real clients that open what we write -> Debian package
    "pdftotext": "poppler-utils",
    "localc": "libreoffice-calc",
    "xorriso": "xorriso",
    "7z": "p7zip-full",
    "qpdf": "qpdf",
    "chromium": "chromium",
    "/usr/sbin/cupsd": "cups-daemon",
    "lp": "cups-client",
    "/usr/lib/cups/filter/pdftopdf": "cups-filters-core-drivers",
    "java": "default-jre-headless",
    "/usr/share/java/preflight.jar": "libpdfbox2-java",
    "/usr/share/java/jaxb-api.jar": "libjaxb-api-java",
    "/usr/share/java/javax.activation.jar": "libactivation-java",
}
BENCH_PEERS = {name: TEST_PROGRAMS[name] for name in ("localc", "xorriso")}


class Need(NamedTuple):
    """Something the system lacks, and the Debian package that brings it."""

    what: str
    package: str


class SetupError(Exception):
    """Why it stops: a sentence for the person at the terminal, and the exit code."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


def say(sentence: str) -> None:
    """Progress goes to standard error: standard output belongs to the command."""
    print(sentence, file=sys.stderr, flush=True)


# --- what the system must have ------------------------------------------------------------


def lacking_libraries(libraries: dict[str, str]) -> list[Need]:
    """Shared libraries that cannot be loaded; Windows and macOS bring their own."""
    if not sys.platform.startswith("linux"):
        return []
    return [Need(name, package) for name, package in libraries.items() if not loads(name)]


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def lacking_programs(programs: dict[str, str]) -> list[Need]:
    """Programs that are not on the path, and .jar files, which Java runs, that are not there."""
    return [
        Need(name, package)
        for name, package in programs.items()
        if not (Path(name).is_file() if name.endswith(".jar") else shutil.which(name))
    ]


def lacking_venv() -> list[Need]:
    """Debian's python3 comes without ensurepip, which makes the environment's own pip."""
    if importlib.util.find_spec("ensurepip") or environment_works():
        return []
    return [Need("ensurepip", f"python3.{sys.version_info.minor}-venv")]


def apt_command(needs: list[Need]) -> list[str]:
    packages = dict.fromkeys(need.package for need in needs)
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def apt_line(needs: list[Need], sudo: bool) -> str:
    """The one line to copy into a terminal."""
    install = " ".join(apt_command(needs))
    if sudo:
        return f"sudo apt-get update && sudo {install}"
    return f"su -c 'apt-get update && {install}'"


def provide(needs: list[Need]) -> None:
    """Install what is lacking, or refuse with the line that does.

    Raises:
        SetupError: not root, no apt-get, or apt-get failed.
    """
    if not needs:
        return
    names = "、".join(need.what for need in needs)
    if not shutil.which("apt-get"):
        packages = " ".join(apt_command(needs)[4:])
        raise SetupError(
            f"系统缺少：{names}。\n请用本机的软件管理工具安装（Debian 的包名：{packages}）。"
        )
    line = apt_line(needs, sudo=shutil.which("sudo") is not None)
    if os.geteuid() != 0:
        raise SetupError(f"系统缺少：{names}。请运行下面这一行，然后重试：\n\n{line}\n")
    say(f"系统缺少：{names}；正在用 apt-get 安装……")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call("apt-get", *APT_PATIENCE, "update", env=quiet, stdout=sys.stderr)  # a stale list may do
    if call(*apt_command(needs), *APT_PATIENCE, env=quiet, stdout=sys.stderr):
        raise SetupError(f"apt-get 没有装成。请检查网络和软件源，再运行：\n\n{line}\n")


# --- the environment ----------------------------------------------------------------------


def environment_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment_works() -> bool:
    """It has a pip and belongs to the Python that runs this file."""
    if not environment_python().exists():
        return False
    major_minor = tuple(sys.version_info[:2])
    probe = f"import sys, pip; sys.exit(sys.version_info[:2] != {major_minor})"
    return call(environment_python(), "-c", probe, stderr=subprocess.DEVNULL) == 0


def stamp_for(lock: Path) -> str:
    """What is written into the environment once a lock is installed: which lock, which Python."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    return f"{digest} python{sys.version_info.major}.{sys.version_info.minor}\n"


def is_installed(lock: str) -> bool:
    """Whether the environment holds this lock as it is now; the dev lock contains the run lock."""
    if not (STAMP.exists() and environment_python().exists()):
        return False
    enough = {stamp_for(LOCKS / f"{name}.txt") for name in (lock, "dev")}
    return STAMP.read_text(encoding="utf-8") in enough


def prepare(lock: str) -> None:
    """Bring .venv to the state of installer/locks/<lock>.txt; nothing to do if it is there."""
    if is_installed(lock):
        return
    STAMP.unlink(missing_ok=True)
    if not environment_works():
        say("正在建立虚拟环境 .venv ……")
        if call(sys.executable, "-m", "venv", "--clear", VENV, stdout=sys.stderr):
            raise SetupError(f"建不成虚拟环境 {VENV}。请确认磁盘有空间、目录可写。")
    install(LOCKS / f"{lock}.txt")
    STAMP.write_text(stamp_for(LOCKS / f"{lock}.txt"), encoding="utf-8")


def install(lock: Path) -> None:
    say("正在按锁定清单安装依赖，首次需要几分钟……")
    pip = [environment_python(), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    options = ["--require-hashes", "--retries", "10", "--timeout", "120", "-r", lock]
    for attempt in range(1, INSTALL_ATTEMPTS + 1):
        if call(*pip, "install", *options, stdout=sys.stderr) == 0:
            return
        say(f"第 {attempt} 次安装没有成功。")
    raise SetupError(
        "依赖没有装成，请检查网络后重试。不能上网的电脑：在别处下载好安装包（.whl），\n"
        "放入一个文件夹，设环境变量 PIP_NO_INDEX=1 和 PIP_FIND_LINKS=该文件夹，再运行一次。"
    )


# --- commands -----------------------------------------------------------------------------


def demo(arguments: list[str]) -> int:
    """The main job on invented data; then the window over it, where there is a display to ask."""
    out = demo_folder(arguments)
    provide(lacking_venv())
    prepare("run")
    code = python("-m", "app", "demo", "--out", out)
    if code or arguments or not has_display():
        return code
    provide(lacking_libraries({**QT_LIBRARIES, **WINDOW_LIBRARIES}))
    return python("-m", "app", env={"XUEJI_VAULT": str(out / "学籍库")})


def has_display() -> bool:
    """Whether a window could be seen; on Windows and macOS one always can."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def demo_folder(arguments: list[str]) -> Path:
    """The folder given by --out, absolute, since the program runs in the project's root."""
    if not arguments:
        return ROOT / "demo-out"
    if len(arguments) == 1 and arguments[0].startswith("--out="):
        arguments = arguments[0].split("=", 1)
    if len(arguments) == 2 and arguments[0] == "--out" and arguments[1]:
        return Path(arguments[1]).resolve()
    raise SetupError("用法：python3 manage.py demo [--out 目录]", 2)


def test(arguments: list[str]) -> int:
    provide(lacking_venv() + lacking_libraries(QT_LIBRARIES) + lacking_programs(TEST_PROGRAMS))
    prepare("dev")
    offscreen = {"QT_QPA_PLATFORM": "offscreen"}
    return python("-m", "pytest", "-n", "2", *arguments, env=offscreen)


def run(arguments: list[str]) -> int:
    """The window; with arguments one command without it, from where the user stands."""
    libraries = {} if arguments else {**QT_LIBRARIES, **WINDOW_LIBRARIES}
    provide(lacking_venv() + lacking_libraries(libraries))
    prepare("run")
    own_modules = {"PYTHONPATH": str(ROOT)}
    return call(environment_python(), "-P", "-m", "app", *arguments, cwd=None, env=own_modules)


def bench(arguments: list[str]) -> int:
    provide(lacking_venv() + lacking_libraries(QT_LIBRARIES) + lacking_programs(BENCH_PEERS))
    prepare("dev")
    return python("-m", "tests.bench", *arguments)


def screenshots(arguments: list[str]) -> int:
    provide(lacking_venv() + lacking_libraries(QT_LIBRARIES))
    prepare("dev")
    return python("-m", "tests.scenes", *arguments)


def lint(_arguments: list[str]) -> int:
    """Every check runs, so that one look shows all there is to mend."""
    provide(lacking_venv())
    prepare("dev")
    checks = [
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "ruff", "check", "."),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-logo"),
    ]
    return max([python(*check) for check in checks])


def promises(_arguments: list[str]) -> int:
    provide(lacking_venv())
    prepare("dev")
    return python("-m", "tests.promises")


COMMANDS = {
    "demo": demo,
    "test": test,
    "run": run,
    "bench": bench,
    "lint": lint,
    "promises": promises,
    "screenshots": screenshots,
}
LATER = {
    "build": "制作安装包的功能以后提供；现在请用 python3 manage.py run 运行。",
}


def python(*arguments: object, env: dict[str, str] | None = None) -> int:
    """Run the environment's Python in the project's root; its exit code."""
    return call(environment_python(), *arguments, env=env)


def call(
    *command: object,
    cwd: Path | None = ROOT,
    env: dict[str, str] | None = None,
    stdout: IO[str] | None = None,
    stderr: int | None = None,
) -> int:
    words = [str(word) for word in command]
    variables = {**os.environ, **(env or {})}
    return subprocess.call(words, cwd=cwd, env=variables, stdout=stdout, stderr=stderr)


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        say(f"需要 Python 3.11 或更新的版本，现在是 {sys.version.split()[0]}。")
        return 1
    if arguments and arguments[0] in {"-h", "--help", "help"}:
        print(USAGE)
        return 0
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        say(LATER.get(command, USAGE))
        return 2
    try:
        return COMMANDS[command](arguments[1:])
    except SetupError as refusal:
        say(str(refusal))
        return refusal.code
    except KeyboardInterrupt:
        say("已中断。")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
