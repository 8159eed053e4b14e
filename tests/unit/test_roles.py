"""Actions × roles, as one table: whoever holds none of an action's roles is refused, whatever else.

The source says what the actions are, so one that nobody put into the table fails. Where an action
asks for a role it does so before anything else; so it is called with nothing but the operator, and
what comes after the refusal does not matter here.
"""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import pytest

from app.models.vocabulary import Role
from app.services.errors import NotYourRole
from app.services.vault.vault import Vault
from app.services.workstation import Workstation
from tests.marks import ROOT

SERVICES: Final = ROOT / "app" / "services"

SIGHT: Final = frozenset({Role.RECORD, Role.REVIEW, Role.READ})
RECORD: Final = frozenset({Role.RECORD})
REVIEW: Final = frozenset({Role.REVIEW})
SYSTEM: Final = frozenset({Role.SYSTEM})
DECIDERS: Final = frozenset({Role.REVIEW, Role.SYSTEM})
KEEPERS: Final = frozenset({Role.RECORD, Role.SYSTEM})
DESK: Final = frozenset({Role.RECORD, Role.REVIEW})
#: The operator's own: drafts, the look of lists, what he gave as a purpose.
ANYBODY: Final = None

#: Every action that knows who does it: the roles of which one is enough.
TABLE: Final = {
    "Applications.add": RECORD,
    "Applications.open": RECORD,
    "Applications.rows": SIGHT,
    "Applications.settle": RECORD,
    "Batches.accept": RECORD,
    "Batches.undo": RECORD,
    "Bridges.between": SIGHT,
    "BulkEdits.apply": RECORD,
    "BulkEdits.preview": RECORD,
    "Calendar.remove": DESK,
    "Calendar.save": DESK,
    "Cases.add": RECORD,
    "Cases.amend": RECORD,
    "Cases.approve": RECORD,
    "Cases.effect": RECORD,
    "Cases.file": RECORD,
    "Cases.open": RECORD,
    "Cases.punctuality": SIGHT,
    "Cases.report": RECORD,
    "Cases.review": REVIEW,
    "Cases.row": SIGHT,
    "Cases.rows": SIGHT,
    "Cases.unreviewed": SIGHT,
    "Cases.withdraw": RECORD,
    "Changes.change": RECORD,
    "Changes.dependents": SIGHT,
    "Changes.entries": SIGHT,
    "Changes.reverse": RECORD,
    "CasePapers.application": SIGHT,
    "CasePapers.arrivals": SIGHT,
    "CasePapers.check_sheets": SIGHT,
    "CasePapers.check_summary": SIGHT,
    "CasePapers.notice": SIGHT,
    "CheckSheets.checks": SIGHT,
    "CheckSheets.fallen_out": SIGHT,
    "CheckSheets.make": RECORD,
    "CheckSheets.rows": SIGHT,
    "CheckSheets.summary": SIGHT,
    "CheckSheets.tick": RECORD,
    "CheckSheets.untick": RECORD,
    "Conduct.appeal": RECORD,
    "Conduct.lift": RECORD,
    "Conduct.post": RECORD,
    "Conduct.punish": RECORD,
    "Conduct.punishments": SIGHT,
    "Conduct.receipt": RECORD,
    "Conduct.returned": RECORD,
    "Conduct.reward": RECORD,
    "Conduct.rewards": SIGHT,
    "Conduct.serve": RECORD,
    "Conduct.tell": RECORD,
    "Conduct.void_punishment": RECORD,
    "Conduct.void_reward": RECORD,
    "Corrections.correct": RECORD,
    "Discs.build": RECORD,
    "Discs.check": SIGHT,
    "Discs.plan": SIGHT,
    "Dossiers.of": SIGHT,
    "Drafts.all": ANYBODY,
    "Drafts.discard": ANYBODY,
    "Drafts.find": ANYBODY,
    "Drafts.save": ANYBODY,
    "Editing.add": RECORD,
    "Editing.edit": RECORD,
    "Editing.take_back": RECORD,
    "Editing.values": SIGHT,
    "Establishment.change_settings": SYSTEM,
    "Establishment.remove_class": RECORD,
    "Establishment.remove_department": RECORD,
    "Establishment.remove_major": RECORD,
    "Establishment.save_class": RECORD,
    "Establishment.save_department": RECORD,
    "Establishment.save_major": RECORD,
    "Intake.drop": ANYBODY,
    "Intake.export_problems": RECORD,
    "Intake.keep": ANYBODY,
    "Intake.learn": RECORD,
    "Intake.resume": ANYBODY,
    "Intake.unfinished": ANYBODY,
    "Leaves.due": SIGHT,
    "Leaves.overdue": SIGHT,
    "Leaves.rows": SIGHT,
    "ListExports.purpose_of_today": ANYBODY,
    "ListExports.save": SIGHT,
    "Library.export": KEEPERS,
    "Library.install": KEEPERS,
    "Library.restore": KEEPERS,
    "Library.retire": KEEPERS,
    "Listing.rebuild": RECORD | SYSTEM,
    "Listing.reveal": SIGHT,
    "Photos.accept": RECORD,
    "Placement.assign": RECORD,
    "Placement.number": RECORD,
    "Placement.split": RECORD,
    "Portraits.crop": RECORD,
    "Portraits.original": SIGHT,
    "Portraits.take": RECORD,
    "Portraits.use_again": RECORD,
    "MassChanges.apply": RECORD,
    "MassChanges.preview": RECORD,
    "MassChanges.take_back": RECORD,
    "Printing.collect": SIGHT,
    "Printing.make": SIGHT,
    "Printing.save": SIGHT,
    "Printing.sending": SIGHT,
    "Printing.try_on": SIGHT,
    "Printing.write": SIGHT,
    "Problems.enter": DESK,
    "Problems.report": DESK,
    "Problems.rows": SIGHT,
    "Problems.settle": DESK,
    "Registration.missing": SIGHT,
    "Registration.open_term": RECORD,
    "Registration.register": RECORD,
    "Registration.rows": SIGHT,
    "Registration.set_platform_counts": RECORD,
    "Registration.terms": SIGHT,
    "Renewal.stale": SIGHT,
    "Reports.changes": SIGHT,
    "Reports.headcount": SIGHT,
    "Reports.save": SIGHT,
    "Rulebook.book": SIGHT,
    "Rulebook.change": DECIDERS,
    "Rulebook.confirm": DECIDERS,
    "Rulebook.touched": ANYBODY,  # without names for who may not see students
    "Rulebook.touched_by_confirming": ANYBODY,
    "Scans.look": SIGHT,
    "Seals.check": SIGHT,
    "Seals.rows": SIGHT,
    "Seals.seal": DESK,
    "Sheets.answer": SIGHT,
    "Sheets.scanned": SIGHT,
    "Sheets.count": SIGHT,
    "Sheets.rows": SIGHT,
    "Vault.accept_older_register": SYSTEM,
    "Vault.add_operator": SYSTEM,
    "Vault.recovery_code": SYSTEM,
    "Vault.remove_operator": SYSTEM,
    "Vault.rename_school": SYSTEM,
    "Vault.rotate": SYSTEM,
    "Vault.set_password": SYSTEM,
    "Vault.set_roles": SYSTEM,
    "Views.arrange": ANYBODY,
    "Views.delete": ANYBODY,
    "Views.leave": ANYBODY,
    "Views.rename": ANYBODY,
    "Views.save": ANYBODY,
    "Voidings.belongings": SIGHT,
    "Voidings.confirm": REVIEW,
    "Voidings.drop": DESK,
    "Voidings.propose": RECORD,
    "Voidings.rows": SIGHT,
    "anchor_slip": DESK | SYSTEM,
    "back_up": SYSTEM,
    "begin": SYSTEM,
    "check_newest": SYSTEM,
    "check_workplace": DESK | SYSTEM,
    "give_up": SYSTEM,
    "hand_over": SYSTEM,
    "hand_over_paper": SYSTEM,
    "keep_check": DESK | SYSTEM,
    "note_sheet": SYSTEM,
    "rehearse": SYSTEM,
    "renew_key": SYSTEM,
    "retire": SYSTEM,
}

