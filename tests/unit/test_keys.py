"""Passwords, slots and the slot file: who can open the register, and what cannot be forged."""

import json
import random
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from argon2.low_level import Type, hash_secret_raw

from app.services.errors import (
    KeysDamaged,
    KeysMissing,
    KeysNewer,
    LastKey,
    MemoryTooSmall,
    OperatorExists,
    OperatorUnknown,
    WaitAfterFailures,
    WeakPassword,
)
from app.services.vault import keys
from app.services.vault.keys import (
    COSTS,
    Cost,
    Failures,
    HighWater,
    KeyStore,
    Slot,
    SlotFile,
    calibrate,
    demand_strong,
    key_id,
    new_key,
    password_fault,
)
from tests.conftest import CHEAP, PASSWORD

MINUTE = 60.0


@pytest.fixture(scope="module")
def key() -> bytes:
    return new_key()


@pytest.fixture(scope="module")
def slot_file(key: bytes) -> SlotFile:
    empty = SlotFile.fresh(key, "江海职业学校")
    slot = Slot.seal(key, empty.vault_id, "周学管", PASSWORD, CHEAP)
    return empty.with_slot(slot).signed(key)


# --- slots


def test_only_the_password_gives_the_key_back(key: bytes, slot_file: SlotFile) -> None:
    (slot,) = slot_file.slots
    assert slot.unseal(slot_file.vault_id, PASSWORD) == key
    assert slot.unseal(slot_file.vault_id, PASSWORD + " ") is None


@pytest.mark.promise(9)
def test_a_slot_carried_to_another_vault_opens_nothing(slot_file: SlotFile) -> None:
    (slot,) = slot_file.slots
    assert slot.unseal("0" * 32, PASSWORD) is None


@pytest.mark.parametrize(
    "change",
    [{"operator": "吴他人"}, {"temporary": True}, {"made": "2020-01-01"}, {"key_id": "00" * 8}],
)
def test_every_field_of_a_slot_is_bound_in(slot_file: SlotFile, change) -> None:
    (slot,) = slot_file.slots
    assert replace(slot, **change).unseal(slot_file.vault_id, PASSWORD) is None


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        ("Ｘｕｅ２０２６－ｇｕａｎ！", "Xue2026-guan!"),
        (unicodedata.normalize("NFD", "Café-résumé-2026"), "Café-résumé-2026"),
        ("档案🗄柜子的钥匙在三楼东侧", "档案🗄柜子的钥匙在三楼东侧"),
    ],
)
def test_the_input_method_does_not_change_the_password(typed: str, again: str) -> None:
    assert CHEAP.derive(typed, bytes(16)) == CHEAP.derive(again, bytes(16))


def test_the_derivation_is_argon2id_as_others_compute_it() -> None:
    other = hash_secret_raw(PASSWORD.encode(), b"s" * 16, 3, 64 * 1024, 4, 32, Type.ID)
    assert Cost(64 * 1024).derive(PASSWORD, b"s" * 16) == other


