"""Old backups are thinned without a risk; what is due is told; nothing big happens uncopied."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.student import Student
from app.models.vocabulary import Role
from app.services import clock
from app.services.errors import (
    NoBackupTarget,
    NothingAside,
    NotYourRole,
    RecoveryCodeForeign,
    SettingNotDays,
    VaultInUse,
    VaultMissing,
    VaultMovedAside,
)
from app.services.exchange import batches
from app.services.progress import finish
from app.services.settings import change_settings
from app.services.vault import keys, replacing, retention
from app.services.vault import vault as vault_module
from app.services.vault.backup import BackupReport, back_up, verify_backup
from app.services.vault.keys import new_key
from app.services.vault.recovery import RecoveryCode
from app.services.vault.rehearsal import rehearse
from app.services.vault.replacing import put_back, replace_vault
from app.services.vault.retention import held, staying, thin
from app.services.vault.safekeeping import (
    back_up_all,
    backup_anchors,
    backup_state,
    beside,
    check_newest,
    copy_before,
)
from app.services.vault.vault import Vault
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list
from tests.conftest import CHEAP, PASSWORD, MadeVault

NOON = datetime(2026, 11, 20, 12).astimezone()
DAY = timedelta(days=1)
OTHER_PASSWORD = "红砖 水塔 渡口 晨钟 二号"


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The other disk."""
    place = tmp_path / "备份盘"
    place.mkdir()
    return place


@pytest.fixture
def stopped() -> Iterator[None]:
    """A clock that the test sets by `clock.stop_at`."""
    yield
    clock.stop_at(None)


def target(vault: Vault, disk: Path, **more: str) -> None:
    with vault.database.write(vault.actor, "修改设置") as session:
        change_settings(session, {"备份位置": str(disk), **more})


def damage(backup: Path) -> None:
    content = bytearray((backup / "core.db").read_bytes())
    content[9000] ^= 1
    (backup / "core.db").write_bytes(content)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def daily(vault: Vault, disk: Path, days: int) -> list[BackupReport]:
    """A backup at noon on each of so many days, the last on NOON's."""
    made = []
    for ago in reversed(range(days)):
        clock.stop_at(NOON - ago * DAY)
        made.append(finish(back_up(vault, disk)))
    return made


# --- which stay


def test_of_daily_backups_seven_days_five_weeks_twelve_months_and_every_year_stay() -> None:
    every_day = [NOON - n * DAY for n in range(3 * 365)]
    stay = staying(every_day)
    assert {NOON - n * DAY for n in range(7)} <= stay
    assert len({moment.isocalendar()[:2] for moment in stay}) >= 5
    assert {moment.year for moment in stay} == {2023, 2024, 2025, 2026}
    assert len(stay) <= 7 + 5 + 12 + 4
    months = {(moment.year, moment.month) for moment in stay}
    assert len(months) >= 12
    assert staying(stay) == stay  # thinning again takes nothing away


def test_of_several_on_a_day_the_newest_stays_and_rare_ones_all_do() -> None:
    morning, evening = NOON.replace(hour=8), NOON.replace(hour=18)
    assert staying([morning, evening]) == {evening}
    rare = [datetime(year, 6, 30).astimezone() for year in range(1990, 2026)]
    assert staying(rare) == set(rare)


# --- thinning them


@pytest.mark.promise(39)
def test_thinning_removes_what_need_not_stay_and_nothing_else(
    vault: Vault, disk: Path, stopped: None
) -> None:
    made = daily(vault, disk, 12)
    (disk / "照片").mkdir()
    (disk / "学籍备份-别的").mkdir()
    gone = finish(thin(vault, made[-1]))
    left = {report.folder for report in made} - set(gone)
    assert gone
    assert {report.folder for report in made[-7:]} <= left
    assert names(disk) == {folder.name for folder in left} | {"照片", "学籍备份-别的"}
    for folder in left:
        assert finish(verify_backup(folder, vault.key)).sound


