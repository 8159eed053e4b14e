"""A fresh encrypted register for each test, copied from one that is made once."""

import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from app.models.organisation import Cohort
from app.models.vocabulary import Role
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.keys import Cost
from app.services.vault.media import MediaStore
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault
from app.services.workstation import Workstation

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SCHOOL = "江海职业学校"
OPERATOR = "周学管"
PASSWORD = "梧桐 雨后 石桥 灯塔 七号"
#: The cheapest that the program permits at all.
CHEAP = Cost(64 * 1024)


@dataclass(frozen=True)
class MadeVault:
    """A closed vault with one operator and the cohort of 2026, and what opens it."""

    folder: Path
    code: RecoveryCode

    @property
    def key(self) -> bytes:
        return self.code.key()


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Nothing of the program may reach for a network; whoever tries fails his test."""

    def refuse(_socket: socket.socket, address: object) -> None:
        raise AssertionError(f"the program reached for {address!r}")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, refuse)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> MadeVault:
    """Made once a session; never open it, only copy it."""
    folder = tmp_path_factory.mktemp("template") / "学籍库"
    vault, code = Vault.create(
        folder, school=SCHOOL, operator=OPERATOR, password=PASSWORD, cost=CHEAP
    )
    with vault, vault.database.write(vault.actor, "建立年级") as session:
        session.add(Cohort(year=2026, entry_date=date(2026, 9, 1)))
    return MadeVault(folder, code)


@pytest.fixture
def made(template: MadeVault, tmp_path: Path) -> MadeVault:
    """A closed vault of one's own."""
    folder = tmp_path / "学籍库"
    shutil.copytree(template.folder, folder)
    return MadeVault(folder, template.code)


@pytest.fixture
def vault(made: MadeVault) -> Iterator[Vault]:
    """An open vault with OPERATOR at work."""
    with Vault.open(made.folder, PASSWORD) as opened:
        yield opened


@pytest.fixture
def database(made: MadeVault) -> Iterator[Database]:
    """The register alone, opened with its key; quicker than `vault`."""
    opened = Database(made.folder / "core.db", made.key)
    yield opened
    opened.dispose()


@pytest.fixture
def media(made: MadeVault) -> Iterator[MediaStore]:
    """The pictures alone."""
    opened = MediaStore(made.folder / "media.db", made.key)
    yield opened
    opened.dispose()


@pytest.fixture
def actor() -> Actor:
    """The operator of the register, as the log names him."""
    return Actor(1, OPERATOR, frozenset({Role.RECORD, Role.REVIEW, Role.SYSTEM}))


@pytest.fixture
def desk(vault: Vault) -> Workstation:
    """All services over the open vault."""
    return Workstation(vault)
