"""Changing the data key: old or new, never neither, wherever the power goes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.vocabulary import Role
from app.services import files
from app.services.errors import (
    NotYourPassword,
    NotYourRole,
    RecoveryCodeForeign,
    RegisterDamaged,
    RotationUnfinished,
    VaultError,
    WrongPassword,
)
from app.services.progress import finish
from app.services.vault import keys, rotation
from app.services.vault import vault as vault_module
from app.services.vault.copies import DATABASES
from app.services.vault.database import open_keyed
from app.services.vault.keys import KeyStore, KeySwap, new_key
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, OPERATOR, PASSWORD, MadeVault

OTHER, OTHER_PASSWORD = "吴接任", "红砖 水塔 渡口 晨钟 二号"
PICTURE = b"picture " * 5000


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


@pytest.fixture
def staffed(made: MadeVault) -> MadeVault:
    """A closed vault with a second operator and a picture."""
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.RECORD, Role.SYSTEM}, OTHER_PASSWORD)
        vault.media.put(PICTURE)
    return made


def rotate(vault: Vault) -> tuple[Vault, RecoveryCode]:
    codes: list[RecoveryCode] = []
    return finish(vault.rotate(PASSWORD, codes.append)), codes[0]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def sound(vault: Vault) -> bool:
    """The whole vault verifies, and holds the picture still."""
    report = finish(vault.verify())
    return report.clean and vault.media.get(keys.hashlib.sha256(PICTURE).hexdigest()) == PICTURE


# --- a change that goes well


@pytest.mark.promise(10)
def test_after_a_rotation_only_the_new_key_opens(staffed: MadeVault) -> None:
    before = names_in(staffed.folder)
    with Vault.open(staffed.folder, PASSWORD) as old:
        renewed, code = rotate(old)
        with renewed:
            assert renewed.actor == old.actor
            assert sound(renewed)
            assert renewed.recovery_code() == code
            with pytest.raises(VaultError):  # the lock went over to the new one
                Vault.open(staffed.folder, PASSWORD)
    assert names_in(staffed.folder) == before
    for name, application_id in DATABASES.items():
        with pytest.raises(RegisterDamaged):
            open_keyed(staffed.folder / name, staffed.key, application_id=application_id)
    with pytest.raises(RecoveryCodeForeign):
        Vault.recover(staffed.folder, staffed.code, operator=OPERATOR, password=OTHER_PASSWORD)
    Vault.recover(staffed.folder, code, operator=OPERATOR, password=OTHER_PASSWORD).close()


def test_the_log_goes_on_and_names_both_keys(vault: Vault) -> None:
    old_id, seq = vault.key_id, vault.database.head().seq
    renewed, _ = rotate(vault)
    with renewed, renewed.database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert entry is not None
        assert (entry.seq, entry.action) == (seq + 1, "更换密钥")
        assert old_id in entry.detail
        assert renewed.key_id in entry.detail
        assert renewed.key_id != old_id


def test_the_others_are_named_and_get_in_with_a_new_password(staffed: MadeVault) -> None:
    renewed, _ = rotate(Vault.open(staffed.folder, PASSWORD))
    with renewed:
        assert renewed.without_password == (OTHER,)
        assert any(OTHER in notice for notice in renewed.notices)
    with pytest.raises(WrongPassword):
        Vault.open(staffed.folder, OTHER_PASSWORD)
    with Vault.open(staffed.folder, PASSWORD) as vault:
        vault.set_password(OTHER, OTHER_PASSWORD, temporary=True)
        assert vault.without_password == ()
    with Vault.open(staffed.folder, OTHER_PASSWORD) as vault:
        assert vault.must_change_password


@pytest.mark.promise(10)
def test_an_old_slot_file_put_back_opens_nothing(staffed: MadeVault) -> None:
    """Somebody who left took keys.json and knows his password."""
    taken = (staffed.folder / keys.KEYS_FILE).read_bytes()
    rotate(Vault.open(staffed.folder, PASSWORD))[0].close()
    for name in (keys.KEYS_FILE, keys.PREVIOUS_FILE):
        assert OTHER.encode() not in (staffed.folder / name).read_bytes()
        (staffed.folder / name).write_bytes(taken)
    with pytest.raises(RegisterDamaged):
        Vault.open(staffed.folder, OTHER_PASSWORD)


def test_a_copy_from_before_an_upgrade_is_named_as_it_keeps_the_old_key(made: MadeVault) -> None:
    shutil.copy(made.folder / "core.db", made.folder / "core.before-upgrade-0000.db")
    renewed, _ = rotate(Vault.open(made.folder, PASSWORD))
    with renewed:
        assert any("core.before-upgrade-0000.db" in notice for notice in renewed.notices)


# --- a change that is refused


def test_the_wrong_password_changes_nothing(vault: Vault) -> None:
    with pytest.raises(NotYourPassword, match=OPERATOR):
        finish(vault.rotate(OTHER_PASSWORD, lambda _: pytest.fail("no code before the password")))
    assert vault.recovery_code().key() == vault.key


def test_only_the_system_role_changes_the_key(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator(OTHER, {Role.RECORD}, OTHER_PASSWORD)
    with Vault.open(made.folder, OTHER_PASSWORD) as vault, pytest.raises(NotYourRole, match="系统"):
        finish(vault.rotate(OTHER_PASSWORD, lambda _: None))


@pytest.mark.parametrize("stop_after", [0, 1, 2])
def test_a_cancelled_change_leaves_the_vault_open_under_the_old_key(
    staffed: MadeVault, stop_after: int
) -> None:
    with Vault.open(staffed.folder, PASSWORD) as vault:
        work = vault.rotate(PASSWORD, lambda _: None)
        for _ in range(stop_after):
            next(work)
        work.close()
        assert sound(vault)
    assert not list(staffed.folder.glob("*.new*"))
    Vault.open(staffed.folder, OTHER_PASSWORD).close()


def test_when_the_sheet_cannot_be_kept_the_old_key_stays(staffed: MadeVault) -> None:
    def refuse(_: RecoveryCode) -> None:
        raise PermissionError

    with Vault.open(staffed.folder, PASSWORD) as vault:
        with pytest.raises(PermissionError):
            finish(vault.rotate(PASSWORD, refuse))
        assert sound(vault)


def test_a_write_meanwhile_is_not_lost_but_stops_the_change(staffed: MadeVault) -> None:
    with Vault.open(staffed.folder, PASSWORD) as vault:
        work = vault.rotate(PASSWORD, lambda _: None)
        next(work)
        vault.add_operator("第三人", {Role.READ}, "沙洲 芦苇 早潮 归帆 九号")
        with pytest.raises(RuntimeError, match="was written"):
            finish(work)
        assert [row.name for row in vault.operators()] == [OPERATOR, OTHER, "第三人"]
        assert sound(vault)


# --- a change that is interrupted


@pytest.fixture(scope="module")
def moments(template: MadeVault, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The vault folder as a power cut would leave it at each step of one change of key."""
    root = tmp_path_factory.mktemp("moments")
    folder = root / "学籍库"
    shutil.copytree(template.folder, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault_module, "calibrate", lambda: CHEAP)
        with Vault.open(folder, PASSWORD) as vault:
            vault.add_operator(OTHER, {Role.RECORD, Role.SYSTEM}, OTHER_PASSWORD)
            vault.media.put(PICTURE)
        vault = Vault.open(folder, PASSWORD)
        states: dict[frozenset[tuple[str, bytes]], Path] = {}

        def photograph() -> None:
            state = frozenset(
                (path.name, path.read_bytes())
                for path in folder.iterdir()
                if path.suffix not in {".part", ".lock"} and not path.name.endswith("-shm")
            )
            if state not in states:
                states[state] = shutil.copytree(folder, root / f"{len(states):03d}")

        def photographed(real: Callable[..., object]) -> Callable[..., object]:
            def step(*args: object, **options: object) -> object:
                photograph()
                return real(*args, **options)

            return step

        for place, name in ((os, "replace"), (os, "fsync"), (os, "unlink"), (rotation, "settle")):
            patch.setattr(place, name, photographed(getattr(place, name)))
        renewed, code = rotate(vault)
        photograph()
        renewed.close()
        photograph()
    (root / "code").write_text(str(code), encoding="utf-8")
    return list(states.values())


