"""A form from outside, compiled and checked in a process of its own.

A hostile or broken workbook may make a parser loop or swallow all memory; here it may, for this
process holds no register and no key, may write no file, and is killed when it takes too long. It
takes on standard input one line of JSON, {"name", "paper"}, and after it the workbook; it answers
with one line of JSON:

    {"faults": [[sheet, cell, sentence]…], "notes": [sentence…], "fields": [path…], "paper": name}
    {"refused": reason}       no workbook, or nothing on it
"""

import json
import os
import sys
from typing import Any, Final

from app.services.errors import AppError, FormFaulty, FormUnreadable
from app.services.exchange.child import confine
from app.services.forms.faults import faults_of, likely_paper, notes_of
from app.services.forms.template import compile_template

#: First argument of the built program that makes it this process.
FLAG: Final = "--form-child"


def examine(data: bytes, name: str, paper: str) -> dict[str, Any]:
    """What is to be said of one form; without `paper` it is judged by the likely one."""
    try:
        template = compile_template(data, name)
    except FormFaulty as fault:
        sheet, cell, reason = (str(fault.details[key]) for key in ("sheet", "cell", "reason"))
        return _said(faults=[[sheet, cell, f"{reason}。"]])
    except FormUnreadable as error:
        return {"refused": error.details["reason"]}
    except AppError as error:
        return {"refused": str(error)}
    paper = paper or likely_paper(template)
    faults = faults_of(template, paper)
    return _said(
        faults=[[one.sheet, one.cell, one.sentence] for one in faults],
        notes=list(notes_of(template)),
        fields=sorted({ref.path for ref in template.fields}),
        paper=paper,
    )


def _said(
    faults: list[list[str]],
    notes: list[str] | None = None,
    fields: list[str] | None = None,
    paper: str = "",
) -> dict[str, Any]:
    return {"faults": faults, "notes": notes or [], "fields": fields or [], "paper": paper}


def main() -> None:
    """Examine the one form on standard input; the last argument caps the memory in bytes."""
    confine(int(sys.argv[-1]))
    with os.fdopen(0, "rb", closefd=False) as asked, os.fdopen(1, "wb", closefd=False) as answer:
        head = json.loads(asked.readline())
        said = examine(asked.read(), head["name"], head["paper"])
        answer.write(json.dumps(said).encode() + b"\n")
        answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
