"""The main job on the sample files, end to end: what a registrar does with each year's students."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.services.archive.content import Medium
from app.services.archive.verify import verify
from app.services.clock import today
from app.services.demo_mark import MARK, PASSPHRASE
from app.services.errors import DemoFolderInUse, DiscNotSound
from app.services.exchange.batches import Accepted
from app.services.founding import found
from app.services.progress import Step, Work, finish
from app.services.register.ledger import Moment
from app.services.register.organisation import change_major, class_rows
from app.services.register.placement import Order
from app.services.register.students import Scope
from app.services.resources import resource
from app.services.settings import change_settings
from app.services.vault.vault import Vault
from app.services.workstation import Workstation

OPERATOR: Final = "示范管理员"
COHORT: Final = 2026
_MAJORS: Final = {
    "计算机应用技术": {"short_name": "计算机", "department": "信息工程系"},
    "机电一体化技术": {"short_name": "机电", "department": "机电工程系"},
    "大数据与会计": {"short_name": "会计", "department": "经济管理系"},
}


@dataclass(slots=True)
class Demo:
    """What the demonstration did, in sentences, and every file that it made."""

    lines: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Add one sentence to the summary."""
        self.lines.append(line)


def run(folder: Path) -> Work[Demo]:
    """Make a register in `folder` out of the sample files and do the main job with it."""
    _clear(folder)
    demo = Demo()
    vault = folder / "学籍库"
    yield Step(0, 8, "建立学籍库")
    founded = found(
        vault,
        school="江苏联合职业技术学院示范分院",
        operator=OPERATOR,
        password=PASSPHRASE,
        sheet=folder / "恢复单.pdf",
    )
    demo.files.append(founded.sheet)
    demo.say(f"学籍库：{vault}（口令 {PASSPHRASE}）")
    with Workstation(Vault.open(vault, PASSPHRASE)) as desk:
        yield Step(1, 8, "导入新生录取名册")
        _intake(desk, demo)
        yield Step(3, 8, "分班、编学号")
        _place(desk, demo)
        yield Step(4, 8, "打印")
        _print(desk, demo, folder)
        yield Step(6, 8, "生成归档镜像")
        report = finish(desk.discs.build(desk.actor, COHORT, folder / "光盘", Medium.DVD))
        demo.files.append(report.path)
        demo.say(f"归档镜像：{report.files} 个文件，SHA-256 {report.sha256[:16]}…")
        yield Step(7, 8, "校验")
        _verify(desk, demo, report.path)
    demo.say("生成的文件：")
    demo.lines.extend(f"  {path}" for path in demo.files)
    return demo


def _clear(folder: Path) -> None:
    """Take away an earlier demonstration; anything else in the folder stays untouched."""
    if (folder / MARK).exists():
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise DemoFolderInUse(folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def _intake(desk: Workstation, demo: Demo) -> None:
    for name in ("新生录取名册.xls", "班主任补充信息.xlsx"):
        plan = finish(desk.intake.plan(resource("demo", name)))
        accepted = finish(desk.batches.accept(desk.actor, plan))
        demo.say(f"{name}：{_counts(accepted)}")
        demo.lines.extend(f"  问题　{fault.sentence}" for fault in plan.faults)
    plan = finish(desk.intake.plan(resource("demo", "XJZC.dbf")))
    demo.say(f"XJZC.dbf 与登记核对：差异 {len(plan.differences)} 处，冲突 {len(plan.faults)} 处")
    photos = finish(desk.photos.plan(resource("demo", "照片")))
    demo.say(f"照片：{_counts(finish(desk.photos.accept(desk.actor, photos)))}")
    demo.lines.extend(f"  问题　{fault.sentence}" for fault in photos.faults)


def _counts(accepted: Accepted) -> str:
    return (
        f"新增 {accepted.created}，修改 {accepted.updated}，"
        f"无变化 {accepted.unchanged}，拒绝 {accepted.refused}"
    )


def _place(desk: Workstation, demo: Demo) -> None:
    with desk.database.write(desk.actor, "修改设置") as session:
        change_settings(session, {"branch_code": "01"})
        for major, values in _MAJORS.items():
            change_major(session, major, values)
    placed = desk.placement.split(desk.actor, COHORT, count=2)
    demo.say("分班：" + "，".join(f"{name} {count} 人" for name, count in placed.classes.items()))
    numbers = sorted(desk.placement.number(desk.actor, COHORT, order=Order.PINYIN).values())
    demo.say(f"学号：{len(numbers)} 个，{numbers[0]} 至 {numbers[-1]}")


def _print(desk: Workstation, demo: Demo, folder: Path) -> None:
    with desk.database.read() as session:
        first_class = class_rows(session, cohort=COHORT)[0].name
    cohort, one_class = Scope(cohort=COHORT), Scope(class_group=first_class)
    for name, scope, target in (
        ("学籍卡", one_class, f"{first_class}学籍卡.pdf"),
        ("新生名册", cohort, f"{COHORT}级新生名册.pdf"),
        ("新生名册", cohort, f"{COHORT}级新生名册.xlsx"),
        ("在校生名册", cohort, f"{COHORT}级在校生名册.pdf"),
        ("在校生名册", cohort, f"{COHORT}级在校生名册.xlsx"),
    ):
        moment = Moment(today(), upcoming=True)
        path = folder / "打印" / target
        made = finish(desk.printing.make(desk.actor, name, path, moment=moment, scope=scope))
        demo.files.append(path)
        demo.say(f"{made.form}（{target}）：{made.documents} 份")


def _verify(desk: Workstation, demo: Demo, image: Path) -> None:
    report = finish(verify(image))
    if not report.sound:
        raise DiscNotSound(image=image, findings="；".join(map(str, report.findings)))
    demo.say(f"镜像校验：{report.files} 个文件全部与清单一致")
    checked = finish(desk.vault.verify())
    demo.say("学籍库检查：" + ("；".join(checked.sentences) or "完好"))
