"""All attacks of the model played through, the two known gaps as gaps; and the papers of proof."""

# ruff: noqa: S608 (the attacker writes his own SQL)

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from cryptography.hazmat.primitives.hashes import SM3, Hash

from app.models.audit import AuditEntry
from app.models.student import Student
from app.services.errors import AnchorUnreadable, NotYourRole
from app.services.progress import finish
from app.services.proof import anchor_slip, audit_statement
from app.services.vault import audit
from app.services.vault import vault as vault_module
from app.services.vault.audit import Anchor, AuditReport
from app.services.vault.backup import back_up
from app.services.vault.keys import HighWater, KeyStore
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, PASSWORD, MadeVault
from tests.unit.test_audit import Intruder

NAMES = ("赵一", "钱二", "孙三")


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


class Crime:
    """A vault with some history, an insider with its key, and what was written down outside."""

    def __init__(self, made: MadeVault) -> None:
        self.folder = made.folder
        self.key = made.key
        self.intruder = Intruder(made.folder / "core.db", made.key)
        self._work(*NAMES)
        self.old = shutil.copytree(self.folder, self.folder.with_name("旧"))
        self._work("李四")
        self.paper = self._anchor("2026年9月锚定单")
        self._work("周五")  # after the last anchor

    def _work(self, *names: str) -> None:
        with Vault.open(self.folder, PASSWORD) as vault:
            for name in names:
                student = Student(name=name, cohort_year=2026, recorded_at=datetime.now(UTC))
                with vault.database.write(vault.actor, "录入") as session:
                    session.add(student)

    def _anchor(self, source: str) -> Anchor:
        with Vault.open(self.folder, PASSWORD) as vault:
            return Anchor.read(vault.database.head().short, source)

    def seq_of(self, name: str) -> int:
        """The entry that speaks of a student."""
        with self.connection() as connection:
            (seq,) = connection.execute(
                "SELECT a.seq FROM audit_entries a JOIN students s ON a.record = 'students'"
                " AND a.record_id = s.id WHERE s.name = ?",
                (name,),
            ).fetchone()
        return int(seq)

    def connection(self):
        opened = sqlcipher.connect(self.folder / "core.db", isolation_level=None)
        opened.set_key(f"x'{self.key.hex()}'")
        return opened

    def edit(self, name: str) -> None:
        self.intruder.run(f"UPDATE students SET name = '改名' WHERE name = '{name}'")

    def edit_and_rechain(self, name: str) -> None:
        """The row, its digest in the log, and the whole chain from there on."""
        seq = self.seq_of(name)
        self.edit(name)
        with Vault.open(self.folder, PASSWORD) as vault, vault.database.read() as session:
            entry = session.get_one(AuditEntry, seq)
            states = audit.records.digests(
                session.connection(), audit.records.kinds()["students"], [int(entry.record_id)]
            )
        (digest,) = states.values()
        self.intruder.tamper(f"UPDATE audit_entries SET digest = '{digest}' WHERE seq = {seq}")
        self.intruder.rechain(seq)

    def forge_mark(self) -> None:
        """The insider has the key, so he can sign the slot file again."""
        with self.connection() as connection:
            seq, head = connection.execute(
                "SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        store = KeyStore(self.folder)
        forged = replace(store.load()[0], high_water=HighWater(seq, head)).signed(self.key)
        store.save(forged, forget_previous=True)

    def cut_tail(self, *, undo_rows: bool) -> None:
        """Drop the entries on 周五, and the student too, as if he had never been."""
        seq = self.seq_of("周五")
        self.intruder.tamper(f"DELETE FROM audit_entries WHERE seq >= {seq}")
        if undo_rows:
            self.intruder.run("DELETE FROM students WHERE name = '周五'")

    def old_file(self, *, with_slots: bool) -> None:
        for name in ("core.db", "keys.json") if with_slots else ("core.db",):
            shutil.copy(self.old / name, self.folder / name)
        (self.folder / "keys.previous.json").unlink(missing_ok=True)

    def old_page(self) -> None:
        """The page of the students as it was, pasted into the file as it is."""
        with self.connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            (root,) = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = 'students'"
            ).fetchone()
        content = bytearray((self.folder / "core.db").read_bytes())
        old = (self.old / "core.db").read_bytes()
        content[(root - 1) * 4096 : root * 4096] = old[(root - 1) * 4096 : root * 4096]
        (self.folder / "core.db").write_bytes(content)

    def verify(self, *anchors: Anchor) -> AuditReport:
        with Vault.open(self.folder, PASSWORD) as vault:
            return finish(vault.verify_audit(anchors))


@pytest.fixture
def crime(made: MadeVault) -> Crime:
    return Crime(made)


INSIDE, MARK, PAPER, NOTHING = "the register itself", "the mark", "paper", "nothing"

