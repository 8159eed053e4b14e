"""学籍卡: drawn by the program, by a hand-written reportlab canvas, and by LibreOffice.

All three make the same two pages a student out of the same values. Only the making counts: the
template is compiled, the fonts are registered, LibreOffice's own start (an empty workbook) is
subtracted.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import openpyxl
from PIL import Image

from app.services import crew
from app.services.forms import pdf, pictures, xlsx
from app.services.forms.archival import to_archival
from app.services.forms.template import Template, compile_template
from app.services.forms.values import Picture, QrCode, Values
from app.services.progress import finish
from app.services.resources import resource
from tests.bench import handwritten, soffice
from tests.bench.options import Options
from tests.bench.people import Person, people
from tests.bench.report import Goal, Line, Missing
from tests.bench.timing import Run, in_turn, stopwatch, timed

_TITLE = "学籍卡"
_AT_ONCE = 50  # more sheets in one workbook only make LibreOffice slower


def lines(options: Options) -> Iterator[Line]:
    """Against the canvas at every size, against LibreOffice at the size that suits it best."""
    template = compile_template(resource("forms", "学籍卡.xlsx"))
    yield from _against_canvas(options, template)
    yield from _against_office(options, template)
    yield from _with_helpers(options, template)


def _against_canvas(options: Options, template: Template) -> Iterator[Line]:
    pages = handwritten.prepare(template)
    for count in options.sizes_for((1_000,), (100, 1_000, 5_000)):
        cards = list(invented(count, options.folder))
        values = [card for card, _ in cards]
        by_hand = partial(handwritten.draw, pages, cards, title=_TITLE)
        ours, peer, quick = in_turn(
            [
                _drawn(template, values),
                timed(by_hand),
                timed(partial(by_hand, forms=True)),
            ],
            5 if count <= 100 else 3,
        )
        yield Line("学籍卡 PDF（对手写 canvas）", count, ours, peer, Goal(bound=1), "份")
        yield Line("同上，canvas 的固定部分只画一次", count, ours, quick, Goal(), "份")


def _with_helpers(options: Options, template: Template) -> Iterator[Line]:
    """Big batches by all processors, against the same program on one."""
    if not crew.helpers():
        return
    count = max(options.sizes_for((4_000,), (4_000, 10_000)))
    values = [card for card, _ in invented(count, options.folder)]
    with (options.folder / "batch.pdf").open("wb") as target:
        together = timed(partial(_write, template, values, target))
        alone = timed(partial(_write_alone, template, values, target))
        ours, peer = in_turn([together, alone], 3)
    yield Line(
        f"学籍卡 PDF，{crew.helpers() + 1} 个进程（对一个）", count, ours, peer, Goal(), "份"
    )


def _write(template: Template, values: Sequence[Values], target: IO[bytes]) -> None:
    target.seek(0)
    finish(pdf.draw(template, values, title=_TITLE, into=target))


def _write_alone(template: Template, values: Sequence[Values], target: IO[bytes]) -> None:
    with patch.object(crew, "helpers", lambda: 0):
        _write(template, values, target)


def _against_office(options: Options, template: Template) -> Iterator[Line]:
    count = min(_AT_ONCE, *options.sizes) if options.sizes else _AT_ONCE
    values = [card for card, _ in invented(count, options.folder)]
    folder = options.folder / "soffice"
    program = soffice.program()
    if program is None:
        missing = Missing("没有 soffice")
        ours = in_turn([_drawn(template, values)], 3)[0]
        yield Line("学籍卡 PDF（对 LibreOffice）", count, ours, missing, Goal(bound=15), "份")
        return
    office = soffice.Office(program, folder)
    empty = folder / "empty.xlsx"
    openpyxl.Workbook().save(empty)
    together = folder / "cards.xlsx"
    together.write_bytes(finish(xlsx.fill(template, values, title=_TITLE)))
    apart = [folder / f"card{number}.xlsx" for number in range(min(count, 10))]
    for path, card in zip(apart, values, strict=False):
        path.write_bytes(finish(xlsx.fill(template, [card], title=_TITLE)))
    office.convert([empty])  # makes the profile
    ours, peer = in_turn([_drawn(template, values), _converted(office, empty, [together])], 3)
    yield Line("学籍卡 PDF（对 LibreOffice）", count, ours, peer, Goal(bound=15), "份")
    kept, peer = in_turn(
        [
            _kept(template, values[: len(apart)]),
            _converted(office, empty, apart, archival=True),
        ],
        3,
    )
    yield Line("学籍卡 PDF/A 每人一件（对 LibreOffice）", len(apart), kept, peer, Goal(), "份")


def _draw(template: Template, values: Sequence[Values]) -> bytes:
    return finish(pdf.draw(template, values, title=_TITLE)).pdf


def _drawn(template: Template, values: Sequence[Values]) -> Run:
    """All cards as one PDF by one process, as the peers are one; photographs are scaled anew."""

    def run() -> float:
        pictures.prepare.cache_clear()
        with patch.object(crew, "helpers", lambda: 0), stopwatch() as watch:
            _draw(template, values)
        return watch.seconds

    return run


def _kept(template: Template, values: Sequence[Values]) -> Run:
    """Each card as a file of its own, as it goes on the disc."""

    def run() -> float:
        pictures.prepare.cache_clear()
        with stopwatch() as watch:
            for card in values:
                to_archival(_draw(template, [card]), _TITLE)
        return watch.seconds

    return run


def _converted(
    office: soffice.Office, empty: Path, workbooks: Sequence[Path], *, archival: bool = False
) -> Run:
    """The conversion without what LibreOffice takes to start and end."""

    def run() -> float:
        with stopwatch() as start:
            office.convert([empty], archival=archival)
        with stopwatch() as whole:
            office.convert(workbooks, archival=archival)
        return whole.seconds - start.seconds

    return run


# --- invented cards -------------------------------------------------------------------------


def invented(count: int, folder: Path) -> Iterator[tuple[Values, str]]:
    """Cards of students who graduated, and the files of their photographs (each its own)."""
    portrait = _portrait()
    photos = folder / "photos"
    photos.mkdir(exist_ok=True)
    for ordinal, person in enumerate(people(count)):
        photo = photos / f"{person.id_number}.jpg"
        comment = person.id_number.encode()
        data = portrait[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + portrait[2:]
        photo.write_bytes(data)
        yield card_values(person, ordinal, data), str(photo)


def _portrait() -> bytes:
    """A JPEG of the size of a card picture, with enough in it to weigh what a photograph weighs."""
    width, height = 480, 640
    shade = Image.linear_gradient("L").resize((width, height))
    grain = Image.effect_noise((width, height), 12)
    head = Image.radial_gradient("L").resize((width, height))
    target = BytesIO()
    Image.merge("RGB", (shade, grain, head)).save(target, "JPEG", quality=85)
    return target.getvalue()


def card_values(person: Person, ordinal: int, photo: bytes) -> Values:
    """Everything that stands on the card of someone who graduated after five years."""
    values: dict[str, Any] = {
        "学院": "江苏联合职业技术学院",
        "学校": "城东高等职业技术学校",
        "系部": person.department,
        "专业": person.major,
        "班级": f"{person.major[:3]}260{1 + ordinal % 4}",
        "学号": person.number,
        "姓名": person.name,
        "性别": person.sex,
        "照片": Picture(photo),
        "身份证号": person.id_number,
        "民族": person.ethnic_group,
        "政治面貌": person.political_status,
        "出生日期": person.birth_date,
        "籍贯": person.address[:5],
        "健康状况": "健康",
        "考生号": person.exam_number,
        "户口类别": "非农业户口",
        "联系电话": person.phone,
        "毕业学校": person.origin_school,
        "中考成绩": person.exam_score,
        "户籍地址": person.address,
        "家庭住址": f"{person.address}{1 + ordinal % 6}单元{ordinal % 40 + 101}室",
        "邮政编码": "224000",
        "入学日期": date(2026, 9, 1),
        "学制": "5年",
        "层次": "专科",
        "学习形式": "普通全日制",
        "家庭成员": [
            {
                "称谓": relation,
                "姓名": person.guardian,
                "政治面貌": "群众",
                "工作单位": "城南机械制造有限公司",
                "联系电话": person.guardian_phone,
            }
            for relation in ("父亲", "母亲")
        ],
        "学习简历": [
            {"起止年月": "2017.09—2023.06", "学习单位": "城东小学", "证明人": "陈淑华"},
            {"起止年月": "2023.09—2026.06", "学习单位": person.origin_school, "证明人": "钱文静"},
        ],
        "学籍异动": [
            {
                "日期": date(2028, 10, 12),
                "类别": "休学",
                "原因": "因病",
                "变动前": "在校",
                "变动后": "休学",
                "依据": "校学〔2028〕18号",
            }
        ],
        "奖励": [
            {"日期": date(2028, 5, 4), "名称": "三好学生", "级别": "学校级", "颁奖单位": "学校"}
        ],
        "毕业结论": "毕业",
        "毕业日期": date(2031, 6, 30),
        "证书编号": f"13102120310600{ordinal:04d}",
        "发证单位": "江苏联合职业技术学院",
        "打印日期": date(2031, 6, 30),
        "校验码": f"7K3M-9QXD-{ordinal:04d}",
        "二维码": QrCode(f"XUEJI:7K3M9QXD{ordinal:04d}"),
    }
    for term in range(1, 11):
        values |= _term(term, ordinal)
    return values


_COURSES = ("语文", "数学", "英语", "思想政治", "体育与健康", "电工电子技术基础", "专业综合实训")


def _term(term: int, ordinal: int) -> dict[str, Any]:
    year = 2026 + (term - 1) // 2
    return {
        f"第{term}学期名称": f"{year}—{year + 1}学年第{'一二'[(term - 1) % 2]}学期",
        f"第{term}学期成绩": [
            {"课程": course, "学分": 2 + place % 3, "成绩": 60 + (ordinal * 7 + place * term) % 40}
            for place, course in enumerate(_COURSES)
        ],
        f"第{term}学期操行": "优秀",
        f"第{term}学期评语": "尊敬师长，团结同学，学习刻苦，积极参加集体活动和专业技能竞赛。",
        f"第{term}学期班主任": "钱文静",
    }
