"""The data key, and the slot file that lets each operator reach it with a password.

One random key of 256 bits opens core.db and media.db. Each operator has a slot: the data key
under AES-256-GCM with a key that Argon2id makes from the password; all other fields of the slot,
and the ids of vault and key, are bound in. The slot file is small JSON beside the databases and
carries a MAC made with the data key, and a plain checksum that tells damage from a wrong password
before anyone types one. Its previous generation is kept.

The counter of wrong passwords stands outside the MAC, as it changes without the key. It slows
down guessing at the screen; against guessing on a stolen copy only Argon2id and the strength of
the password help.
"""

import errno
import hashlib
import hmac
import json
import math
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.services.clock import now
from app.services.errors import (
    DiskFailed,
    DiskFull,
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
from app.services.files import write_whole

KEYS_FILE: Final = "keys.json"
PREVIOUS_FILE: Final = "keys.previous.json"

_FORMAT, _VERSION = "xueji-keys", 1
_KDF, _CIPHER, _MAC, _SUM = "argon2id", "AES-256-GCM", "HKDF-SHA256+HMAC-SHA256", "SHA-256"
_MIB = 1024  # KiB


# --- cost ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: Argon2id memory in KiB, passes and lanes.

    Bounds are checked before anything is hashed: a forged 4 GiB would freeze the PC, less than
    RFC 9106's second choice (64 MiB, three passes) would be too weak.
    """

    memory: int
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (
            64 * _MIB <= self.memory <= 1024 * _MIB
            and 3 <= self.passes <= 16
            and 1 <= self.lanes <= 16
        ):
            raise ValueError("Argon2id parameters out of bounds")

    def derive(self, password: str, salt: bytes) -> bytes:
        """The key-encrypting key of a password; equal however the input method composed it."""
        secret = unicodedata.normalize("NFKC", password).encode("utf-8")
        kdf = Argon2id(
            salt=salt,
            length=32,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory,
        )
        try:
            return kdf.derive(secret)
        except MemoryError:
            raise MemoryTooSmall(mebibytes=self.memory // _MIB) from None


#: Tried from the strongest; the last is the floor and never undercut.
COSTS: Final = (Cost(256 * _MIB), Cost(128 * _MIB), Cost(64 * _MIB))
PATIENCE: Final = 1.5  # seconds


def calibrate(clock: Callable[[], float] = time.perf_counter) -> Cost:
    """The strongest cost that this PC bears within PATIENCE; MemoryTooSmall if none fits."""
    for cost in COSTS[:-1]:
        begun = clock()
        try:
            cost.derive("calibration", bytes(16))
        except MemoryTooSmall:
            continue
        if clock() - begun <= PATIENCE:
            return cost
    return COSTS[-1]


# --- passwords ----------------------------------------------------------------------------

_COMMON: Final = (
    "1234567890", "123456789", "12345678", "123456", "654321", "123123", "112233", "abc123",
    "abcdef", "password", "passw0rd", "qwerty", "asdfgh", "zxcvbn", "1qaz2wsx", "qazwsx",
    "iloveyou", "woaini", "5201314", "admin", "xueji", "mima", "密码", "口令", "学籍",
)  # fmt: skip


def password_fault(password: str, names: Iterable[str] = ()) -> str | None:
    """Why a new password is refused, None if it is good.

    Common passwords and `names` (operator, school) count for nothing: what stays without them
    must still be a few characters that nobody guesses.
    """
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < 12 and not (len(plain) >= 8 and _classes(plain) >= 3):
        return "太短（至少 12 个字符；或至少 8 个字符，并含大写、小写、数字、符号、汉字中的三类）"
    if plain.isdigit():
        return "只有数字"
    rest = plain.casefold()
    if len(set(rest)) < 5:
        return "重复的字符太多"
    for word in (*_COMMON, *names):
        known = unicodedata.normalize("NFKC", word).casefold().strip()
        rest = rest.replace(known, "") if len(known) > 1 else rest
    if len(rest) < 6:
        return "大半是常见口令、姓名或校名"
    return None


def demand_strong(password: str, names: Iterable[str] = ()) -> None:
    """Raise WeakPassword unless the policy is met."""
    if fault := password_fault(password, names):
        raise WeakPassword(fault=fault)


def _classes(password: str) -> int:
    return len({_character_class(character) for character in password})


def _character_class(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "upper" if character.isupper() else "lower" if character.islower() else "han"
    return "sign"


# --- the data key -------------------------------------------------------------------------


def new_key() -> bytes:
    """A fresh data key."""
    return secrets.token_bytes(32)


def key_id(key: bytes) -> str:
    """Short public name of a data key; tells which key a slot or a sheet is for."""
    return _subkey(key, b"xueji key id", 8).hex()


def seal_text(key: bytes, purpose: bytes, text: bytes) -> str:
    """HMAC-SHA256 of a text under a key made for that purpose: who wrote it held the data key."""
    return hmac.new(_subkey(key, purpose), text, hashlib.sha256).hexdigest()


def _subkey(key: bytes, purpose: bytes, length: int = 32) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(key)


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# --- slots --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """One operator's way to the data key; byte fields are hexadecimal text, as in the file."""

    operator: str
    temporary: bool  # given by another person: to be changed at first entry
    made: str  # ISO-8601; after 180 days the program reminds
    key_id: str
    kdf: str
    memory: int
    passes: int
    lanes: int
    salt: str
    cipher: str
    nonce: str
    wrapped: str = field(repr=False)

    @classmethod
    def seal(
        cls,
        key: bytes,
        vault_id: str,
        operator: str,
        password: str,
        cost: Cost,
        *,
        temporary: bool = False,
    ) -> "Slot":
        """A slot from which `password` gives `key` back."""
        open_slot = cls(
            operator=operator,
            temporary=temporary,
            made=now().astimezone(UTC).isoformat(timespec="seconds"),
            key_id=key_id(key),
            kdf=_KDF,
            memory=cost.memory,
            passes=cost.passes,
            lanes=cost.lanes,
            salt=secrets.token_hex(16),
            cipher=_CIPHER,
            nonce=secrets.token_hex(12),
            wrapped="",
        )
        wrapped = open_slot._cipher(password).encrypt(
            bytes.fromhex(open_slot.nonce), key, open_slot._bound(vault_id)
        )
        return replace(open_slot, wrapped=wrapped.hex())

    def unseal(self, vault_id: str, password: str) -> bytes | None:
        """The data key, or None: not this password (or not this slot's vault)."""
        try:
            return self._cipher(password).decrypt(
                bytes.fromhex(self.nonce), bytes.fromhex(self.wrapped), self._bound(vault_id)
            )
        except InvalidTag:
            return None

    def check(self) -> None:
        """Raise ValueError for a slot that must not even be hashed."""
        Cost(self.memory, self.passes, self.lanes)
        sizes = [len(bytes.fromhex(text)) for text in (self.salt, self.nonce, self.wrapped)]
        if self.kdf != _KDF or self.cipher != _CIPHER or sizes != [16, 12, 48]:
            raise ValueError("unknown kind of slot")

    def _cipher(self, password: str) -> AESGCM:
        cost = Cost(self.memory, self.passes, self.lanes)
        return AESGCM(cost.derive(password, bytes.fromhex(self.salt)))

    def _bound(self, vault_id: str) -> bytes:
        return _canonical({**asdict(self), "wrapped": "", "vault_id": vault_id})


# --- changing the data key ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeySwap:
    """Two data keys, each under the other, while the files go from the old one to the new one.

    Whoever has either gets both, so an interrupted swap can be brought to its end.
    """

    old_key_id: str
    new_key_id: str
    cipher: str
    forth_nonce: str
    forth: str = field(repr=False)
    back_nonce: str
    back: str = field(repr=False)

    @classmethod
    def seal(cls, vault_id: str, old: bytes, new: bytes) -> "KeySwap":
        """Bind the two keys together for one vault."""
        ids = key_id(old), key_id(new)
        bound = _canonical([vault_id, *ids])
        forth, back = secrets.token_bytes(12), secrets.token_bytes(12)
        return cls(
            *ids,
            _CIPHER,
            forth.hex(),
            cls._cipher(old).encrypt(forth, new, bound).hex(),
            back.hex(),
            cls._cipher(new).encrypt(back, old, bound).hex(),
        )

    def keys(self, vault_id: str, key: bytes) -> tuple[bytes, bytes] | None:
        """Old and new key by either of them; None: it is neither."""
        bound = _canonical([vault_id, self.old_key_id, self.new_key_id])
        is_old = key_id(key) == self.old_key_id
        nonce, sealed = (self.forth_nonce, self.forth) if is_old else (self.back_nonce, self.back)
        try:
            other = self._cipher(key).decrypt(bytes.fromhex(nonce), bytes.fromhex(sealed), bound)
        except InvalidTag:
            return None
        return (key, other) if is_old else (other, key)

    def check(self) -> None:
        """Raise ValueError for a swap of a kind that this program does not know."""
        texts = (self.forth_nonce, self.forth, self.back_nonce, self.back)
        sizes = [len(bytes.fromhex(text)) for text in texts]
        if self.cipher != _CIPHER or sizes != [12, 48, 12, 48]:
            raise ValueError("unknown kind of swap")

    @staticmethod
    def _cipher(key: bytes) -> AESGCM:
        return AESGCM(_subkey(key, b"xueji key swap"))


# --- wrong passwords ----------------------------------------------------------------------

FREE_TRIES: Final = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row: how many, and when the last was by both clocks.

    The time since boot (`ticks`, seconds) counts beside the wall clock, so that setting the
    clock forward does not shorten the wait.
    """

    count: int = 0
    at: float = 0.0  # seconds since 1970
    ticks: float = 0.0

    def one_more(self, now: float, ticks: float) -> "Failures":
        """Counted before the attempt is made, so that killing the program saves no try."""
        return Failures(self.count + 1, now, ticks)

    @property
    def left(self) -> int:
        """Tries before the next wait."""
        return max(FREE_TRIES - self.count, 0)

    def demand_patience(self, now: float, ticks: float) -> None:
        """Raise WaitAfterFailures while the wait lasts; it doubles with each further failure."""
        if self.count < FREE_TRIES:
            return
        wait = min(_FIRST_WAIT * 2 ** min(self.count - FREE_TRIES, 10), _LONGEST_WAIT)
        passed = max(now - self.at, 0.0)
        if ticks >= self.ticks:  # the same boot, or one that lasts longer still
            passed = min(passed, ticks - self.ticks)
        remaining = wait.total_seconds() - passed
        if remaining > 0:
            raise WaitAfterFailures(count=self.count, minutes=math.ceil(remaining / 60))


# --- the slot file ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HighWater:
    """The end of the audit chain when it was last written down: number and hash."""

    seq: int
    head: str


@dataclass(frozen=True, slots=True)
class SlotFile:
    """What keys.json says.

    During a `swap` the key id is that of the new key, which also signs; slots may be for either.
    """

    vault_id: str
    key_id: str
    school: str
    slots: tuple[Slot, ...]
    high_water: HighWater = HighWater(0, "")
    failures: Failures = Failures()
    mac: str = ""
    swap: KeySwap | None = None

    @classmethod
    def fresh(cls, key: bytes, school: str) -> "SlotFile":
        """A slot file without slots for a new data key, or for one typed from the sheet."""
        return cls(secrets.token_hex(16), key_id(key), school, ())

    def slot_of(self, operator: str) -> Slot:
        """The slot of an operator; raises OperatorUnknown."""
        for slot in self.slots:
            if slot.operator == operator:
                return slot
        raise OperatorUnknown(name=operator)

    def with_slot(self, slot: Slot, *, new: bool = False) -> "SlotFile":
        """With the operator's slot made or made anew; `new` refuses a second account."""
        others = tuple(held for held in self.slots if held.operator != slot.operator)
        if new and len(others) < len(self.slots):
            raise OperatorExists(name=slot.operator)
        return replace(self, slots=(*others, slot))

    def without_slot(self, operator: str) -> "SlotFile":
        """Without that operator's slot; the last one stays."""
        self.slot_of(operator)
        if len(self.slots) == 1:
            raise LastKey(name=operator)
        return replace(self, slots=tuple(s for s in self.slots if s.operator != operator))

    def swapping(self, old: bytes, new: bytes, slot: Slot) -> "SlotFile":
        """With both keys, and `slot` under the new one; the other slots still give the old one."""
        swap = KeySwap.seal(self.vault_id, old, new)
        return replace(self.with_slot(slot), key_id=key_id(new), swap=swap)

    def settled(self, key: bytes) -> "SlotFile":
        """After a swap: `key` alone, and the slots that give it."""
        kept = tuple(slot for slot in self.slots if slot.key_id == key_id(key))
        return replace(self, key_id=key_id(key), swap=None, slots=kept)

    def signed(self, key: bytes) -> "SlotFile":
        """With the MAC of `key` over all but the counter of failures."""
        return replace(self, mac=self._mac(key))

    def authentic(self, key: bytes) -> bool:
        """Whether whoever wrote it held the key; in a swap, either key tells."""
        if self.swap is not None:
            both = self.swap.keys(self.vault_id, key)
            if both is None:
                return False
            _, key = both
        return hmac.compare_digest(self.mac, self._mac(key))

    def _mac(self, key: bytes) -> str:
        return seal_text(key, b"xueji slot file", _canonical(self._body()))

    def _body(self) -> dict[str, Any]:
        swap = {} if self.swap is None else {"swap": asdict(self.swap)}
        return {
            **swap,
            "vault_id": self.vault_id,
            "key_id": self.key_id,
            "school": self.school,
            "slots": [asdict(slot) for slot in self.slots],
            "high_water": asdict(self.high_water),
        }

    def to_json(self) -> bytes:
        """The file, readable by eye."""
        content = {
            "format": _FORMAT,
            "version": _VERSION,
            "body": self._body(),
            "failures": asdict(self.failures),
            "mac": {"alg": _MAC, "value": self.mac},
        }
        content["sum"] = {"alg": _SUM, "value": hashlib.sha256(_canonical(content)).hexdigest()}
        return json.dumps(content, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "SlotFile":
        """The file read back; raises ValueError for one that is not whole."""
        try:
            content = json.loads(data)
            if content["format"] != _FORMAT:
                raise ValueError("not a slot file")
            if content["version"] > _VERSION:
                raise KeysNewer(path=KEYS_FILE)
            return cls._read(content)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not a whole slot file") from error

    @classmethod
    def _read(cls, content: dict[str, Any]) -> "SlotFile":
        checksum = content.pop("sum")
        if checksum != {"alg": _SUM, "value": hashlib.sha256(_canonical(content)).hexdigest()}:
            raise ValueError("the checksum does not fit")
        if content["mac"]["alg"] != _MAC:
            raise ValueError("unknown MAC")
        body: Mapping[str, Any] = content["body"]
        slots = tuple(Slot(**fields) for fields in body["slots"])
        for slot in slots:
            slot.check()
        swap = KeySwap(**body["swap"]) if "swap" in body else None
        if swap is not None:
            swap.check()
        return cls(
            vault_id=body["vault_id"],
            key_id=body["key_id"],
            school=body["school"],
            slots=slots,
            high_water=HighWater(**body["high_water"]),
            failures=Failures(**content["failures"]),
            mac=content["mac"]["value"],
            swap=swap,
        )


@dataclass(frozen=True, slots=True)
class VaultOutline:
    """What is known of a vault without its key: for the window that asks for the password."""

    school: str
    operators: tuple[str, ...]
    key_id: str


class KeyStore:
    """The slot file of one vault folder and its previous generation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / KEYS_FILE
        self._previous = folder / PREVIOUS_FILE

    def load(self) -> tuple[SlotFile, str]:
        """The slot file, and a notice if the previous generation had to stand in for it.

        Raises KeysMissing or KeysDamaged when neither generation is whole.
        """
        current = _read_whole(self._path)
        if current is not None:
            return current, ""
        previous = self.previous()
        if previous is not None:
            state = "已损坏" if self._path.exists() else "不见了"
            return previous, f"密钥文件 {KEYS_FILE} {state}，已改用上一份。请尽快做一次备份。"
        if self._path.exists() or self._previous.exists():
            raise KeysDamaged(path=self.folder)
        raise KeysMissing(path=self.folder)

    def outline(self) -> VaultOutline:
        """School, operators and key, also of a vault that is closed."""
        slot_file, _ = self.load()
        names = tuple(sorted(slot.operator for slot in slot_file.slots))
        return VaultOutline(slot_file.school, names, slot_file.key_id)

    def previous(self) -> SlotFile | None:
        """The previous generation, if it is whole."""
        return _read_whole(self._previous)

    def save(self, slot_file: SlotFile, *, forget_previous: bool = False) -> None:
        """Write a new generation; the one before it stays beside it.

        `forget_previous` writes it as both, so that no slot that was withdrawn remains; so does
        the end of a swap, that no file holds both keys any longer.
        """
        data = slot_file.to_json()
        present = _read_whole(self._path)
        if forget_previous or (present is not None and present.swap != slot_file.swap):
            _write(self._previous, data)
        elif present is not None:
            _write(self._previous, self._path.read_bytes())
        _write(self._path, data)

    def save_failures(self, slot_file: SlotFile, failures: Failures) -> SlotFile:
        """Write down the counter alone; slots, MAC and the previous generation stay."""
        counted = replace(slot_file, failures=failures)
        _write(self._path, counted.to_json())
        return counted


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull from error
        raise DiskFailed(reason=error.strerror or error) from error


def _read_whole(path: Path) -> SlotFile | None:
    try:
        return SlotFile.from_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def now_and_ticks() -> tuple[float, float]:
    """Wall clock and time since boot, both in seconds."""
    return time.time(), time.monotonic()
