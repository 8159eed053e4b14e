"""第十八条检查: what the PC answered, and 查不了 for whatever it did not, never 符合 by default."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from app.services import clock
from app.services.errors import CheckItemUnknown
from app.services.office.machine import Machine, Silence, ThisMachine, Told
from app.services.office.workplace import (
    Answer,
    Check,
    Item,
    check_workplace,
    keep_check,
    last_software,
    said_by_hand,
)
from app.services.progress import finish
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, OPERATOR, PASSWORD, SCHOOL
from tests.machines import Recorded

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    clock.stop_at(datetime(2026, 11, 23, 9).astimezone())
    yield
    clock.stop_at(None)


@pytest.fixture
def vault(_in_november: None, tmp_path: Path) -> Iterator[Vault]:
    """A vault that was made on that day: its own records are a witness of the clock."""
    made, _ = Vault.create(
        tmp_path / "学籍库", school=SCHOOL, operator=OPERATOR, password=PASSWORD, cost=CHEAP
    )
    with made:
        yield made


def asked(vault: Vault, machine: Machine) -> Check:
    return finish(check_workplace(vault, machine))


def answers(check: Check) -> dict[Item, Answer]:
    return {one.item: one.answer for one in check.found}


def words(check: Check, item: Item) -> str:
    return next(one.words for one in check.found if one.item is item)


#: What each recorded PC must be told, but for the vault's place and the clock.
EXPECTED = {
    "windows": (YES, YES, YES, YES, YES, YES, UNKNOWN, UNKNOWN, YES, YES, UNKNOWN),
    "windows_denied": (UNKNOWN,) * 11,
    "windows_odd": (NO, UNKNOWN, UNKNOWN, UNKNOWN, NO, NO, YES, UNKNOWN, UNKNOWN, NO, UNKNOWN),
    "debian": (UNKNOWN, YES, YES, YES, YES, YES, UNKNOWN, UNKNOWN, YES, YES, UNKNOWN),
    "bare": (UNKNOWN, UNKNOWN, NO, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, YES, UNKNOWN,
             UNKNOWN),
}  # fmt: skip


@pytest.mark.promise(53)
@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_pc_is_judged_by_what_it_said(vault: Vault, name: str) -> None:
    check = asked(vault, Recorded(name))
    found = answers(check)
    assert list(found) == list(Item)
    assert tuple(found.values())[:11] == EXPECTED[name]
    assert found[Item.CLOCK] is YES
    for one in check.found:
        assert one.words
        assert one.source
        if one.answer is UNKNOWN:
            assert "人工核对" in one.words or "人工确认" in one.words or "登记簿" in one.words


@pytest.mark.promise(53)
def test_of_a_pc_that_says_nothing_nothing_is_claimed(vault: Vault) -> None:
    class Mute(Recorded):
        def _answer(self, *_: str) -> Silence:
            return Silence("十秒没有回答")

    for windows in (True, False):
        check = asked(vault, Mute("bare", windows=windows, networks=["eth0"]))
        about_the_pc = [one for one in check.found if one.item not in {Item.PLACE, Item.CLOCK}]
        assert {one.answer for one in about_the_pc} == {UNKNOWN}


@pytest.mark.promise(53)
def test_other_languages_and_strange_answers_are_not_guessed_at(vault: Vault) -> None:
    for text in ("{}", "null", '{"AntivirusSignatureAge": 4294967295}', "Zugriff verweigert", ""):
        powershell = {"powershell": {"Get-MpComputerStatus": [0, text], "Get-HotFix": [0, text]}}
        found = answers(asked(vault, Recorded("windows", run=powershell)))
        assert found[Item.SIGNATURES] is found[Item.UPDATES] is UNKNOWN
    old = {"powershell": {"Get-MpComputerStatus": [0, '{"AntivirusSignatureAge": 30}'],
                          "Get-HotFix": [0, "2026-01-05"]}}  # fmt: skip
    found = answers(asked(vault, Recorded("windows", run=old)))
    assert found[Item.SIGNATURES] is found[Item.UPDATES] is NO


@pytest.mark.promise(53)
def test_new_software_shows_against_the_check_that_was_kept(vault: Vault, tmp_path: Path) -> None:
    first = asked(vault, Recorded("debian"))
    assert answers(first)[Item.SOFTWARE] is UNKNOWN
    finish(keep_check(vault, first, tmp_path / "检查单.pdf"))
    assert (tmp_path / "检查单.pdf").stat().st_size > 5000
    assert last_software(vault) == ("bash", "libc6:amd64", "wps-office")
    assert answers(asked(vault, Recorded("debian")))[Item.SOFTWARE] is YES
    more = {"dpkg-query": [0, "bash\nlibc6:amd64\nwps-office\nsome-game\n"]}
    later = asked(vault, Recorded("debian", run=more))
    assert answers(later)[Item.SOFTWARE] is NO
    assert "some-game" in words(later, Item.SOFTWARE)


def test_a_person_who_looked_says_so_and_the_machine_word_stays(vault: Vault) -> None:
    check = asked(vault, Recorded("bare"))
    ((item, answer, said),) = said_by_hand(["杀毒软件=符合：看过安全中心，病毒库当天"])
    done = check.confirmed(item, answer, said, "周学管")
    assert answers(done)[Item.VIRUS] is YES
    assert "看过安全中心" in words(done, Item.VIRUS)
    assert "程序：" in words(done, Item.VIRUS)
    assert "不等于电脑安全" in done.words
    for typed in ("杀毒=符合：看过", "杀毒软件=符合", "杀毒软件=也许：看过"):
        with pytest.raises(CheckItemUnknown):
            list(said_by_hand([typed]))


@pytest.mark.promise(53)
def test_this_very_pc_answers_or_is_silent_in_time(vault: Vault, tmp_path: Path) -> None:
    check = asked(vault, ThisMachine())
    assert list(answers(check)) == list(Item)
    here = ThisMachine()
    assert isinstance(here.run("没有这个程序"), Silence)
    assert here.run("true") == Told(0, "")
    assert isinstance(here.text(str(tmp_path / "没有")), Silence)
    assert isinstance(here.changed(str(tmp_path / "没有")), Silence)
