"""The form library, the field dictionary, and the code on a sheet."""

import argparse
from pathlib import Path

from app.commands.terminal import Answer, Commands, open_desk
from app.services.forms.dictionary import field_lines, manual_chapter
from app.services.forms.form_reader import form_bytes, inspect_form
from app.services.forms.library import SHIPPED, FormRow, VersionRow
from app.services.forms.sheets import ScannedPile, SheetAnswer, SheetRow, Standing
from app.services.progress import finish


def declare(commands: Commands) -> None:
    """Declare what concerns forms and the sheets printed with them."""
    forms = commands.group("forms", "表样库：查看、安装、比较、停用")
    listed = commands.add("list", "列出各组表样和版本", _list, forms)
    listed.add_argument("name", nargs="?", default="", metavar="表名", help="列出这张表的各版")
    check = commands.add("check", "检查一张表样，不安装", _check, forms)
    check.add_argument("file", type=Path, metavar="表样.xlsx")
    check.add_argument("--like", default="", metavar="表名", help="用哪张表的字段")
    install = commands.add("install", "安装表样，或给一张表换新版", _install, forms)
    install.add_argument("file", type=Path, metavar="表样.xlsx")
    install.add_argument("--name", default="", metavar="表名", help="不写就用文件名")
    install.add_argument("--like", default="", metavar="表名", help="用哪张表的字段")
    install.add_argument("--shelf", default="", metavar="组", help="放在哪一组")
    install.add_argument("--note", default="", metavar="说明", help="例如来文的文号")
    compare = commands.add("compare", "比较一张表的两版", _compare, forms)
    compare.add_argument("name", metavar="表名")
    compare.add_argument("before", type=int, metavar="旧版", help="0 是随程序的")
    compare.add_argument("after", type=int, metavar="新版")
    for verb, help_text, act in (
        ("retire", "停用一版", _retire),
        ("restore", "恢复停用的一版", _restore),
    ):
        one = commands.add(verb, help_text, act, forms)
        one.add_argument("name", metavar="表名")
        one.add_argument("number", type=int, metavar="第几版")
    export = commands.add("export", "取出表样文件，拿去修改", _export, forms)
    export.add_argument("name", metavar="表名")
    export.add_argument("--number", type=int, metavar="第几版")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="文件.xlsx")

    fields = commands.add("fields", "字段表：表样里可以写的字段", _fields)
    fields.add_argument("words", nargs="*", metavar="查找的字")
    fields.add_argument("--form", default="", metavar="表名", help="只列这张表能用的")
    fields.add_argument("--markdown", action="store_true", help="写成手册的一章")

    sheet = commands.add("sheet", "凭校验码查一张纸；不写校验码就列出打印记录", _sheet)
    sheet.add_argument("code", nargs="?", default="", metavar="校验码")
    sheet.add_argument("--scan", type=Path, metavar="文件", help="扫描件或照片：读出纸上的码")
    sheet.add_argument("--find", default="", metavar="字", help="表名、姓名、范围里含有的字")
    sheet.add_argument("--limit", type=int, default=50, metavar="条数")


# --- forms --------------------------------------------------------------------------------


