"""LibreOffice as a converter, with a profile of its own and the same typefaces as the program."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from app.services.resources import resource

_ARCHIVAL: Final = 'pdf:calc_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}'
_FONTS: Final = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir>
{aliases}</fontconfig>"""
_ALIAS: Final = (
    '<match target="pattern"><test name="family"><string>{name}</string></test>'
    '<edit name="family" mode="assign" binding="strong">'
    "<string>{stands_for}</string></edit></match>"
)
_NAMES: Final = {"宋体": "Noto Serif SC", "黑体": "Noto Sans SC", "楷体": "LXGW WenKai"}


def program() -> str | None:
    """The path of LibreOffice; None where there is none."""
    return shutil.which("soffice") or shutil.which("libreoffice")


class Office:
    """Converts workbooks to PDF, in one process a call."""

    def __init__(
        self,
        program: str,
        folder: Path,
        *,
        fonts: Path | None = None,
        names: Mapping[str, str] = _NAMES,
    ) -> None:
        self._program = program
        self._folder = folder
        folder.mkdir(parents=True)
        aliases = "".join(_ALIAS.format(name=n, stands_for=f) for n, f in names.items())
        self._fonts = folder / "fonts.conf"
        self._fonts.write_text(
            _FONTS.format(
                fonts=fonts or resource("fonts"), cache=folder / "cache", aliases=aliases
            ),
            encoding="utf-8",
        )

    def convert(self, workbooks: Sequence[Path], *, archival: bool = False) -> list[Path]:
        """The PDFs beside the workbooks; RuntimeError if one was not made."""
        target = workbooks[0].parent
        made = [target / f"{path.stem}.pdf" for path in workbooks]
        for path in made:
            path.unlink(missing_ok=True)
        command = [
            self._program, "--headless", "--norestore",
            f"-env:UserInstallation={(self._folder / 'profile').as_uri()}",
            "--convert-to", _ARCHIVAL if archival else "pdf:calc_pdf_Export",
            "--outdir", str(target), *map(str, workbooks),
        ]  # fmt: skip
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self._folder),
                "LANG": "zh_CN.UTF-8",
                "FONTCONFIG_FILE": str(self._fonts),
            },
        )
        missing = [path.name for path in made if not path.exists()]
        if missing:
            raise RuntimeError(f"LibreOffice made no {missing}")
        return made