@pytest.mark.promise(36, 39)
def test_nothing_is_removed_while_the_clock_is_doubted(
    vault: Vault, disk: Path, stopped: None
) -> None:
    made = daily(vault, disk, 10)
    before = names(disk)
    clock.stop_at(NOON - 3 * DAY)  # set back: the newest backup lies in the future
    assert finish(thin(vault, made[-1])) == ()
    clock.stop_at(NOON)
    vault.clock_doubt = "电脑时钟"
    assert finish(thin(vault, made[-1])) == ()
    assert names(disk) == before


@pytest.mark.promise(39)
def test_a_damaged_backup_never_stands_for_a_good_one(
    vault: Vault, disk: Path, stopped: None
) -> None:
    """Of a day with two backups the older one stays when the newer one is no good."""
    clock.stop_at(NOON - 30 * DAY)
    older = finish(back_up(vault, disk)).folder
    clock.stop_at(NOON - 30 * DAY + timedelta(hours=2))
    short = finish(back_up(vault, disk)).folder
    (short / "media.db").write_bytes(b"cut short")
    clock.stop_at(NOON - 30 * DAY + timedelta(hours=4))
    rotten = finish(back_up(vault, disk)).folder
    damage(rotten)
    clock.stop_at(NOON)
    fresh = finish(back_up(vault, disk))
    finish(thin(vault, fresh, damaged={rotten.name}))
    assert older.exists()
    assert finish(verify_backup(older, vault.key)).sound


@pytest.mark.promise(39)
def test_the_only_good_copy_stays_whatever_happens(vault: Vault, disk: Path, stopped: None) -> None:
    made = daily(vault, disk, 9)
    for report in made[1:]:
        (report.folder / "core.db").unlink()
    unsound = BackupReport(made[-1].folder, made[-1].manifest, ("坏了",))
    assert finish(thin(vault, unsound)) == ()
    assert made[0].folder.exists()


def test_backups_of_another_vault_and_under_another_key_are_left_alone(
    vault: Vault, disk: Path, stopped: None
) -> None:
    made = daily(vault, disk, 9)
    oldest = made[0].folder
    manifest = made[0].manifest
    (oldest / "manifest.json").write_bytes(replace(manifest, vault_id="别的库").to_json())
    forged = made[1].folder
    (forged / "manifest.json").write_bytes(
        replace(made[1].manifest, key_id="x").signed(new_key()).to_json()
    )
    gone = finish(thin(vault, made[-1]))
    assert oldest not in gone
    assert forged not in gone
    assert oldest.exists()
    assert forged.exists()


