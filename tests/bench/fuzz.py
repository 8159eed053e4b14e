"""`manage.py bench --fuzz N`: N damaged files through every reader of the program.

Each must end in content or in a sentence for the registrar. Anything else is a defect of ours:
another exception, or a reader that brings the program down.
"""

import io
import random
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from app.services.archive.verify import verify as verify_disc
from app.services.errors import AppError
from app.services.exchange.checks import check
from app.services.exchange.mapping import recognise
from app.services.exchange.photo_reader import PhotoReader
from app.services.exchange.readers import read_tables
from app.services.forms.template import compile_template
from app.services.progress import finish
from app.services.register import scans
from app.services.register.evidence import read_scans
from app.services.resources import resource
from app.services.standards import Standards
from app.services.vault.backup import MANIFEST_FILE, Manifest
from app.services.vault.keys import SlotFile
from tests.pictures import picture
from tests.scans import pdf

_STANDARDS: Final = Standards()
_MANIFEST: Final = b"""{"format": "xueji-backup", "version": 1, "vault_id": "a", "key_id": "b",
"school": "s", "made_at": "2026-09-01T08:00:00+08:00", "operator": "o", "program": "0",
"schema": "0001", "cipher": "4", "head": {"seq": 1, "hash": "c", "sm3": "d"},
"counts": {"core.db": {"students": 1}, "media.db": {}}, "mac": "e", "files": {
"core.db": {"size": 1, "sha256": "f"}, "media.db": {"size": 1, "sha256": "f"},
"keys.json": {"size": 1, "sha256": "f"}}}"""


def _table(path: Path) -> None:
    check(recognise(read_tables(path)), _STANDARDS)


def _form(path: Path) -> None:
    compile_template(path)


def _slots(path: Path) -> None:
    try:
        SlotFile.from_json(path.read_bytes())
    except ValueError as error:  # what the loader answers with the previous generation
        raise AppError from error


def _manifest(path: Path) -> None:
    (path.parent / MANIFEST_FILE).write_bytes(path.read_bytes())
    Manifest.of(path.parent)


def _scan(path: Path) -> None:
    for scan in read_scans([(path, "诊断证明")])[0]:
        scans.page_of(scan.data or b"", path.name, 0)


def _disc(path: Path) -> None:
    finish(verify_disc(path))


Reader = Callable[[Path], None]


def _subjects() -> dict[str, tuple[bytes, Reader]]:
    """File name → a sound file of the kind, and what reads it."""
    demo = resource("demo")
    slots = SlotFile.fresh(bytes(32), "示例职业学校").signed(bytes(32)).to_json()
    return {
        "名册.xls": ((demo / "新生录取名册.xls").read_bytes(), _table),
        "补充.xlsx": ((demo / "班主任补充信息.xlsx").read_bytes(), _table),
        "平台.dbf": ((demo / "XJZC.dbf").read_bytes(), _table),
        "名单.csv": (("考生号,姓名\n26320900000016,王五\n" * 50).encode("gb18030"), _table),
        "表样.xlsx": (resource("forms", "学籍卡.xlsx").read_bytes(), _form),
        "keys.json": (slots, _slots),
        "清单.json": (_MANIFEST, _manifest),
        "扫描.pdf": (pdf(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>", pages=2), _scan),
        "光盘.iso": (bytes(32768) + b"\x01CD001" + bytes(40960), _disc),
    }


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file with a few bytes changed, cut, doubled or moved; in a zip also under its hood."""
    if data[:2] == b"PK" and chance.random() < 0.6:
        return _rezipped(data, chance)
    content = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        near = min(len(content), 4096) if chance.random() < 0.6 else len(content)
        content[chance.randrange(near)] = chance.choice((0, 0xFF, chance.randrange(256)))
    fate = chance.random()
    if fate < 0.15:
        del content[chance.randrange(1, len(content)) :]
    elif fate < 0.25:
        start = chance.randrange(len(content))
        content[start:start] = content[start : start + chance.randrange(1, 2000)]
    return bytes(content)


def _rezipped(data: bytes, chance: random.Random) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        names = old.namelist()
        victim = chance.choice(names)
        for name in names:
            part = old.read(name)
            if name == victim and part:
                if chance.random() < 0.1:
                    continue
                part = damaged(b" " + part, chance)[1:]
            new.writestr(name, part)
    return target.getvalue()


def run(count: int, chance: random.Random, folder: Path) -> Mapping[str, Counter[str]]:
    """Ends by file: content, sentence, or the name of a defect."""
    subjects = _subjects()
    ends: dict[str, Counter[str]] = {}
    for number in range(count):
        name = list(subjects)[number % len(subjects)]
        sound, read = subjects[name]
        path = folder / name
        path.write_bytes(damaged(sound, chance) or b" ")
        ends.setdefault(name, Counter())[_end(read, path)] += 1
    with PhotoReader() as reader:
        sound = picture(quality=90)
        for _ in range(count // len(subjects)):
            developed = reader.develop(damaged(sound, chance))
            ends.setdefault("照片.jpg", Counter())[type(developed).__name__] += 1
    return ends


def _end(read: Reader, path: Path) -> str:
    try:
        read(path)
    except AppError:
        return "一句话"
    except Exception as error:
        return f"缺陷 {type(error).__name__}: {error}"
    return "内容"


def main(count: int) -> int:
    """Run and tell; 1 when a defect was found. The seed makes a run repeatable."""
    seed = random.SystemRandom().randrange(10**6)
    with tempfile.TemporaryDirectory(prefix="xueji-fuzz-") as folder:
        ends = run(count, random.Random(seed), Path(folder))
    sys.stdout.write(f"损坏文件 {count} 个，种子 {seed}\n")
    for name, found in ends.items():
        told = "　".join(f"{end} {number}" for end, number in found.most_common())
        sys.stdout.write(f"{name:<10} {told}\n")
    return int(any(end.startswith("缺陷") for found in ends.values() for end in found))