@pytest.mark.promise(13)
def test_a_power_cut_at_any_step_leaves_a_vault_that_opens_whole(
    moments: list[Path], tmp_path: Path
) -> None:
    """The one who changed the key gets in at every moment, and always to all of it."""
    keys_seen = []
    for moment in moments:
        folder = shutil.copytree(moment, tmp_path / moment.name)
        with Vault.open(folder, PASSWORD) as vault:
            assert sound(vault), moment.name
            keys_seen.append(vault.key_id)
        assert not list(folder.glob("*.new*"))
        assert b'"swap"' not in (folder / keys.KEYS_FILE).read_bytes()
        assert KeyStore(folder).load()[0].key_id == keys_seen[-1]
    assert len(moments) > 8
    assert len(set(keys_seen)) == 2
    assert keys_seen == sorted(keys_seen, key=keys_seen.index)  # once new, never old again


@pytest.mark.promise(13)
def test_whoever_opens_first_after_a_power_cut_brings_the_change_to_its_end(
    moments: list[Path], tmp_path: Path
) -> None:
    held = {moment: KeyStore(moment).load()[0].swap for moment in moments}
    swaps = {moment: swap for moment, swap in held.items() if swap is not None}
    assert len(swaps) >= 4
    for moment, swap in swaps.items():
        folder = shutil.copytree(moment, tmp_path / moment.name)
        with Vault.open(folder, OTHER_PASSWORD, OTHER) as vault:
            assert vault.key_id == swap.new_key_id
            assert any("现已做完" in notice for notice in vault.notices)
            assert sound(vault)
        Vault.open(folder, PASSWORD, OPERATOR).close()
        for name in (keys.KEYS_FILE, keys.PREVIOUS_FILE):
            assert b'"swap"' not in (folder / name).read_bytes()