ATTACKS: list[tuple[str, Callable[[Crime], object], str]] = [
    ("a row is edited", lambda c: c.edit("赵一"), INSIDE),
    ("a log row is edited", lambda c: c.intruder.tamper(
        f"UPDATE audit_entries SET reason = '改' WHERE seq = {c.seq_of('钱二')}"), INSIDE),
    ("a log row is deleted", lambda c: c.intruder.tamper(
        f"DELETE FROM audit_entries WHERE seq = {c.seq_of('钱二')}"), INSIDE),
    ("the tail is cut", lambda c: c.cut_tail(undo_rows=False), INSIDE),
    ("an old page is pasted in", lambda c: c.old_page(), INSIDE),
    ("re-chained before the anchor", lambda c: c.edit_and_rechain("赵一"), MARK),
    ("re-chained, mark forged", lambda c: (c.edit_and_rechain("赵一"), c.forge_mark()), PAPER),
    ("re-chained after the anchor", lambda c: c.edit_and_rechain("周五"), MARK),
    ("tail cut and rows undone", lambda c: c.cut_tail(undo_rows=True), MARK),
    ("an old file is put back", lambda c: c.old_file(with_slots=False), MARK),
    ("an old file with its mark", lambda c: c.old_file(with_slots=True), PAPER),
    # The two known gaps: an insider with the key, in the window since the last outside anchor.
    ("re-chained after the anchor, mark forged",
     lambda c: (c.edit_and_rechain("周五"), c.forge_mark()), NOTHING),
    ("tail cut, rows undone, mark forged",
     lambda c: (c.cut_tail(undo_rows=True), c.forge_mark()), NOTHING),
]  # fmt: skip


@pytest.mark.promise(31, 32, 33, 34)
@pytest.mark.parametrize(
    ("attack", "caught_by"), [a[1:] for a in ATTACKS], ids=[a[0] for a in ATTACKS]
)
def test_each_attack_is_caught_by_what_should_catch_it(
    crime: Crime, attack: Callable[[Crime], object], caught_by: str
) -> None:
    assert crime.verify(crime.paper).clean
    attack(crime)
    mark = KeyStore(crime.folder).load()[0].high_water
    from_outside = crime.verify(crime.paper)
    found = [finding.sentence for finding in from_outside.findings]
    of_mark = any("密钥文件" in sentence for sentence in found)
    of_paper = any("锚定单" in sentence for sentence in found)
    inside = any("密钥文件" not in sentence and "锚定单" not in sentence for sentence in found)
    assert mark.seq
    match caught_by:
        case "the register itself":
            assert inside
        case "the mark":
            assert (inside, of_mark) == (False, True)
        case "paper":
            assert (inside, of_mark, of_paper) == (False, False, True)
        case _:
            assert from_outside.clean  # a gap, and known as one: the manual says so


@pytest.mark.promise(33)
def test_the_next_outside_copy_closes_both_gaps(crime: Crime, tmp_path: Path) -> None:
    with Vault.open(crime.folder, PASSWORD) as vault:
        manifest = finish(back_up(vault, tmp_path / "备份盘")).manifest
    later = Anchor(manifest.head.seq, manifest.head.hash, "备份清单")
    crime.edit_and_rechain("周五")
    crime.forge_mark()
    assert crime.verify(crime.paper).clean
    assert not crime.verify(crime.paper, later).clean


@pytest.mark.promise(31)
def test_the_first_bad_entry_and_each_differing_record_are_named(crime: Crime) -> None:
    crime.edit("孙三")
    seq = crime.seq_of("钱二")
    crime.intruder.tamper(f"UPDATE audit_entries SET action = '改' WHERE seq = {seq}")
    report = crime.verify()
    assert report.first_bad_seq == seq
    assert [name.split("（")[0] for name in report.differing] == ["学生 改名"]


# --- on paper


def text_of(paper: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, check=True)
    return done.stdout.decode()


def test_the_slip_carries_both_digests_and_what_is_typed_later(
    vault: Vault, tmp_path: Path
) -> None:
    head = finish(anchor_slip(vault, tmp_path / "锚定单.pdf"))
    text = text_of(tmp_path / "锚定单.pdf")
    plain = "".join(text.split())
    assert head.short in text
    for digest in (head.hash, head.sm3):
        assert digest[:32] in plain
        assert digest[32:] in plain
    anchor = Anchor.read(head.short)
    assert finish(vault.verify_audit([anchor])).clean
    second = finish(anchor_slip(vault, tmp_path / "下月.pdf"))
    assert f"第 {head.seq} 条" in text_of(tmp_path / "下月.pdf")  # 上次锚定
    assert second.seq == head.seq + 1


def test_the_sm3_is_that_of_the_last_entry(vault: Vault) -> None:
    with vault.database.read() as session:
        last = session.connection().exec_driver_sql(audit._LAST).one()
    sm3 = Hash(SM3())
    sm3.update(audit._canonical(tuple(last[:-1])))
    assert vault.database.head().sm3 == sm3.finalize().hex()


def test_the_statement_lists_what_was_found(crime: Crime, tmp_path: Path) -> None:
    crime.edit("孙三")
    with Vault.open(crime.folder, PASSWORD) as vault:
        report = finish(vault.verify_audit([crime.paper]))
        finish(audit_statement(vault, report, [crime.paper], tmp_path / "核验单.pdf"))
    plain = "".join(text_of(tmp_path / "核验单.pdf").split())
    assert "发现1处不符" in plain
    assert "学生改名" in plain
    assert "2026年9月锚定单" in plain


@pytest.mark.parametrize("text", ["15328", "15328-9f3a", "第15328条", "x-9f3a07c1d2b4e586", ""])
def test_what_is_no_anchor_is_told(text: str) -> None:
    with pytest.raises(AnchorUnreadable, match="照锚定单"):
        Anchor.read(text)


def test_an_anchor_is_read_as_people_type_it() -> None:
    assert Anchor.read(" １５－9F3A 07C1 d2b4 e586 ".replace("－", "-")) == Anchor(
        15, "9f3a07c1d2b4e586", "输入的链头"
    )


def test_who_only_reads_prints_no_slip(vault: Vault, tmp_path: Path) -> None:
    vault.actor = replace(vault.actor, roles=frozenset())
    with pytest.raises(NotYourRole):
        finish(anchor_slip(vault, tmp_path / "锚定单.pdf"))
    assert not list(tmp_path.glob("*.pdf"))
