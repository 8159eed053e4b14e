"""The vault as the registrar meets it: made, opened, refused, recovered, handed over."""

import json
import os
import shutil
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.operator import Operator
from app.models.organisation import Cohort
from app.models.vocabulary import Role
from app.services.errors import (
    FolderNotEmpty,
    KeysDamaged,
    KeysMissing,
    LastKey,
    NotYourRole,
    OperatorDisabled,
    OperatorExists,
    OperatorUnknown,
    OperatorUnnamed,
    PasswordShared,
    PlaceRefused,
    RecoveryCodeForeign,
    RegisterDamaged,
    RegisterEmpty,
    RegisterForeign,
    RegisterMissing,
    VaultError,
    VaultInUse,
    VaultMissing,
    VaultUnfinished,
    WaitAfterFailures,
    WeakPassword,
    WrongPassword,
)
from app.services.progress import finish
from app.services.settings import change_settings
from app.services.vault import keys, places
from app.services.vault import vault as vault_module
from app.services.vault.keys import KeyStore, Slot, new_key
from app.services.vault.places import Volume
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, OPERATOR, PASSWORD, SCHOOL, MadeVault

OTHER, OTHER_PASSWORD = "吴接任", "红砖 水塔 渡口 晨钟 二号"


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch) -> None:
    """Calibration has its own test; here every slot costs the permitted minimum."""
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


def actions(vault: Vault) -> list[str]:
    with vault.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


# --- making


def test_a_new_vault_has_its_first_operator_and_a_sheet_that_is_its_key(tmp_path: Path) -> None:
    vault, code = Vault.create(
        tmp_path / "新库", school=SCHOOL, operator=OPERATOR, password=PASSWORD
    )
    with vault:
        assert vault.actor.roles == {Role.RECORD, Role.REVIEW, Role.SYSTEM}
        assert actions(vault) == ["建立学籍库"]
        assert vault.recovery_code() == code
        assert not vault.must_change_password
    assert {path.name for path in vault.folder.iterdir()} == {
        "core.db", "media.db", "keys.json", "keys.previous.json", "vault.lock",
    }  # fmt: skip
    assert Vault.outline(vault.folder).operators == (OPERATOR,)
    assert Vault.outline(vault.folder).school == SCHOOL


def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.docx").touch()
    with pytest.raises(FolderNotEmpty, match="不是空的"):
        Vault.create(tmp_path, school=SCHOOL, operator=OPERATOR, password=PASSWORD)
    assert {path.name for path in tmp_path.iterdir()} == {"letter.docx"}


def test_an_existing_vault_is_never_made_over(made: MadeVault) -> None:
    with pytest.raises(FolderNotEmpty):
        Vault.create(made.folder, school=SCHOOL, operator=OPERATOR, password=PASSWORD)
    Vault.open(made.folder, PASSWORD).close()


def test_a_weak_password_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(WeakPassword):
        Vault.create(tmp_path / "新库", school=SCHOOL, operator=OPERATOR, password=f"{OPERATOR}1")
    assert not (tmp_path / "新库").exists()


