"""manage.py: what it asks of the system, when it installs, what it refuses."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import manage

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "installer" / "locks"
NEEDS = [
    manage.Need("libGL.so.1", "libgl1"),
    manage.Need("libEGL.so.1", "libegl1"),
    manage.Need("pdftotext", "poppler-utils"),
    manage.Need("pdfinfo", "poppler-utils"),
]


# --- the system ---------------------------------------------------------------------------


def test_apt_line_names_every_package_once_and_can_be_copied_whole():
    line = manage.apt_line(NEEDS, sudo=True)
    assert line == (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends"
        " libgl1 libegl1 poppler-utils"
    )


def test_apt_line_does_without_sudo_on_a_bare_debian():
    line = manage.apt_line(NEEDS[:1], sudo=False)
    assert line == ("su -c 'apt-get update && apt-get install -y --no-install-recommends libgl1'")


def test_ordinary_user_is_told_the_line_and_nothing_is_installed(monkeypatch):
    commands = recorded_calls(monkeypatch)
    monkeypatch.setattr(manage.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(manage.shutil, "which", lambda program: f"/usr/bin/{program}")
    with pytest.raises(manage.SetupError) as refusal:
        manage.provide(NEEDS)
    assert manage.apt_line(NEEDS, sudo=True) in str(refusal.value)
    assert refusal.value.code == 1
    assert commands == []


def test_root_on_debian_updates_once_and_installs_everything_in_one_go(monkeypatch):
    commands = recorded_calls(monkeypatch)
    monkeypatch.setattr(manage.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(manage.shutil, "which", lambda program: f"/usr/bin/{program}")
    manage.provide(NEEDS)
    assert ["update" in command for command in commands] == [True, False]
    assert {"install", "libgl1", "libegl1", "poppler-utils"} <= set(commands[1])


def test_system_without_apt_is_told_what_is_lacking(monkeypatch):
    commands = recorded_calls(monkeypatch)
    monkeypatch.setattr(manage.shutil, "which", lambda _program: None)
    with pytest.raises(manage.SetupError, match=r"(?s)libEGL\.so\.1.*libgl1 libegl1 poppler-utils"):
        manage.provide(NEEDS)
    assert commands == []


def test_library_that_is_not_there_is_noticed(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    lacking = manage.lacking_libraries({"libno-such-thing.so.9": "libno9"})
    assert lacking == [manage.Need("libno-such-thing.so.9", "libno9")]


def test_a_jar_is_looked_for_as_a_file_and_a_program_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setattr(manage.shutil, "which", lambda _program: None)
    here = tmp_path / "here.jar"
    here.touch()
    wanted = {str(here): "libhere-java", "/no/such.jar": "libsuch-java", "lp": "cups-client"}
    needs = [need.package for need in manage.lacking_programs(wanted)]
    assert needs == ["libsuch-java", "cups-client"]


def test_windows_is_not_asked_for_linux_libraries(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert manage.lacking_libraries({"libno-such-thing.so.9": "libno9"}) == []


# --- the environment ----------------------------------------------------------------------


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of two locks with nothing installed yet; pip and venv are only recorded."""
    monkeypatch.setattr(manage, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(manage, "STAMP", tmp_path / ".venv" / "installed.stamp")
    monkeypatch.setattr(manage, "LOCKS", tmp_path)
    (tmp_path / "run.txt").write_text("a==1\n", encoding="utf-8")
    (tmp_path / "dev.txt").write_text("a==1\nb==1\n", encoding="utf-8")
    python = manage.environment_python()
    python.parent.mkdir(parents=True)
    python.touch()
    return tmp_path


def test_dependencies_are_installed_only_when_the_lock_changed(project, monkeypatch):
    commands = recorded_calls(monkeypatch)
    manage.prepare("run")
    assert installed_locks(commands) == ["run.txt"]
    manage.prepare("run")
    assert installed_locks(commands) == ["run.txt"]
    (project / "run.txt").write_text("a==2\n", encoding="utf-8")
    manage.prepare("run")
    assert installed_locks(commands) == ["run.txt", "run.txt"]


def test_developers_environment_runs_the_program_too(project, monkeypatch):
    commands = recorded_calls(monkeypatch)
    manage.prepare("dev")
    manage.prepare("run")
    assert installed_locks(commands) == ["dev.txt"]


def test_delivered_environment_is_not_enough_for_the_tests(project, monkeypatch):
    commands = recorded_calls(monkeypatch)
    manage.prepare("run")
    manage.prepare("dev")
    assert installed_locks(commands) == ["run.txt", "dev.txt"]


def test_broken_download_is_tried_again_and_leaves_no_stamp(project, monkeypatch):
    commands = recorded_calls(monkeypatch, pip_fails=True)
    with pytest.raises(manage.SetupError, match="依赖没有装成"):
        manage.prepare("run")
    assert len(installed_locks(commands)) == manage.INSTALL_ATTEMPTS
    assert not manage.is_installed("run")


@pytest.mark.promise(54)
def test_every_hash_is_demanded(project, monkeypatch):
    commands = recorded_calls(monkeypatch)
    manage.prepare("run")
    (pip,) = [command for command in commands if "-r" in command]
    assert "--require-hashes" in pip


def test_environment_left_half_made_does_not_hide_that_debian_lacks_ensurepip(project, monkeypatch):
    monkeypatch.setattr(manage.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(manage.subprocess, "call", lambda _command, **_: 1)  # it has no pip
    (need,) = manage.lacking_venv()
    assert need.package == f"python3.{sys.version_info.minor}-venv"


# --- the commands -------------------------------------------------------------------------


def test_demo_folder_is_meant_from_where_the_user_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert manage.demo_folder(["--out", "结果"]) == tmp_path / "结果"
    assert manage.demo_folder(["--out=结果"]) == tmp_path / "结果"
    assert manage.demo_folder([]) == ROOT / "demo-out"


def test_file_names_given_to_the_program_are_meant_from_where_the_user_stands(
    project, tmp_path, monkeypatch
):
    monkeypatch.setattr(manage, "provide", lambda _needs: None)
    places = []
    monkeypatch.setattr(
        manage.subprocess, "call", lambda _command, **options: places.append(options["cwd"]) or 0
    )
    assert manage.main(["run", "import", "名册.xls"]) == 0
    assert places[-1] is None


@pytest.mark.parametrize("arguments", [["--out"], ["--out="], ["结果"], ["--out", "a", "b"]])
def test_demo_refuses_what_it_does_not_understand(arguments):
    with pytest.raises(manage.SetupError) as refusal:
        manage.demo_folder(arguments)
    assert refusal.value.code == 2


@pytest.mark.parametrize("arguments", [[], ["demmo"], ["build"]])
def test_wrong_usage_is_answered_in_chinese_with_code_2(arguments, capsys):
    assert manage.main(arguments) == 2
    assert re.search("[一-龥]", capsys.readouterr().err)


def test_an_old_python_can_still_read_the_file_to_be_told_so():
    source = (ROOT / "manage.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))


# --- the locks ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run", "dev"])
def test_lock_has_hashes_for_every_package_and_names_no_host(name):
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 30
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", text)


def test_developers_lock_contains_the_delivered_one():
    delivered, developers = pins("run"), pins("dev")
    assert {name: developers.get(name) for name in delivered} == delivered


@pytest.mark.parametrize("name", ["run", "dev"])
def test_lock_answers_what_pyproject_asks(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"]]
    if name == "dev":
        asked += project["optional-dependencies"]["dev"]
    locked = pins(name)
    for requirement in map(Requirement, asked):
        key = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert key in locked, f"{requirement} is not in {name}.txt: renew the lock"
        assert requirement.specifier.contains(locked[key]), f"{requirement}: {locked[key]}"


def pins(name: str) -> dict[str, str]:
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE))


# --- helpers ------------------------------------------------------------------------------


def recorded_calls(monkeypatch, *, pip_fails: bool = False) -> list[list[str]]:
    """Nothing is run; the command lines are kept."""
    commands: list[list[str]] = []

    def record(command, **_):
        commands.append(command)
        return int(pip_fails and "-r" in command)

    monkeypatch.setattr(manage.subprocess, "call", record)
    return commands


def installed_locks(commands: list[list[str]]) -> list[str]:
    return [Path(command[-1]).name for command in commands if "-r" in command]
