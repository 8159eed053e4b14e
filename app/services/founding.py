"""Founding a register: the vault, the school's name in it, and the paper recovery sheet."""

from dataclasses import dataclass
from pathlib import Path

from app.services.clock import today
from app.services.errors import SheetInsideVault
from app.services.files import write_new
from app.services.forms import pdf
from app.services.forms.template import compile_template
from app.services.forms.values import QrCode, Values
from app.services.progress import finish
from app.services.resources import resource
from app.services.settings import change_settings
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Founded:
    """What `found` made: the vault's folder, the sheet, and what the registrar should know."""

    folder: Path
    sheet: Path
    warnings: tuple[str, ...]


def found(folder: Path, *, school: str, operator: str, password: str, sheet: Path) -> Founded:
    """Make a vault in `folder` and write its recovery sheet to `sheet`, never inside the vault."""
    if sheet.absolute().is_relative_to(folder.absolute()):
        raise SheetInsideVault(sheet=sheet, folder=folder)
    vault, code = Vault.create(folder, school=school, operator=operator, password=password)
    with vault:
        with vault.database.write(vault.actor, "建立学籍库") as session:
            change_settings(session, {"school": school, "registrar": operator})
        write_new(sheet, recovery_sheet(vault, code, school))
        return Founded(folder, sheet, tuple(vault.notices))


def recovery_sheet(vault: Vault, code: RecoveryCode, school: str) -> bytes:
    """恢复单: the key of the vault on paper, as PDF."""
    template = compile_template(resource("forms", "恢复单.xlsx"))
    values: Values = {
        "学校": school,
        "库标识": vault.vault_id,
        "密钥标识": vault.key_id,
        "制单日期": today(),
        "二维码": QrCode("".join(code.lines)),
        **{f"恢复码第{number}行": line for number, line in enumerate(code.lines, start=1)},
    }
    return finish(pdf.draw(template, [values], title="恢复单")).pdf
