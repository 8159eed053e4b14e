"""Tables and photographs from outside."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.terminal import (
    Answer,
    Commands,
    drive,
    open_desk,
    pairs,
    some,
)
from app.services.errors import (
    BadRows,
)
from app.services.exchange.batches import Accepted, batch_rows
from app.services.exchange.checks import Fault, Note
from app.services.exchange.learned import learn_headers, named_fields
from app.services.exchange.photos import PhotoFault, PhotoNote
from app.services.exchange.plan import Plan, Profile


def declare(commands: Commands) -> None:
    """Declare the ways in."""
    intake = commands.add("import", "导入名册、补充信息或平台数据", _import)
    intake.add_argument("file", type=Path, metavar="文件")
    intake.add_argument("--profile", choices=("录取名册", "补充信息"), help="当作哪一种表")
    intake.add_argument(
        "--as",
        dest="arrival",
        choices=("admitted", "registered"),
        default="registered",
        help="新生只录取（admitted），或同时入学注册（registered，默认）",
    )
    intake.add_argument("--entry-year", type=int, metavar="年", help="入学年份")
    intake.add_argument("--dry-run", action="store_true", help="只核对，不写入")
    intake.add_argument("--rows", metavar="行", help="只接受这些行，例如 3,5-9")
    intake.add_argument(
        "--map", action="append", default=[], metavar="表头=栏目", help="指明表头对应，下次自动用"
    )

    undo = commands.add("undo", "撤销一批导入", _undo)
    undo.add_argument("batch", type=int, metavar="批号")
    commands.add("batches", "列出导入批次", _batches)

    photos = commands.add("photos", "导入一个文件夹的照片", _photos)
    photos.add_argument("folder", type=Path, metavar="文件夹")
    photos.add_argument("--dry-run", action="store_true", help="只核对，不写入")


def _import(args: argparse.Namespace) -> Answer:
    profile = Profile(args.profile) if args.profile else None
    with open_desk(args) as desk:
        fields = named_fields(pairs(args.map))
        plan = drive(
            desk.intake.plan(args.file, profile=profile, entry_year=args.entry_year, fields=fields)
        )
        chosen = _chosen_rows(args.rows, plan)
        if args.dry_run:
            accepted = desk.batches.preview(plan, chosen)
        else:
            accepted = drive(
                desk.batches.accept(
                    desk.actor, plan, admitted_only=args.arrival == "admitted", lines=chosen
                )
            )
            if fields:
                with desk.database.write(desk.actor, "记住表头对应") as session:
                    learn_headers(session, fields)
    return _import_answer(plan, accepted, dry_run=args.dry_run)


def _chosen_rows(text: str | None, plan: Plan) -> set[tuple[str, int]] | None:
    if text is None:
        return None
    wanted: set[int] = set()
    for part in text.replace("，", ",").split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise BadRows(text=text)
        wanted.update(range(int(first), int(last or first) + 1))
    return {(line.sheet, line.row) for line in plan.lines if line.row in wanted}


def _import_answer(plan: Plan, accepted: Accepted, *, dry_run: bool) -> Answer:
    made = accepted.made or plan.makes
    summary = (
        f"{'核对' if dry_run else '导入'}“{plan.source_name}”（{plan.profile.value}）："
        f"新增 {accepted.created}，修改 {accepted.updated}，无变化 {accepted.unchanged}，"
        f"拒绝 {accepted.refused}。"
    )
    changes: list[dict[str, Any]] = [
        {
            "sheet": line.sheet,
            "row": line.row,
            "name": line.name,
            "changes": [
                {"field": change.field, "label": change.label, "old": change.old, "new": change.new}
                for change in line.changes
            ],
        }
        for line in plan.lines
        if line.changes
    ]
    lines = [
        summary,
        *(f"问题　{fault.sentence}" for fault in plan.faults),
        *some([f"说明　{note.sentence}" for note in plan.notes], dry_run),
        *(f"说明　{remark}" for remark in plan.remarks),
        *(
            f"修改　第 {change['row']} 行 {change['name']}："
            + "，".join(f"{c['label']} {c['old'] or '空'} → {c['new']}" for c in change["changes"])
            for change in changes
        ),
        *some([f"差异　{difference.sentence}" for difference in plan.differences], dry_run),
        *(f"新建　{what}" for what in made),
    ]
    if accepted.batch_id is not None:
        lines.append(f"批号 {accepted.batch_id}；撤销用 xueji undo {accepted.batch_id}。")
    return Answer(
        lines,
        {
            **_counts(accepted),
            "faults": [_cell(fault) for fault in plan.faults],
            "notes": [_cell(note) for note in plan.notes],
            "remarks": list(plan.remarks),
            "changes": changes,
            "differences": [asdict(difference) for difference in plan.differences],
            "made": list(made),
            "profile": plan.profile.value,
            "entry_year": plan.entry_year,
            "dry_run": dry_run,
            "batch": accepted.batch_id,
        },
    )


def _counts(accepted: Accepted) -> dict[str, int]:
    return {
        "created": accepted.created,
        "updated": accepted.updated,
        "unchanged": accepted.unchanged,
        "refused": accepted.refused,
    }


def _cell(item: Fault | Note | PhotoFault | PhotoNote) -> dict[str, Any]:
    return {**asdict(item), "sentence": item.sentence}


def _undo(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        undone = desk.batches.undo(desk.actor, args.batch)
    return Answer(
        [
            f"已撤销第 {undone.batch_id} 批导入：{undone.voided} 人作废，"
            f"{undone.restored} 人的信息改回，{undone.photos} 张照片取下。"
        ],
        {
            "batch": undone.batch_id,
            "voided": undone.voided,
            "restored": undone.restored,
            "photos": undone.photos,
        },
    )


def _batches(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk, desk.database.read() as session:
        rows = [
            {
                "batch": batch.id,
                "profile": batch.profile,
                "source": batch.source_name,
                "recorded_at": batch.recorded_at,
                "created": batch.created,
                "updated": batch.updated,
                "undone": batch.undone_at is not None,
            }
            for batch in batch_rows(session)
        ]
    lines = [
        f"第 {row['batch']} 批 {row['profile']} {row['source']}：新增 {row['created']}，"
        f"修改 {row['updated']}" + ("（已撤销）" if row["undone"] else "")
        for row in rows
    ]
    return Answer(lines or ["还没有导入过。"], {"batches": rows})


def _photos(args: argparse.Namespace) -> Answer:
    with open_desk(args) as desk:
        plan = drive(desk.photos.plan(args.folder))
        accepted = (
            desk.photos.preview(plan)
            if args.dry_run
            else drive(desk.photos.accept(desk.actor, plan))
        )
    lines = [
        f"照片：新增 {accepted.created}，更换 {accepted.updated}，无变化 {accepted.unchanged}，"
        f"拒绝 {accepted.refused}；还缺照片 {plan.missing} 人。",
        *(f"问题　{fault.sentence}" for fault in plan.faults),
        *some([f"说明　{note.sentence}" for note in plan.notes], args.dry_run),
    ]
    if accepted.batch_id is not None:
        lines.append(f"批号 {accepted.batch_id}；撤销用 xueji undo {accepted.batch_id}。")
    return Answer(
        lines,
        {
            **_counts(accepted),
            "faults": [_cell(fault) for fault in plan.faults],
            "notes": [_cell(note) for note in plan.notes],
            "missing": plan.missing,
            "dry_run": args.dry_run,
            "batch": accepted.batch_id,
        },
    )