@pytest.mark.parametrize(
    "broken",
    ["create_keyed", "Database", "MediaStore", "Slot", "VaultLock.name_holder", "Vault._save"],
)
def test_an_interrupted_creation_says_so_and_can_be_started_again(
    tmp_path: Path, monkeypatch, broken: str
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "新库"
    with monkeypatch.context() as patch:
        if broken == "Slot":
            patch.setattr(Slot, "seal", stop)
        elif broken == "MediaStore":
            patch.setattr(vault_module.MediaStore, "create", stop)
        elif broken == "VaultLock.name_holder":
            patch.setattr(Vault, "_admit_first", stop)
        elif broken == "Vault._save":
            patch.setattr(Vault, "_save", stop)
        else:
            patch.setattr(vault_module, broken, stop)
        with pytest.raises(KeyboardInterrupt):
            Vault.create(folder, school=SCHOOL, operator=OPERATOR, password=PASSWORD)
    with pytest.raises(VaultUnfinished, match="重新新建"):
        Vault.open(folder, PASSWORD)
    Vault.create(folder, school=SCHOOL, operator=OPERATOR, password=PASSWORD)[0].close()
    Vault.open(folder, PASSWORD).close()


# --- opening


def test_a_password_opens_with_or_without_the_name(made: MadeVault) -> None:
    for operator in (None, OPERATOR):
        with Vault.open(made.folder, PASSWORD, operator) as vault:
            assert vault.actor.name == OPERATOR
            assert vault.notices == []
    with pytest.raises(OperatorUnknown, match="吴接任"):
        Vault.open(made.folder, PASSWORD, OTHER)


def test_every_opening_is_in_the_log_with_the_failures_before_it(made: MadeVault) -> None:
    for _ in range(2):
        with pytest.raises(WrongPassword):
            Vault.open(made.folder, "不是这个口令的口令")
    with Vault.open(made.folder, PASSWORD) as vault, vault.database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert entry is not None
        assert (entry.action, json.loads(entry.detail)) == ("打开学籍库", {"此前输错口令": 2})


@pytest.mark.promise(3)
def test_after_five_wrong_passwords_even_the_right_one_waits(made: MadeVault, monkeypatch) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr(vault_module, "now_and_ticks", lambda: (now, now))
    left = []
    for _ in range(4):
        with pytest.raises(WrongPassword) as caught:
            Vault.open(made.folder, "不是这个口令的口令")
        left.append(caught.value.details["left"])
    assert left == [4, 3, 2, 1]
    for password in ("不是这个口令的口令", PASSWORD):
        with pytest.raises(WaitAfterFailures, match="10 分钟"):
            Vault.open(made.folder, password)
    now += 601
    with Vault.open(made.folder, PASSWORD):
        assert KeyStore(made.folder).load()[0].failures.count == 0


@pytest.mark.promise(3)
def test_killing_the_program_during_a_try_does_not_save_the_try(
    made: MadeVault, monkeypatch
) -> None:
    def killed(*_: object) -> bytes:
        raise SystemExit

    monkeypatch.setattr(Slot, "unseal", killed)
    with pytest.raises(SystemExit):
        Vault.open(made.folder, PASSWORD)
    assert KeyStore(made.folder).load()[0].failures.count == 1


def test_missing_vault_and_missing_folder_have_one_sentence(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "没有"):
        with pytest.raises(VaultMissing, match="没有学籍库"):
            Vault.open(folder, PASSWORD)


@pytest.mark.promise(25, 26)
@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda folder: (folder / "core.db").write_bytes(b""), RegisterEmpty),
        (lambda folder: (folder / "core.db").unlink(), RegisterMissing),
        (lambda folder: (folder / "core.db").write_bytes(os.urandom(65536)), RegisterDamaged),
        (
            lambda folder: (folder / "core.db").write_bytes(b"SQLite format 3\0" * 9),
            RegisterForeign,
        ),
        (lambda folder: shutil.copy(folder / "media.db", folder / "core.db"), RegisterForeign),
        (lambda folder: (folder / "media.db").unlink(), RegisterMissing),
        (lambda folder: (folder / "media.db").write_bytes(b""), RegisterEmpty),
    ],
)
def test_each_kind_of_broken_file_has_its_own_sentence_and_frees_the_lock(
    made: MadeVault, damage, error: type[VaultError]
) -> None:
    damage(made.folder)
    for _ in range(2):  # the second time would be VaultInUse if the lock were still held
        with pytest.raises(error, match=str(made.folder)):
            Vault.open(made.folder, PASSWORD)


@pytest.mark.promise(26)
def test_a_register_under_another_key_is_not_called_a_wrong_password(
    made: MadeVault, tmp_path: Path
) -> None:
    other, _ = Vault.create(tmp_path / "别库", school=SCHOOL, operator=OTHER, password=PASSWORD)
    other.close()
    shutil.copy(other.folder / "core.db", made.folder / "core.db")
    with pytest.raises(RegisterDamaged, match="不属于这个学籍库"):
        Vault.open(made.folder, PASSWORD)