def test_a_removal_that_is_killed_leaves_no_half_backup_under_a_good_name(
    vault: Vault, disk: Path, stopped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = daily(vault, disk, 12)

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retention.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(thin(vault, made[-1]))
    for each in held(disk, vault.vault_id):
        assert each.whole
    clock.stop_at(NOON + DAY)
    finish(back_up(vault, disk))
    assert not list(disk.glob("*.part"))


# --- how things stand


def test_a_register_without_a_backup_says_so(vault: Vault) -> None:
    state = backup_state(vault)
    assert (state.days_since_copy, state.days_since_drill, state.copy_due) == (None, None, True)
    assert any("还没有核对过的备份" in sentence for sentence in state.sentences)
    assert any("还没有设定备份位置" in sentence for sentence in state.sentences)


def test_the_days_are_counted_from_the_last_checked_copy(
    vault: Vault, disk: Path, stopped: None
) -> None:
    target(vault, disk, 备份间隔天数="3")
    clock.stop_at(NOON)
    finish(back_up_all(vault))
    assert backup_state(vault).days_since_copy == 0
    clock.stop_at(NOON + 2 * DAY)
    assert not backup_state(vault).copy_due
    clock.stop_at(NOON + 3 * DAY)
    state = backup_state(vault)
    assert (state.days_since_copy, state.copy_due) == (3, True)
    assert any("3 天前，该备份了" in sentence for sentence in state.sentences)


@pytest.mark.promise(39)
def test_a_backup_that_broke_afterwards_no_longer_counts(
    vault: Vault, disk: Path, stopped: None
) -> None:
    target(vault, disk)
    clock.stop_at(NOON - 5 * DAY)
    finish(back_up_all(vault))
    clock.stop_at(NOON)
    (newest,) = finish(back_up_all(vault))
    damage(newest.folder)
    (report,) = finish(check_newest(vault))
    assert not report.sound
    state = backup_state(vault)
    assert state.days_since_copy == 5
    assert any(f"备份“{newest.folder.name}”已损坏" in told for told in state.sentences)
    (place,) = state.targets
    assert (place.count, place.damaged) == (1, (newest.folder.name,))


@pytest.mark.promise(39)
def test_a_backup_that_was_deleted_or_cut_short_no_longer_counts(
    vault: Vault, disk: Path, stopped: None
) -> None:
    target(vault, disk)
    clock.stop_at(NOON)
    (made,) = finish(back_up_all(vault))
    (made.folder / "media.db").write_bytes(b"")
    assert backup_state(vault).days_since_copy is None
    shutil.rmtree(made.folder)
    assert backup_state(vault).days_since_copy is None
    shutil.rmtree(disk)  # unplugged: the word of the log stands
    assert backup_state(vault).days_since_copy == 0


def test_both_targets_are_served_and_one_that_is_away_is_named(
    vault: Vault, disk: Path, tmp_path: Path
) -> None:
    with pytest.raises(NoBackupTarget, match="备份位置"):
        finish(back_up_all(vault))
    second = tmp_path / "移动硬盘"
    target(vault, disk, 第二备份位置=str(second))
    assert {report.folder.parent for report in finish(back_up_all(vault))} == {disk, second}
    target(vault, disk, 第二备份位置=str(tmp_path / "没插" / "备份"))
    assert [report.folder.parent for report in finish(back_up_all(vault))] == [disk]
    assert any("现在接不上" in sentence for sentence in backup_state(vault).sentences)


def test_days_are_days(vault: Vault) -> None:
    for wrong in ("0", "每天", "-1", "9999"):
        with pytest.raises(SettingNotDays, match="备份间隔天数"):
            target(vault, Path("x"), 备份间隔天数=wrong)


def test_the_heads_of_all_backups_at_hand_are_anchors(vault: Vault, disk: Path) -> None:
    target(vault, disk)
    (made,) = finish(back_up_all(vault))
    (anchor,) = backup_anchors(vault)
    assert (anchor.seq, anchor.digits) == (made.manifest.head.seq, made.manifest.head.hash)
    assert finish(vault.verify_audit([anchor])).clean


# --- copies that the program makes by itself


def test_a_big_import_is_copied_before_it_is_written(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MANY", 3)
    desk = Workstation(vault)
    take_in(desk, write_list(tmp_path / "少.xlsx", [person(1, "赵一"), person(2, "钱二")]))
    assert not beside(vault.folder).exists()
    take_in(desk, write_list(tmp_path / "多.xlsx", [person(n, f"第{n}人") for n in range(3, 7)]))
    (copy,) = held(beside(vault.folder), vault.vault_id)
    assert copy.manifest.students == 2
    assert finish(verify_backup(copy.folder, vault.key)).sound


def test_an_automatic_copy_goes_to_the_target_and_needs_no_role(
    made: MadeVault, disk: Path
) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator("吴录入", {Role.RECORD}, OTHER_PASSWORD, cost=CHEAP)
        target(vault, disk)
    with Vault.open(made.folder, OTHER_PASSWORD, "吴录入") as vault:
        with pytest.raises(NotYourRole):
            finish(back_up(vault, disk))
        report = finish(copy_before(vault, "大批导入"))
        assert report.folder.parent == disk
        with vault.database.read() as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "自动备份")).one()
        assert (entry.reason, entry.operator_name) == ("大批导入之前", "吴录入")


# --- restoring over a vault


def enrol(folder: Path, name: str) -> None:
    with (
        Vault.open(folder, PASSWORD) as vault,
        vault.database.write(vault.actor, "录入") as session,
    ):
        session.add(Student(name=name, cohort_year=2026, recorded_at=datetime.now(UTC)))


def students(folder: Path) -> list[str]:
    with Vault.open(folder, PASSWORD) as vault, vault.database.read() as session:
        return list(session.scalars(select(Student.name).order_by(Student.id)))


@pytest.fixture
def yesterday(made: MadeVault, disk: Path) -> Path:
    """A backup with 钱一; the vault has 孙二 besides by now."""
    enrol(made.folder, "钱一")
    with Vault.open(made.folder, PASSWORD) as vault:
        saved = finish(back_up(vault, disk)).folder
    enrol(made.folder, "孙二")
    return saved


