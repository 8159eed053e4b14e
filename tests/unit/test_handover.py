"""人员交接: each step counts once it was done in its turn, whoever opens next goes on with it."""

from pathlib import Path

import pytest

from app.models.vocabulary import Role
from app.services.errors import (
    HandOverNames,
    HandOverNotBegun,
    HandOverNotReady,
    HandOverUnderWay,
    NotYourRole,
    WrongPassword,
)
from app.services.founding import renew_key
from app.services.office.handover import (
    Stage,
    begin,
    give_up,
    hand_over,
    hand_over_paper,
    note_sheet,
    retire,
)
from app.services.progress import finish
from app.services.proof import anchor_slip
from app.services.vault import vault as vaults
from app.services.vault.backup import back_up
from app.services.vault.keys import Cost
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, OPERATOR, PASSWORD, SCHOOL, MadeVault
from tests.faults.powercut.jobs import derive_cheaply

SUCCESSOR, SUPERVISOR = "钱接班", "孙监交"
FIRST, OWN = "红砖 水塔 渡口 晨钟 二号", "海棠 石阶 小满 纸船 十二"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeVault:
    """A vault whose passwords cost nothing: this opens it a dozen times."""
    monkeypatch.setattr(vaults, "calibrate", lambda: CHEAP)
    monkeypatch.setattr(Cost, "derive", derive_cheaply)
    folder = tmp_path / "学籍库"
    vault, code = Vault.create(folder, school=SCHOOL, operator=OPERATOR, password=PASSWORD)
    vault.close()
    return MadeVault(folder, code)


def step(vault: Vault) -> Stage | None:
    under_way = hand_over(vault)
    assert under_way is not None
    return under_way.next


@pytest.mark.promise(10)
def test_the_whole_sequence_and_the_predecessor_is_out(made: MadeVault, tmp_path: Path) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        finish(back_up(vault, tmp_path / "以前的"))
        under_way = begin(vault, SUCCESSOR, SUPERVISOR)
        assert "添加钱接班" in under_way.hint
        vault.add_operator(SUCCESSOR, [Role.RECORD, Role.SYSTEM], FIRST)
        assert step(vault) is Stage.SUCCESSOR  # a temporary password is known to two people
        with pytest.raises(HandOverNotReady, match="请先做“接手人进来”"):
            note_sheet(vault, 2, "机要室")
    with Vault.open(made.folder, FIRST) as vault:
        vault.set_password(SUCCESSOR, OWN)
    with Vault.open(made.folder, PASSWORD) as vault:
        assert step(vault) is Stage.BACKUP  # that of before does not count
        finish(back_up(vault, tmp_path / "备份盘"))
        finish(anchor_slip(vault, tmp_path / "锚定单.pdf"))
        note_sheet(vault, 2, "机要室、校长室各一份")
        with pytest.raises(HandOverNotReady, match="由钱接班打开"):
            retire(vault)
    with Vault.open(made.folder, OWN) as vault:
        assert retire(vault).next is Stage.KEY
        old = vault.key_id
        vault = finish(renew_key(vault, OWN, tmp_path / "新恢复单.pdf"))
    with vault:
        assert vault.key_id != old
        with pytest.raises(HandOverNotReady, match="用新密钥再备份"):
            finish(hand_over_paper(vault, tmp_path / "交接单.pdf"))
        finish(back_up(vault, tmp_path / "备份盘"))
        done = finish(hand_over_paper(vault, tmp_path / "交接单.pdf"))
        assert done.next is None
        assert list(done.done) == list(Stage)
        assert done.done[Stage.KEY].operator == SUCCESSOR
        assert vault.key_id in done.done[Stage.KEY].words
        assert (tmp_path / "交接单.pdf").stat().st_size > 5000
    with pytest.raises(WrongPassword):
        Vault.open(made.folder, PASSWORD)


def test_three_people_and_one_hand_over_at_a_time(vault: Vault) -> None:
    for successor, supervisor in (("", "甲"), ("乙", ""), (OPERATOR, "甲"), ("乙", "乙")):
        with pytest.raises(HandOverNames):
            begin(vault, successor, supervisor)
    with pytest.raises(HandOverNotBegun):
        note_sheet(vault, 2, "机要室")
    begin(vault, SUCCESSOR, SUPERVISOR)
    with pytest.raises(HandOverUnderWay):
        begin(vault, "别人", SUPERVISOR)
    give_up(vault)
    assert hand_over(vault) is None
    assert begin(vault, "别人", SUPERVISOR).successor == "别人"


def test_an_account_that_was_closed_too_early_does_not_block_the_rest(
    made: MadeVault, tmp_path: Path
) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        begin(vault, SUCCESSOR, SUPERVISOR)
        vault.add_operator(SUCCESSOR, [Role.SYSTEM], FIRST)
    with Vault.open(made.folder, FIRST) as vault:
        vault.set_password(SUCCESSOR, OWN)
        vault.remove_operator(OPERATOR, "已经走了")
        finish(back_up(vault, tmp_path / "备份盘"))
        finish(anchor_slip(vault, tmp_path / "锚定单.pdf"))
        assert note_sheet(vault, 1, "机要室").next is Stage.KEY


def test_without_the_system_role_nothing_is_shown(vault: Vault) -> None:
    vault.add_operator(SUCCESSOR, [Role.RECORD], FIRST)
    vault.close()
    with Vault.open(vault.folder, FIRST) as other, pytest.raises(NotYourRole):
        hand_over(other)