@pytest.mark.promise(28)
def test_a_place_that_is_certainly_a_stick_is_refused(made: MadeVault, monkeypatch) -> None:
    monkeypatch.setattr(places, "volume_of", lambda _: Volume("/media/u", "vfat", detachable=True))
    with pytest.raises(PlaceRefused, match="移动存储"):
        Vault.open(made.folder, PASSWORD)
    monkeypatch.setattr(places, "volume_of", lambda _: Volume("/mnt/u", "newfs"))
    with Vault.open(made.folder, PASSWORD) as vault:
        assert "人工确认" in vault.notices[0]


@pytest.mark.promise(27)
def test_a_second_copy_is_refused_and_told_who_has_it(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD):
        with pytest.raises(VaultInUse) as caught:
            Vault.open(made.folder, PASSWORD)
        assert OPERATOR in str(caught.value)
        assert str(os.getpid()) in str(caught.value)
    Vault.open(made.folder, PASSWORD).close()


def test_closing_twice_is_harmless(made: MadeVault) -> None:
    vault = Vault.open(made.folder, PASSWORD)
    vault.close()
    vault.close()


# --- slot file lost or damaged


@pytest.mark.promise(8)
def test_a_damaged_slot_file_falls_back_and_says_so(made: MadeVault) -> None:
    (made.folder / keys.KEYS_FILE).write_bytes(b"{")
    with Vault.open(made.folder, PASSWORD) as vault:
        assert any("已改用上一份" in notice for notice in vault.notices)
    with Vault.open(made.folder, PASSWORD) as vault:
        assert vault.notices == []


@pytest.mark.promise(8)
def test_a_lost_slot_file_falls_back_and_says_so(made: MadeVault) -> None:
    (made.folder / keys.KEYS_FILE).unlink()
    with Vault.open(made.folder, PASSWORD) as vault:
        assert any("不见了" in notice for notice in vault.notices)


@pytest.mark.promise(8)
def test_a_forged_slot_file_is_not_used(made: MadeVault) -> None:
    """Whoever has no key may recompute the checksum, not the MAC."""
    store = KeyStore(made.folder)
    slot_file, _ = store.load()
    forged = type(slot_file)(
        slot_file.vault_id, slot_file.key_id, "别的学校", slot_file.slots, mac=slot_file.mac
    )
    (made.folder / keys.KEYS_FILE).write_bytes(forged.to_json())
    with Vault.open(made.folder, PASSWORD) as vault:
        assert vault.school == SCHOOL
        assert any("曾被改动" in notice for notice in vault.notices)
    for name in (keys.KEYS_FILE, keys.PREVIOUS_FILE):
        (made.folder / name).write_bytes(forged.to_json())
    with pytest.raises(KeysDamaged):
        Vault.open(made.folder, PASSWORD)


@pytest.mark.promise(6, 8)
def test_without_any_slot_file_the_sheet_still_opens(made: MadeVault) -> None:
    for name in (keys.KEYS_FILE, keys.PREVIOUS_FILE):
        (made.folder / name).unlink()
    with pytest.raises(KeysMissing, match="恢复单"):
        Vault.open(made.folder, PASSWORD)
    typed = RecoveryCode.read(str(made.code).lower())
    with Vault.recover(made.folder, typed, operator=OPERATOR, password=OTHER_PASSWORD) as vault:
        assert actions(vault)[-2:] == ["用恢复码打开学籍库", "设置口令"]
    with Vault.open(made.folder, OTHER_PASSWORD) as vault:
        assert finish(vault.verify()).clean


@pytest.mark.promise(6)
def test_a_forgotten_password_is_replaced_by_the_sheet(made: MadeVault) -> None:
    Vault.recover(made.folder, made.code, operator=OPERATOR, password=OTHER_PASSWORD).close()
    with pytest.raises(WrongPassword):
        Vault.open(made.folder, PASSWORD)
    Vault.open(made.folder, OTHER_PASSWORD).close()


@pytest.mark.parametrize("keep_slots", [True, False])
def test_the_sheet_of_another_vault_opens_nothing(made: MadeVault, keep_slots: bool) -> None:
    if not keep_slots:
        for name in (keys.KEYS_FILE, keys.PREVIOUS_FILE):
            (made.folder / name).unlink()
    foreign = RecoveryCode.of_key(new_key())
    for _ in range(2):
        with pytest.raises(RecoveryCodeForeign):
            Vault.recover(made.folder, foreign, operator=OPERATOR, password=OTHER_PASSWORD)