def _list(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        if args.name:
            versions = desk.library.versions(args.name)
            return Answer(
                [_version_line(row) for row in versions],
                {"name": args.name, "versions": [_version_data(row) for row in versions]},
            )
        rows = desk.library.rows()
    lines: list[str] = []
    for shelf in dict.fromkeys(row.shelf for row in rows):
        lines.append(shelf)
        lines += [f"　　{_form_line(row)}" for row in rows if row.shelf == shelf]
    return Answer(lines, {"forms": [_form_data(row) for row in rows]})


def _form_line(row: FormRow) -> str:
    own = f"，字段同{row.paper}" if row.own else "，代替随程序的" if row.replaced else ""
    return f"{row.name}　{_number(row.number)}{own}　{row.version[:8]}"


def _form_data(row: FormRow) -> dict[str, object]:
    return {
        "name": row.name,
        "group": row.shelf,
        "like": row.paper,
        "number": row.number,
        "version": row.version,
        "own": row.own,
    }


def _number(number: int) -> str:
    return "随程序" if number == SHIPPED else f"第 {number} 版"


def _version_line(row: VersionRow) -> str:
    when = (
        f"{row.installed_at.astimezone():%Y-%m-%d} {row.installed_by}" if row.installed_at else ""
    )
    state = "在用" if row.current else "已停用" if row.retired_at else "旧版，留作重印"
    return "　".join(
        part for part in (_number(row.number), row.version, state, when, row.note) if part
    )


def _version_data(row: VersionRow) -> dict[str, object]:
    return {
        "number": row.number,
        "version": row.version,
        "note": row.note,
        "installed_by": row.installed_by,
        "installed_at": row.installed_at,
        "retired": row.retired_at is not None,
        "current": row.current,
    }


def _check(args: argparse.Namespace) -> Answer:
    data, name = form_bytes(args.file), args.file.stem
    found = inspect_form(data, name, args.like)
    faults = [str(fault) for fault in found.faults]
    good = f"“{name}”没有错误，{len(found.fields)} 个字段都在“{found.paper}”的字段表里。"
    return Answer(
        [*(faults or [good]), *(f"注意　{note}" for note in found.notes)],
        {
            "like": found.paper,
            "fields": list(found.fields),
            "faults": [
                {"sheet": one.sheet, "cell": one.cell, "problem": one.sentence}
                for one in found.faults
            ],
            "notes": list(found.notes),
        },
        int(bool(faults)),
    )


def _install(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        row = desk.library.install(
            desk.actor, args.file, args.name or args.file.stem,
            paper=args.like, shelf=args.shelf, note=args.note,
        )  # fmt: skip
    return Answer([f"已安装“{row.name}”第 {row.number} 版，{row.version}。"], _version_data(row))


def _compare(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        found = desk.library.compare(args.name, args.before, args.after)
    return Answer(
        [str(one) for one in found] or ["两版一样。"],
        {
            "differences": [
                {
                    "sheet": one.sheet,
                    "place": one.place,
                    "what": one.what,
                    "before": one.before,
                    "after": one.after,
                }
                for one in found
            ]
        },
    )


def _retire(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        desk.library.retire(desk.actor, args.name, args.number)
    return Answer([f"已停用“{args.name}”第 {args.number} 版。"], {"retired": args.number})


def _restore(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        desk.library.restore(desk.actor, args.name, args.number)
    return Answer([f"“{args.name}”第 {args.number} 版可以再用了。"], {"restored": args.number})


def _export(args: argparse.Namespace) -> Answer:
    with open_desk(args, sees_students=False) as desk:
        desk.library.export(desk.actor, args.name, args.number, args.output)
    return Answer([f"{args.name} → {args.output}"], {"file": str(args.output)})


# --- fields -------------------------------------------------------------------------------


def _fields(args: argparse.Namespace) -> Answer:
    if args.markdown:
        return Answer([manual_chapter().rstrip("\n")], {"markdown": manual_chapter()})
    lines = field_lines(args.form, " ".join(args.words))
    return Answer(
        [
            f"{line.written}　{line.meaning}　例：{line.example or line.kind.value}　"
            f"来自{line.source}　用在{line.forms_in_words}"
            for line in lines
        ]
        or ["没有这样的字段。"],
        {
            "fields": [
                {
                    "name": line.path,
                    "meaning": line.meaning,
                    "example": line.example,
                    "source": line.source,
                    "kind": line.kind.value,
                    "forms": list(line.forms),
                }
                for line in lines
            ]
        },
    )


# --- sheets -------------------------------------------------------------------------------


def _sheet(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        if args.scan:
            return _scanned(finish(desk.sheets.scanned(desk.actor, args.scan)))
        if not args.code:
            rows = desk.sheets.rows(desk.actor, args.find, args.limit)
            return Answer([_sheet_line(row) for row in rows] or ["没有打印记录。"],
                          {"sheets": [_sheet_data(row) for row in rows]})  # fmt: skip
        answer = desk.sheets.answer(desk.actor, args.code)
    return Answer(
        [f"{answer.code}　{answer.standing}", answer.sentence, *answer.changes],
        _answer_data(answer),
        int(answer.standing is Standing.UNKNOWN),
    )


def _scanned(pile: ScannedPile) -> Answer:
    lines = []
    for one in pile.sheets:
        lines.append(f"第 {one.page} 页　{one.answer.code}　{one.answer.standing}")
        lines += [one.answer.sentence, *one.answer.changes]
    lines += [f"第 {page} 页　没有读到校验码" for page in pile.without]
    data = [{"page": one.page, **_answer_data(one.answer)} for one in pile.sheets]
    doubtful = any(one.answer.standing is Standing.UNKNOWN for one in pile.sheets)
    return Answer(lines, {"sheets": data, "without": list(pile.without)}, int(doubtful or not data))


def _answer_data(answer: SheetAnswer) -> dict[str, object]:
    return {
        "code": answer.code,
        "standing": answer.standing.name.lower(),
        "sentence": answer.sentence,
        "changes": list(answer.changes),
        "sheets": [_sheet_data(row) for row in answer.sheets],
    }


def _sheet_line(row: SheetRow) -> str:
    return (
        f"{row.grouped_code}　{row.form}　{row.scope}　{row.at.astimezone():%Y-%m-%d %H:%M}　"
        f"{row.operator}　{row.ending}　指纹 {row.fingerprint[:16]}"
    )


def _sheet_data(row: SheetRow) -> dict[str, object]:
    return {
        "code": row.code,
        "form": row.form,
        "version": row.version,
        "number": row.number,
        "scope": row.scope,
        "fingerprint": row.fingerprint,
        "format": row.ending,
        "operator": row.operator,
        "printed_at": row.at,
        "as_of": row.as_of,
        "printer": row.printer,
    }
