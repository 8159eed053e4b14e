"""A half filled form survives, is its operator's alone, and leaves no row in the log."""

from app.models.vocabulary import Role
from app.services.office.drafts import Drafts
from app.services.progress import finish
from app.services.vault.audit import Actor
from app.services.vault.vault import Vault
from tests.conftest import OPERATOR, PASSWORD, MadeVault


def test_a_draft_is_there_after_the_program_was_closed(made: MadeVault) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        drafts = Drafts(vault.database)
        drafts.save(vault.actor, "学生", {"name": "单晓"}, subject="7", title="单晓明")
        drafts.save(vault.actor, "学生", {"name": "单晓明"}, subject="7", title="单晓明")
    with Vault.open(made.folder, PASSWORD) as vault:
        (kept,) = Drafts(vault.database).all(vault.actor)
        assert (kept.form, kept.subject, kept.values) == ("学生", "7", {"name": "单晓明"})


def test_a_draft_is_no_change_of_the_register(vault: Vault) -> None:
    before = vault.database.head()
    drafts = Drafts(vault.database)
    drafts.save(vault.actor, "学生", {"name": "单"}, title="新学生")
    drafts.discard(vault.actor, "学生")
    assert drafts.find(vault.actor, "学生") is None
    assert vault.database.head() == before
    assert finish(vault.verify()).clean


def test_drafts_of_another_operator_are_not_shown(vault: Vault) -> None:
    vault.add_operator("钱接班", {Role.RECORD}, "海棠 石阶 小满 纸船 十二")
    drafts = Drafts(vault.database)
    drafts.save(vault.actor, "学生", {}, title="新学生")
    assert drafts.all(Actor(2, "钱接班", frozenset({Role.RECORD}))) == []
    assert len(drafts.all(Actor(1, OPERATOR, frozenset()))) == 1