# --- operators


def test_a_new_operator_gets_a_password_to_be_changed(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.RECORD}, OTHER_PASSWORD)
        with pytest.raises(OperatorExists):
            vault.add_operator(OTHER, {Role.RECORD}, OTHER_PASSWORD)
    with Vault.open(made.folder, OTHER_PASSWORD, OTHER) as vault:
        assert vault.actor.roles == {Role.RECORD}
        assert vault.must_change_password
        vault.set_password(OTHER, "新的 长一点 口令 三号")
        assert not vault.must_change_password
    Vault.open(made.folder, PASSWORD).close()


@pytest.mark.promise(10)
def test_a_departed_operator_no_longer_opens_it(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.RECORD}, OTHER_PASSWORD)
        vault.remove_operator(OTHER, "调离")
    with pytest.raises(OperatorUnknown):
        Vault.open(made.folder, OTHER_PASSWORD, OTHER)
    (made.folder / keys.KEYS_FILE).unlink()  # the previous generation does not know him either
    with pytest.raises(WrongPassword):
        Vault.open(made.folder, OTHER_PASSWORD)


def test_the_last_operator_cannot_be_removed(vault: Vault) -> None:
    with pytest.raises(LastKey):
        vault.remove_operator(OPERATOR, "调离")
    with vault.database.read() as session:
        assert session.scalars(select(Operator.active)).all() == [True]


def test_a_disabled_account_does_not_open(made: MadeVault) -> None:
    with (
        Vault.open(made.folder, PASSWORD) as vault,
        vault.database.write(vault.actor, "停用操作员") as session,
    ):
        session.scalars(select(Operator)).one().active = False
    for _ in range(2):
        with pytest.raises(OperatorDisabled):
            Vault.open(made.folder, PASSWORD)


# --- high-water mark and verification


def test_a_closed_vault_verifies_clean_with_its_mark(made: MadeVault) -> None:
    Vault.open(made.folder, PASSWORD).close()
    mark = KeyStore(made.folder).load()[0].high_water
    with Vault.open(made.folder, PASSWORD) as vault:
        assert vault.database.head().seq == mark.seq + 1
        assert finish(vault.verify()).clean


@pytest.mark.promise(34)
def test_an_old_register_put_back_is_noticed_until_it_is_explained(made: MadeVault) -> None:
    old = (made.folder / "core.db").read_bytes()
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.READ}, OTHER_PASSWORD)
    (made.folder / "core.db").write_bytes(old)
    for _ in range(3):  # working on does not wear the evidence away
        with Vault.open(made.folder, PASSWORD) as vault:
            assert any("换回了旧文件" in notice for notice in vault.notices)
            report = finish(vault.verify())
            assert report.audit is not None
            assert "keys.json" in report.audit.findings[0].sentence
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.accept_older_register("从 9 月 1 日的备份恢复，见恢复记录")
    with Vault.open(made.folder, PASSWORD) as vault:
        assert vault.notices == []
        assert "确认高水位不符" in actions(vault)
        assert finish(vault.verify()).clean


def test_the_recovery_code_and_an_older_register_are_for_the_system_role(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.RECORD}, OTHER_PASSWORD)
    with Vault.open(made.folder, OTHER_PASSWORD) as vault:
        before = actions(vault)
        with pytest.raises(NotYourRole, match="“系统”角色"):
            vault.recovery_code()
        with pytest.raises(NotYourRole, match="“系统”角色"):
            vault.accept_older_register("试")
        assert actions(vault) == before


def test_the_mark_follows_long_work(vault: Vault, monkeypatch) -> None:
    before = KeyStore(vault.folder).load()[0].high_water.seq
    vault.recovery_code()
    assert KeyStore(vault.folder).load()[0].high_water.seq == before
    later = time.monotonic() + 61
    monkeypatch.setattr(vault_module.time, "monotonic", lambda: later)
    vault.recovery_code()
    assert KeyStore(vault.folder).load()[0].high_water.seq == before + 2