@pytest.mark.promise(13)
def test_the_sheets_open_it_after_a_power_cut(moments: list[Path], tmp_path: Path) -> None:
    """Old and new sheet while both keys stand in the slot file."""
    new = RecoveryCode.read((moments[0].parent / "code").read_text(encoding="utf-8"))
    both = [moment for moment in moments[:-1] if KeyStore(moment).load()[0].swap is not None]
    old = RecoveryCode.of_key(_old_key(moments[0]))
    for moment in (both[0], both[-1]):
        for code in (old, new):
            folder = shutil.copytree(moment, tmp_path / f"{moment.name}-{code is old}")
            with Vault.recover(folder, code, operator=OTHER, password="另选 一个 长些 的口令") as v:
                assert v.key == new.key()
                assert sound(v)


def _old_key(moment: Path) -> bytes:
    slot_file, _ = KeyStore(moment).load()
    key = slot_file.slot_of(OTHER).unseal(slot_file.vault_id, OTHER_PASSWORD)
    assert key is not None
    return key


def test_if_the_new_files_are_gone_the_old_key_stays(moments: list[Path], tmp_path: Path) -> None:
    """The slot file fell back to its previous generation, which still speaks of a swap."""
    both = [moment for moment in moments[:-1] if KeyStore(moment).load()[0].swap is not None]
    for password in (PASSWORD, OTHER_PASSWORD):
        folder = shutil.copytree(both[0], tmp_path / password)
        for path in folder.glob("*.new"):
            path.unlink()
        with Vault.open(folder, password) as vault:
            assert vault.key == _old_key(moments[0])
            assert any("恢复原状" in notice for notice in vault.notices)
            assert sound(vault)
        with Vault.open(folder, password) as vault:
            assert vault.must_change_password == (password == OTHER_PASSWORD)


def test_leftovers_of_a_change_that_never_counted_are_swept_away(made: MadeVault) -> None:
    (made.folder / "core.db.new").write_bytes(b"half a copy")
    (made.folder / "core.db.new-journal").write_bytes(b"its journal")
    Vault.open(made.folder, PASSWORD).close()
    assert not list(made.folder.glob("*.new*"))


@pytest.mark.parametrize("nth", [1, 2])
def test_a_file_that_cannot_be_exchanged_is_told_and_exchanged_next_time(
    staffed: MadeVault, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """On Windows a scanner may hold the file for a moment."""
    real, calls = Path.replace, []

    def held(self: Path, target: Path) -> Path:
        if self.suffix == ".new":
            calls.append(self)
            if len(calls) == nth:
                raise PermissionError(13, "拒绝访问")
        return real(self, target)

    vault = Vault.open(staffed.folder, PASSWORD)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", held)
        with pytest.raises(RotationUnfinished, match="重新打开"):
            rotate(vault)
    with Vault.open(staffed.folder, PASSWORD) as again:
        assert any("现已做完" in notice for notice in again.notices)
        assert sound(again)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_slot_file_that_cannot_be_written_leaves_the_old_key(
    staffed: MadeVault, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    real, calls = files.write_whole, []

    def full(path: Path, data: bytes) -> None:
        if b'"swap"' in data:
            calls.append(path)
            if len(calls) == nth:
                raise OSError(28, "No space left on device")
        real(path, data)

    with Vault.open(staffed.folder, PASSWORD) as vault:
        with monkeypatch.context() as patch:
            patch.setattr(keys, "write_whole", full)
            with pytest.raises(VaultError, match="磁盘空间已满"):
                rotate(vault)
        assert sound(vault)
    for password in (PASSWORD, OTHER_PASSWORD):
        with Vault.open(staffed.folder, password) as vault:
            assert vault.key == staffed.key


# --- the two keys bound together


def test_either_key_gives_both_and_no_other_key_gives_any() -> None:
    old, new = new_key(), new_key()
    swap = KeySwap.seal("库", old, new)
    assert swap.keys("库", old) == swap.keys("库", new) == (old, new)
    assert swap.keys("库", new_key()) is None
    assert swap.keys("别的库", old) is None
    assert old.hex() not in repr(swap) + swap.forth + swap.back