#: What actions are made of: who calls these has asked.
FOUNDATION: Final = {"Database.write", "exported"}


def actions() -> Iterator[tuple[str, Path]]:
    """The public functions of the services that take an operator or ask for his role, by file.

    What takes a session is a step within an action, not an action.
    """
    for path in sorted(SERVICES.rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for place in (module, *(n for n in module.body if isinstance(n, ast.ClassDef))):
            owner = f"{place.name}." if isinstance(place, ast.ClassDef) else ""
            for function in place.body:
                if isinstance(function, ast.FunctionDef) and _acts(function):
                    name = owner + function.name
                    if name not in FOUNDATION and not name.startswith(("_", "Actor.")):
                        yield name, path


def _acts(function: ast.FunctionDef) -> bool:
    taken = {
        argument.arg
        for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    }
    asks = any(
        isinstance(node, ast.Attribute) and node.attr in {"require", "require_any", "require_sight"}
        for node in ast.walk(function)
    )
    inner = function.name.startswith("_") or "session" in taken
    return not inner and ("actor" in taken or asks)


def bound(desk: Workstation, name: str) -> Callable[[], Any]:
    """The action, with the operator at work, his register, and nothing else."""
    owner, _, method = name.rpartition(".")
    services = {type(service).__name__: service for service in vars(desk).values()}
    action = getattr(services[owner], method) if owner else _function(name)
    known = {"actor": desk.vault.actor, "vault": desk.vault, "database": desk.database}
    wanted = {
        parameter: known.get(parameter)
        for parameter, told in inspect.signature(action).parameters.items()
        if told.default is inspect.Parameter.empty
    }
    return partial(action, **wanted)


@cache
def _files() -> dict[str, Path]:
    """In which file each action stands: reading all services takes a second."""
    return dict(actions())


def _function(name: str) -> Callable[..., Any]:
    path = _files()[name].relative_to(ROOT).with_suffix("")
    found: Callable[..., Any] = getattr(importlib.import_module(".".join(path.parts)), name)
    return found


def refused(action: Callable[[], Any]) -> bool:
    try:
        begun = action()
        if inspect.isgenerator(begun):
            next(begun, None)
            begun.close()
        elif isinstance(begun, AbstractContextManager):
            with begun:
                pass
    except NotYourRole:
        return True
    except Exception:
        return False  # past the door: nothing was handed over to work with
    return False


def test_the_table_names_every_action() -> None:
    assert sorted(name for name, _ in actions()) == sorted(TABLE)


@pytest.mark.promise(37)
@pytest.mark.parametrize("name", TABLE)
def test_each_role_opens_what_the_table_says_and_nothing_else(vault: Vault, name: str) -> None:
    enough = TABLE[name]
    others = frozenset(Role) - (enough or frozenset())
    for roles in (frozenset(), *(frozenset({role}) for role in Role), others):
        vault.actor = replace(vault.actor, roles=roles)
        expected = enough is not None and roles.isdisjoint(enough)
        assert refused(bound(Workstation(vault), name)) is expected, (name, roles)
        if vault._closed:
            return  # the key was changed: the vault is gone