@pytest.mark.promise(4, 9)
@pytest.mark.parametrize(
    "cost",
    [
        {"memory": 4 * 1024 * 1024},
        {"memory": 63 * 1024},
        {"memory": 64 * 1024, "passes": 1},
        {"memory": 64 * 1024, "passes": 1000},
        {"memory": 64 * 1024, "lanes": 255},
        {"memory": 64 * 1024, "lanes": 0},
    ],
)
def test_forged_costs_are_refused_before_anything_is_hashed(
    slot_file: SlotFile, key: bytes, tmp_path: Path, cost: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        Cost(**cost)
    (slot,) = slot_file.slots
    forged = replace(slot_file, slots=(replace(slot, **cost),)).signed(key)
    (tmp_path / keys.KEYS_FILE).write_bytes(forged.to_json())
    begun = time.perf_counter()
    with pytest.raises(KeysDamaged):
        KeyStore(tmp_path).load()
    assert time.perf_counter() - begun < 1


# --- calibration


@pytest.mark.promise(4)
def test_a_slow_pc_gets_less_memory_but_never_below_the_floor(monkeypatch) -> None:
    tried: list[int] = []
    monkeypatch.setattr(Cost, "derive", lambda self, *_: tried.append(self.memory))
    seconds = iter(range(0, 100, 2))
    assert calibrate(clock=lambda: next(seconds)) == COSTS[-1]
    assert tried == [256 * 1024, 128 * 1024]
    assert COSTS[-1] == Cost(memory=64 * 1024, passes=3, lanes=4)


def test_a_fast_pc_gets_the_strongest(monkeypatch) -> None:
    monkeypatch.setattr(Cost, "derive", lambda *_: b"")
    assert calibrate(clock=lambda: 0.0) == Cost(256 * 1024, 3, 4)


@pytest.mark.promise(4)
def test_refused_memory_falls_to_the_next_step(monkeypatch) -> None:
    def refuse(cost: Cost, *_: object) -> bytes:
        if cost.memory > 128 * 1024:
            raise MemoryTooSmall(mebibytes=cost.memory // 1024)
        return b""

    monkeypatch.setattr(Cost, "derive", refuse)
    assert calibrate(clock=lambda: 0.0).memory == 128 * 1024


# --- policy


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "password",
    [
        "", "123456", "12345678", "123456789012", "88888888", "aaaaaaaaaaaaaa", "abcabcabcabc",
        "password1234", "Passw0rd", "qwerty123456", "Qwerty1!", "Admin888", "woaini5201314",
        "20080101", "13800138000", "320102200801011234", "周学管", "周学管2026", "江海职业学校",
        "江海职业学校周学管", "Abc123456789", "xueji123456", "zhouxue", "１２３４５６７８９０１２",
    ],
)  # fmt: skip
def test_weak_passwords_are_refused_with_the_reason(password: str) -> None:
    assert password_fault(password, ("周学管", "江海职业学校"))
    with pytest.raises(WeakPassword, match="不能使用"):
        demand_strong(password, ("周学管", "江海职业学校"))


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "password",
    [
        PASSWORD, "correct horse battery", "Gao3-lou!", "梧桐树下2026a", "Tx9#kLm2",
        "档案柜在三楼东侧第二间里", "Ｔｘ９＃ｋＬｍ２", "xueji-Nanjing-Bridge-7",
        "blue kettle seven moons",
    ],
)  # fmt: skip
def test_good_passwords_are_taken(password: str) -> None:
    assert password_fault(password, ("周学管", "江海职业学校")) is None


# --- wrong passwords


def failures_at(count: int, at: float = 1000 * MINUTE, ticks: float = 50 * MINUTE) -> Failures:
    return Failures(count, at, ticks)


@pytest.mark.promise(3)
@pytest.mark.parametrize(("count", "minutes"), [(5, 10), (6, 20), (7, 40), (8, 80), (30, 24 * 60)])
def test_after_five_failures_the_wait_doubles_up_to_a_day(count: int, minutes: int) -> None:
    failures = failures_at(count)
    just_before, just_after = minutes * MINUTE - 1, minutes * MINUTE
    with pytest.raises(WaitAfterFailures):
        failures.demand_patience(failures.at + just_before, failures.ticks + just_before)
    failures.demand_patience(failures.at + just_after, failures.ticks + just_after)


def test_four_failures_need_no_wait_and_one_try_is_left() -> None:
    failures = failures_at(4)
    failures.demand_patience(failures.at, failures.ticks)
    assert failures.left == 1


@pytest.mark.promise(3)
def test_a_clock_set_forward_does_not_shorten_the_wait() -> None:
    failures = failures_at(5)
    with pytest.raises(WaitAfterFailures):
        failures.demand_patience(failures.at + 1e9, failures.ticks + 5)


def test_a_clock_set_back_does_not_make_it_longer_than_the_wait() -> None:
    failures = failures_at(5)
    with pytest.raises(WaitAfterFailures) as caught:
        failures.demand_patience(failures.at - 1e9, failures.ticks + 5)
    assert caught.value.details["minutes"] == 10


def test_after_a_restart_of_the_pc_the_wall_clock_counts() -> None:
    failures = failures_at(5)
    with pytest.raises(WaitAfterFailures):
        failures.demand_patience(failures.at + 9 * MINUTE, 30.0)
    failures.demand_patience(failures.at + 11 * MINUTE, 30.0)


# --- the slot file


def test_what_was_saved_is_loaded(tmp_path: Path, slot_file: SlotFile, key: bytes) -> None:
    marked = replace(slot_file, high_water=HighWater(7, "ab" * 32)).signed(key)
    store = KeyStore(tmp_path)
    store.save(marked)
    assert store.load() == (marked, "")
    assert marked.authentic(key)


@pytest.mark.promise(11)
def test_the_file_holds_neither_key_nor_password(slot_file: SlotFile, key: bytes) -> None:
    text = slot_file.to_json()
    assert key not in text
    assert key.hex().encode() not in text
    assert PASSWORD.encode() not in text


