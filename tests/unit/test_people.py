"""Operators over the years: own passwords, roles, the sheet printed again, the list of backups."""

from pathlib import Path

import pytest

from app.models.vocabulary import Role
from app.services.errors import (
    LastSystemOperator,
    NotYourPassword,
    NotYourRole,
    PasswordUnchanged,
    SheetExists,
)
from app.services.founding import reprint_sheet
from app.services.progress import finish
from app.services.vault import vault as vault_module
from app.services.vault.backup import back_up, last_backups
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, OPERATOR, PASSWORD, MadeVault

OTHER, TEMPORARY, OWN = "吴接任", "红砖 水塔 渡口 晨钟 二号", "白桦 纸鸢 小雪 木桥 九号"


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


def test_a_temporary_password_cannot_become_ones_own(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.RECORD}, TEMPORARY)
    with Vault.open(made.folder, TEMPORARY) as vault:
        assert vault.must_change_password
        with pytest.raises(PasswordUnchanged):
            vault.set_password(OTHER, TEMPORARY)
        vault.set_password(OTHER, OWN)
        assert not vault.must_change_password


def test_roles_change_with_the_next_opening(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.READ}, TEMPORARY)
        vault.set_roles(OTHER, {Role.RECORD, Role.REVIEW}, "接任录入")
    with Vault.open(made.folder, TEMPORARY) as vault:
        assert vault.actor.roles == {Role.RECORD, Role.REVIEW}
        with pytest.raises(NotYourRole):
            vault.set_roles(OTHER, [*Role], "自己加")


def test_the_last_system_operator_keeps_that_role(vault: Vault) -> None:
    with pytest.raises(LastSystemOperator):
        vault.set_roles(OPERATOR, {Role.RECORD}, "")
    assert Role.SYSTEM in vault.operators()[0].roles


def test_a_new_name_of_the_school_is_read_before_opening(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.rename_school("江海技师学院")
    assert Vault.outline(made.folder).school == "江海技师学院"
    with Vault.open(made.folder, PASSWORD) as vault:
        assert vault.school == "江海技师学院"


def test_the_sheet_is_printed_again_only_for_who_knows_the_password(
    vault: Vault, tmp_path: Path
) -> None:
    sheet = tmp_path / "恢复单.pdf"
    with pytest.raises(NotYourPassword):
        reprint_sheet(vault, "不是这个口令", sheet)
    assert not sheet.exists()
    reprint_sheet(vault, PASSWORD, sheet)
    assert sheet.read_bytes().startswith(b"%PDF")
    with pytest.raises(SheetExists):
        reprint_sheet(vault, PASSWORD, sheet)


def test_backups_are_listed_newest_first(vault: Vault, tmp_path: Path) -> None:
    assert last_backups(vault.database) == []
    first = finish(back_up(vault, tmp_path / "盘"))
    second = finish(back_up(vault, tmp_path / "另一块"))
    listed = last_backups(vault.database)
    assert [row.name for row in listed] == [second.folder.name, first.folder.name]
    assert listed[0].operator == OPERATOR
    assert listed[0].head == second.manifest.head.short