@pytest.mark.promise(41)
def test_a_restore_moves_the_live_files_aside_and_can_be_undone(
    made: MadeVault, yesterday: Path
) -> None:
    done = finish(replace_vault(yesterday, made.folder, PASSWORD))
    assert students(made.folder) == ["钱一"]
    assert done.behind is not None
    assert done.behind > 0
    gone = put_back(made.folder, done.aside)
    assert students(made.folder) == ["钱一", "孙二"]
    assert students(gone) == ["钱一"]


@pytest.mark.promise(41)
def test_a_wrong_restore_touches_nothing(made: MadeVault, yesterday: Path, tmp_path: Path) -> None:
    damage(yesterday)
    before = names(tmp_path)
    with pytest.raises(Exception, match="没有恢复任何内容"):
        finish(replace_vault(yesterday, made.folder, PASSWORD))
    assert names(tmp_path) == before
    assert students(made.folder) == ["钱一", "孙二"]


def test_nobody_restores_over_a_vault_in_use(made: MadeVault, yesterday: Path) -> None:
    with Vault.open(made.folder, PASSWORD), pytest.raises(VaultInUse):
        finish(replace_vault(yesterday, made.folder, PASSWORD))
    with pytest.raises(VaultMissing):
        finish(replace_vault(yesterday, made.folder.with_name("没有"), PASSWORD))
    with pytest.raises(NothingAside):
        put_back(made.folder, yesterday)


@pytest.mark.promise(41)
def test_a_power_cut_between_the_two_renames_is_told_and_mended(
    made: MadeVault, yesterday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(folder: Path, aside: Path, _coming: Path) -> None:
        folder.rename(aside)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(replacing, "_exchange", cut)
        with pytest.raises(KeyboardInterrupt):
            finish(replace_vault(yesterday, made.folder, PASSWORD))
    with pytest.raises(VaultMovedAside, match="两者都完好"):
        Vault.open(made.folder, PASSWORD)
    done = finish(replace_vault(yesterday, made.folder, PASSWORD))
    assert students(made.folder) == ["钱一"]
    assert students(done.aside) == ["钱一", "孙二"]


# --- the drill


@pytest.mark.promise(7)
def test_a_drill_restores_with_the_sheet_alone_and_counts(
    vault: Vault, made: MadeVault, disk: Path, tmp_path: Path
) -> None:
    desk = Workstation(vault)
    people = [person(n, f"第{n}人") for n in range(8)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", people))
    vault.media.put(b"picture" * 100)
    saved = finish(back_up(vault, disk)).folder
    before = names(tmp_path)
    done = finish(rehearse(vault, saved, made.code))
    assert (done.passed, done.students, done.pictures, len(done.drawn)) == (True, 8, 1, 5)
    assert {row.name for row in done.drawn} <= {one["姓名"] for one in people}
    assert names(tmp_path) == before  # nothing stays of the scratch vault
    assert backup_state(vault).days_since_drill == 0


def test_a_drill_with_another_sheet_or_a_bad_backup_does_not_count(
    vault: Vault, made: MadeVault, disk: Path, tmp_path: Path
) -> None:
    saved = finish(back_up(vault, disk)).folder
    with pytest.raises(RecoveryCodeForeign):
        finish(rehearse(vault, saved, RecoveryCode.of_key(new_key())))
    damage(saved)
    done = finish(rehearse(vault, saved, made.code))
    assert not done.passed
    assert backup_state(vault).days_since_drill is None
    with vault.database.read() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert last is not None
    assert last.action == "恢复演练未通过"
    assert json.loads(last.detail)["问题"]


def test_a_cancelled_drill_leaves_nothing(
    vault: Vault, made: MadeVault, disk: Path, tmp_path: Path
) -> None:
    saved = finish(back_up(vault, disk)).folder
    before = names(tmp_path)
    for steps in range(1, 12):
        work = rehearse(vault, saved, made.code)
        for _ in range(steps):
            if next(work, None) is None:
                break
        work.close()
        assert names(tmp_path) == before
    assert (vault.folder / keys.KEYS_FILE).exists()