def test_nothing_in_the_file_can_be_changed_without_the_key(
    slot_file: SlotFile, key: bytes
) -> None:
    (slot,) = slot_file.slots
    for forged in (
        replace(slot_file, high_water=HighWater(1, "00" * 32)),
        replace(slot_file, slots=(slot, replace(slot, operator="吴他人"))),
        replace(slot_file, school="别的学校"),
    ):
        assert not forged.authentic(key)
    assert not slot_file.authentic(new_key())


def test_the_counter_of_failures_is_written_without_the_key(
    tmp_path: Path, slot_file: SlotFile, key: bytes
) -> None:
    store = KeyStore(tmp_path)
    store.save(slot_file)
    store.save_failures(slot_file, Failures(3, 1.0, 1.0))
    loaded, _ = store.load()
    assert loaded.failures.count == 3
    assert loaded.authentic(key)


@pytest.mark.promise(8)
def test_every_flipped_bit_is_noticed_and_the_previous_file_stands_in(
    tmp_path: Path, slot_file: SlotFile, key: bytes
) -> None:
    store = KeyStore(tmp_path)
    store.save(slot_file)
    store.save(replace(slot_file, high_water=HighWater(9, "cd" * 32)).signed(key))
    path = tmp_path / keys.KEYS_FILE
    whole = path.read_bytes()
    chance = random.Random(7)
    for place in chance.sample(range(len(whole)), 200):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        if _same_json(damaged, whole):  # blank space and the case of hex escapes carry nothing
            continue
        path.write_bytes(damaged)
        loaded, notice = store.load()
        assert loaded == slot_file
        assert "已损坏" in notice


def _same_json(left: bytes, right: bytes) -> bool:
    try:
        return json.loads(left) == json.loads(right)
    except ValueError:
        return False


@pytest.mark.promise(8)
@pytest.mark.parametrize("size", [0, 1, 100, 500])
def test_a_file_cut_short_is_replaced_by_the_previous_one(
    tmp_path: Path, slot_file: SlotFile, size: int
) -> None:
    store = KeyStore(tmp_path)
    store.save(slot_file)
    store.save(slot_file)
    path = tmp_path / keys.KEYS_FILE
    path.write_bytes(path.read_bytes()[:size])
    assert store.load()[0] == slot_file


def test_lost_and_damaged_files_have_sentences_of_their_own(
    tmp_path: Path, slot_file: SlotFile
) -> None:
    store = KeyStore(tmp_path)
    with pytest.raises(KeysMissing, match=r"不见了.*恢复单"):
        store.load()
    store.save(slot_file)
    (tmp_path / keys.KEYS_FILE).write_bytes(b"{}")
    with pytest.raises(KeysDamaged, match=r"已损坏.*恢复单"):
        store.load()


def test_a_file_of_a_later_version_is_not_guessed_at(tmp_path: Path, slot_file: SlotFile) -> None:
    content = json.loads(slot_file.to_json())
    content["version"] = 2
    (tmp_path / keys.KEYS_FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(KeysNewer, match="升级程序"):
        KeyStore(tmp_path).load()


@pytest.mark.promise(10)
def test_a_withdrawn_slot_is_in_neither_generation(
    tmp_path: Path, slot_file: SlotFile, key: bytes
) -> None:
    store = KeyStore(tmp_path)
    both = slot_file.with_slot(replace(slot_file.slots[0], operator="吴离任"), new=True).signed(key)
    store.save(both)
    store.save(both.without_slot("吴离任").signed(key), forget_previous=True)
    for name in (keys.KEYS_FILE, keys.PREVIOUS_FILE):
        assert "吴离任" not in (tmp_path / name).read_text(encoding="utf-8")


def test_accounts_are_personal(slot_file: SlotFile) -> None:
    with pytest.raises(OperatorExists):
        slot_file.with_slot(slot_file.slots[0], new=True)
    with pytest.raises(LastKey):
        slot_file.without_slot("周学管")
    with pytest.raises(OperatorUnknown):
        slot_file.slot_of("吴他人")


def test_the_key_id_tells_keys_apart_and_gives_nothing_away(key: bytes) -> None:
    assert key_id(key) == key_id(key)
    assert key_id(key) != key_id(new_key())
    assert key_id(key) not in key.hex()


@pytest.mark.promise(21)
def test_a_failed_save_leaves_the_old_file(
    tmp_path: Path, slot_file: SlotFile, monkeypatch
) -> None:
    store = KeyStore(tmp_path)
    store.save(slot_file)

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.services.files.os.fsync", fail)
    with pytest.raises(Exception, match="磁盘空间已满"):
        store.save(slot_file.with_slot(replace(slot_file.slots[0], operator="新人")))
    assert store.load() == (slot_file, "")
    assert not list(tmp_path.glob("*.part"))