def test_verification_of_a_damaged_register_names_the_file(made: MadeVault) -> None:
    vault = Vault.open(made.folder, PASSWORD)
    vault.media.put(b"picture" * 5000)
    vault.media.close()
    path = made.folder / "media.db"
    content = bytearray(path.read_bytes())
    content[-3000] ^= 1
    path.write_bytes(content)
    report = finish(vault.verify())
    assert not report.clean
    assert any("media.db" in sentence for sentence in report.damage)
    vault.close()


@pytest.mark.promise(1, 11)
def test_key_and_password_are_in_no_file(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.recovery_code()
        secrets = [
            made.key, made.key.hex().encode(), PASSWORD.encode(), made.code.lines[0].encode(),
            made.code.lines[0].replace("-", "").encode(),
        ]  # fmt: skip
        for path in made.folder.iterdir():
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret in content]


@pytest.mark.promise(5)
def test_every_operator_has_a_name_and_a_password_of_his_own(vault: Vault) -> None:
    with pytest.raises(PasswordShared):
        vault.add_operator("郑同事", [Role.READ], PASSWORD, cost=CHEAP)
    with pytest.raises(OperatorUnnamed):
        vault.add_operator("  ", [Role.READ], "另一个足够长的口令 8", cost=CHEAP)
    assert [operator.name for operator in vault.operators()] == [OPERATOR]


@pytest.mark.promise(35)
def test_a_lost_wal_is_noticed_at_the_next_opening(made: MadeVault, tmp_path: Path) -> None:
    """What had been committed since the last checkpoint is gone; the mark remembers it."""
    vault = Vault.open(made.folder, PASSWORD)
    with vault.database.write(vault.actor, "建立年级") as session:
        session.add(Cohort(year=2027, entry_date=date(2027, 9, 1)))
    vault._mark(vault.database.head())  # as it does every minute
    crashed = shutil.copytree(made.folder, tmp_path / "断电后")
    vault.close()
    whole = shutil.copytree(crashed, tmp_path / "完整")
    assert (crashed / "core.db-wal").stat().st_size > 0
    (crashed / "core.db-wal").unlink()
    with Vault.open(crashed, PASSWORD) as opened:
        assert any("丢失了最后的修改" in notice for notice in opened.notices)
        assert not finish(opened.verify()).clean
    with Vault.open(whole, PASSWORD) as opened:
        assert opened.notices == []


@pytest.mark.promise(25)
@pytest.mark.parametrize("name", ["core.db", "media.db"])
def test_no_missing_file_is_made_anew(made: MadeVault, name: str) -> None:
    (made.folder / name).unlink()
    with pytest.raises(RegisterMissing, match="不要新建"):
        Vault.open(made.folder, PASSWORD)
    assert not (made.folder / name).exists()


@pytest.mark.promise(36)
@pytest.mark.parametrize("days", [-1, -3650, 3650])
def test_a_wrong_clock_is_told_and_logged_and_order_stays(
    made: MadeVault, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    wrong = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr(vault_module, "_now", lambda: wrong)
    with Vault.open(made.folder, PASSWORD) as vault:
        assert any("电脑时钟" in notice for notice in vault.notices)
        with vault.database.read() as session:
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert last is not None
        assert "电脑时钟" in json.loads(last.detail)["时钟"]
        assert finish(vault.verify()).clean


@pytest.mark.promise(3)
def test_wrong_passwords_at_a_locked_window_count_after_a_new_start(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        for _ in range(5):
            with pytest.raises((WrongPassword, WaitAfterFailures)):
                vault.readmit("不是这个口令")
    with pytest.raises(WaitAfterFailures):
        Vault.open(made.folder, PASSWORD)


@pytest.mark.promise(5)
def test_a_password_in_use_for_half_a_year_is_reminded_of_and_still_opens(
    made: MadeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC) + timedelta(days=100)
    monkeypatch.setattr(vault_module, "_now", lambda: later)
    with Vault.open(made.folder, PASSWORD) as vault:
        assert not any("口令已经用了" in notice for notice in vault.notices)
        with vault.database.write(vault.actor, "修改设置") as session:
            change_settings(session, {"口令更换提醒天数": "90"})
    with Vault.open(made.folder, PASSWORD) as vault:
        assert any("口令已经用了 100 天" in notice for notice in vault.notices)
