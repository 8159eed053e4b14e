"""Actions × roles, as one table: whoever holds none of an action's roles is refused, whatever else.

Where an action asks for a role it does so before anything else; so it is called with nothing but
the operator, and what comes after the refusal does not matter here.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from app.models.vocabulary import Role
from app.services import founding, proof
from app.services.errors import NotYourRole
from app.services.register import sight
from app.services.vault import backup, rehearsal, safekeeping
from app.services.vault.vault import Vault
from app.services.workstation import Workstation

SERVICES: Final = Path(__file__).parents[2] / "app" / "services"

SIGHT: Final = frozenset({Role.RECORD, Role.REVIEW, Role.READ})
RECORD: Final = frozenset({Role.RECORD})
REVIEW: Final = frozenset({Role.REVIEW})
SYSTEM: Final = frozenset({Role.SYSTEM})
DESK: Final = frozenset({Role.RECORD, Role.REVIEW})

#: Every action that asks who does it: the roles of which one is enough.
TABLE: Final = {
    "Applications.add": RECORD,
    "Applications.open": RECORD,
    "Applications.rows": SIGHT,
    "Applications.settle": RECORD,
    "Batches.accept": RECORD,
    "Batches.undo": RECORD,
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
    "Cases.withdraw": RECORD,
    "Changes.change": RECORD,
    "Changes.dependents": SIGHT,
    "Changes.entries": SIGHT,
    "Changes.reverse": RECORD,
    "Conduct._letter": RECORD,
    "Conduct._trail": RECORD,
    "Conduct.punish": RECORD,
    "Conduct.punishments": SIGHT,
    "Conduct.reward": RECORD,
    "Conduct.rewards": SIGHT,
    "Conduct.void_punishment": RECORD,
    "Conduct.void_reward": RECORD,
    "Corrections.correct": RECORD,
    "Discs.build": RECORD,
    "Discs.check": SIGHT,
    "Discs.plan": SIGHT,
    "Dossiers.of": SIGHT,
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
    "Leaves.rows": SIGHT,
    "ListExports.save": SIGHT,
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
    "Portraits.view": SIGHT,
    "Printing.make": SIGHT,
    "Problems.enter": DESK,
    "Problems.report": DESK,
    "Problems.rows": SIGHT,
    "Problems.settle": DESK,
    "Reports.changes": SIGHT,
    "Reports.headcount": SIGHT,
    "Reports.save": SIGHT,
    "Rulebook.change": RECORD,
    "Rulebook.confirm": RECORD,
    "Rulebook.rows": SIGHT,
    "Rulebook.touched": SIGHT,
    "Vault.accept_older_register": SYSTEM,
    "Vault.add_operator": SYSTEM,
    "Vault.recovery_code": SYSTEM,
    "Vault.remove_operator": SYSTEM,
    "Vault.rename_school": SYSTEM,
    "Vault.rotate": SYSTEM,
    "Vault.set_password": SYSTEM,  # that of somebody else
    "Vault.set_roles": SYSTEM,
    "Voidings.belongings": SIGHT,
    "Voidings.confirm": REVIEW,
    "Voidings.drop": DESK,
    "Voidings.propose": RECORD,
    "Voidings.rows": SIGHT,
    "anchor_slip": DESK | SYSTEM,
    "back_up": SYSTEM,
    "check_newest": SYSTEM,
    "rehearse": SYSTEM,
    "renew_key": SYSTEM,
    "show_numbers": SIGHT,
}  # fmt: skip

_FUNCTIONS: Final = {
    function.__name__: function
    for function in (
        proof.anchor_slip,
        backup.back_up,
        safekeeping.check_newest,
        rehearsal.rehearse,
        founding.renew_key,
        sight.show_numbers,
    )
}


def asking() -> Iterator[str]:
    """The functions of the services that ask for a role."""
    for path in SERVICES.rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for place in (module, *(n for n in module.body if isinstance(n, ast.ClassDef))):
            prefix = f"{place.name}." if isinstance(place, ast.ClassDef) else ""
            if prefix != "Actor.":  # the asking itself
                for function in place.body:
                    if isinstance(function, ast.FunctionDef) and _asks(function):
                        yield prefix + function.name


def _asks(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"require", "require_any", "require_sight"}
        for node in ast.walk(function)
    )


def bound(desk: Workstation, name: str) -> Callable[[], Any]:
    """The action, with the operator at work and nothing else."""
    owner, _, method = name.rpartition(".")
    if not owner:
        action = partial(_FUNCTIONS[name], desk.vault)
    else:
        services = {type(service).__name__: service for service in vars(desk).values()}
        action = partial(getattr(services[owner], method))
    wanted = inspect.signature(action).parameters
    values = {
        parameter: desk.vault.actor if parameter == "actor" else None
        for parameter, told in wanted.items()
        if told.default is inspect.Parameter.empty
    }
    return partial(action, **values)


def refused(action: Callable[[], Any]) -> bool:
    try:
        begun = action()
        if inspect.isgenerator(begun):
            next(begun, None)
            begun.close()
    except NotYourRole:
        return True
    except Exception:
        return False  # past the door: nothing was handed over to work with
    return False


def test_the_table_names_every_action_that_asks_for_a_role() -> None:
    assert sorted(set(asking())) == sorted(TABLE)


@pytest.mark.promise(37)
@pytest.mark.parametrize("name", TABLE)
def test_each_role_opens_what_the_table_says_and_nothing_else(vault: Vault, name: str) -> None:
    everybody = frozenset(Role)
    for roles in (frozenset(), *(frozenset({role}) for role in Role), everybody - TABLE[name]):
        vault.actor = replace(vault.actor, roles=roles)
        desk = Workstation(vault)
        assert refused(bound(desk, name)) is roles.isdisjoint(TABLE[name]), (name, roles)
        if vault._closed:
            return
