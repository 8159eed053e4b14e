"""Founding a register and renewing its key: each time with its paper recovery sheet."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from app.models.vocabulary import Role
from app.services.clock import today
from app.services.errors import SheetExists, SheetInsideVault
from app.services.files import write_new
from app.services.forms import pdf
from app.services.forms.template import compile_template
from app.services.forms.values import QrCode, Values
from app.services.progress import Work, finish
from app.services.resources import resource
from app.services.settings import change_settings, load_settings
from app.services.vault.keys import key_id
from app.services.vault.recovery import RecoveryCode
from app.services.vault.safekeeping import copy_before
from app.services.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Founded:
    """What `found` made: the vault's folder, the sheet, and what the registrar should know."""

    folder: Path
    sheet: Path
    warnings: tuple[str, ...]


def found(folder: Path, *, school: str, operator: str, password: str, sheet: Path) -> Founded:
    """Make a vault in `folder` and write its recovery sheet to `sheet`, never inside the vault.

    Without its sheet a vault must not be used: when the sheet cannot be written, none is left.
    """
    _demand_free(sheet, folder)
    vault, code = Vault.create(folder, school=school, operator=operator, password=password)
    try:
        with vault:
            with vault.database.write(vault.actor, "建立学籍库") as session:
                change_settings(session, {"school": school, "registrar": operator})
            write_new(sheet, recovery_sheet(vault.vault_id, code, school))
    except BaseException:
        shutil.rmtree(folder)
        raise
    return Founded(folder, sheet, tuple(vault.notices))


def reprint_sheet(vault: Vault, password: str, sheet: Path) -> None:
    """重印恢复单: the sheet of the key in force once more; the operator proves who he is."""
    _demand_free(sheet, vault.folder)
    vault.confirm(password)
    with vault.database.read() as session:
        school = load_settings(session).school
    write_new(sheet, recovery_sheet(vault.vault_id, vault.recovery_code(), school))


def renew_key(vault: Vault, password: str, sheet: Path) -> Work[Vault]:
    """更换密钥 with a new recovery sheet, which is on the disk before its key is in force.

    The program backs the vault up before. Answers the vault opened anew (`Vault.rotate`). When
    the old key stays, so does no new sheet.
    """
    vault.actor.require(Role.SYSTEM)
    _demand_free(sheet, vault.folder)
    yield from copy_before(vault, "更换密钥")
    with vault.database.read() as session:
        school = load_settings(session).school
    delivered = ""

    def deliver(code: RecoveryCode) -> None:
        nonlocal delivered
        write_new(sheet, recovery_sheet(vault.vault_id, code, school))
        delivered = key_id(code.key())

    try:
        return (yield from vault.rotate(password, deliver))
    except BaseException:
        if delivered and Vault.outline(vault.folder).key_id != delivered:
            sheet.unlink()
        raise


def recovery_sheet(vault_id: str, code: RecoveryCode, school: str) -> bytes:
    """恢复单: the key of the vault on paper, as PDF."""
    template = compile_template(resource("forms", "恢复单.xlsx"))
    values: Values = {
        "学校": school,
        "库标识": vault_id,
        "密钥标识": key_id(code.key()),
        "制单日期": today(),
        "二维码": QrCode("".join(code.lines)),
        **{f"恢复码第{number}行": line for number, line in enumerate(code.lines, start=1)},
    }
    return finish(pdf.draw(template, [values], title="恢复单")).pdf


def _demand_free(sheet: Path, folder: Path) -> None:
    """The sheet is the key: not in the vault that it opens, and never over another one."""
    if sheet.absolute().is_relative_to(folder.absolute()):
        raise SheetInsideVault(sheet=sheet, folder=folder)
    if sheet.exists():
        raise SheetExists(sheet=sheet)
