"""Which font draws a character, and what comes out when the text is copied from the PDF."""

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import which

import openpyxl
import pikepdf
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from openpyxl.styles import Font

from app.services.errors import GlyphMissing
from app.services.forms import fonts
from app.services.forms.archival import to_archival
from app.services.forms.fonts import Family, face, family_of, missing, name_characters, typeface
from app.services.forms.pdf import draw
from app.services.forms.template import compile_template
from app.services.progress import finish
from app.services.resources import resource
from tests.unit.form_samples import form, put, saved, texts

RARE_NAME = "田\U0002cb4e\u36c3\U0002c029·\U00020164"  # beyond the BMP, Ext A, a middle dot, Ext B


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("宋体", Family.SONG),
        ("SimSun", Family.SONG),
        ("仿宋_GB2312", Family.FANG),
        ("FangSong", Family.FANG),
        ("Times New Roman", Family.SONG),
        ("黑体", Family.HEI),
        ("微软雅黑", Family.HEI),
        ("等线", Family.HEI),
        ("Calibri", Family.HEI),
        ("楷体_GB2312", Family.KAI),
        ("KaiTi", Family.KAI),
    ],
)
def test_a_forms_font_becomes_the_bundled_family_of_its_style(name, family):
    assert family_of(name) is family


def test_a_rare_character_comes_from_a_fallback_and_the_rest_from_the_face():
    runs = face(Family.SONG).runs("田\U00020003A1")
    assert [text for _, text in runs] == ["田", "\U00020003", "A1"]
    assert runs[0][0] is runs[2][0] is typeface("NotoSerifSC-Regular.ttf")
    assert runs[1][0] is typeface("HanaMinB.ttf")


def test_bold_and_kai_have_chains_of_their_own():
    assert face(Family.SONG, bold=True).runs("学")[0][0].heavy
    assert face(Family.KAI).runs("学")[0][0] is typeface("LXGWWenKai-Regular.ttf")


def test_what_no_font_holds_is_named_with_its_code_point():
    assert missing("田\ue123 \U000e0100") == {"\ue123", "\U000e0100"}
    assert name_characters(["\U0002cb4e"]) == "\U0002cb4e(U+2CB4E)"


def test_widths_agree_with_the_reportlab_parser_also_in_the_shared_tail():
    # HanaMinB has 1024 units an em and one width for nearly all glyphs.
    from reportlab.pdfbase.ttfonts import TTFontFile

    font = typeface("HanaMinB.ttf")
    peer = TTFontFile(font.filename)
    for character in "\U00020164\U0002a700\U0002b740":
        assert font.advance(character) == pytest.approx(peer.charWidths[ord(character)])
        assert font.advance(character) == pytest.approx(1000, abs=25)


def test_a_fallback_font_is_not_opened_before_a_name_needs_it():
    opened = []
    chain = fonts.Face(Family.SONG, False)
    real = fonts.typeface

    def watch(name):
        opened.append(name)
        return real(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "typeface", watch)
        chain.width("学籍卡2025")
        assert opened.count("HanaMinB.ttf") == 0
        chain.width("\U00020003")
        assert "HanaMinB.ttf" in opened


def test_every_character_extracts_as_itself():
    template = compile_template(form({"A1": "{{姓名}}"}))
    drawn = finish(draw(template, [{"姓名": RARE_NAME}], title="姓名"))
    assert texts(drawn.pdf)[0].strip() == RARE_NAME


@pytest.mark.skipif(which("pdftotext") is None, reason="needs poppler")
def test_every_character_extracts_with_poppler_too(tmp_path):
    template = compile_template(form({"A1": "{{姓名}}"}))
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(finish(draw(template, [{"姓名": RARE_NAME}], title="姓名")).pdf)
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", paper, "-"], capture_output=True)
    assert RARE_NAME in done.stdout.decode("utf-8")


def test_two_characters_of_one_shape_keep_their_own_code_points():
    # 一 and the Kangxi radical ⼀ share a glyph in the font.
    template = compile_template(form({"A1": "{{姓名}}"}))
    drawn = finish(draw(template, [{"姓名": "一\u2f00"}], title="姓名"))
    assert texts(drawn.pdf)[0].strip() == "一\u2f00"


# --- a font that the school added -----------------------------------------------------------

NEW = "\U0002ebf0"  # Extension I, which no bundled font has


def small_font(path: Path, rights: int = 0, characters: str = NEW) -> None:
    """A font of few characters, each a filled square."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    made = FontBuilder(1000)
    made.setupGlyphOrder([".notdef", "new"])
    made.setupCharacterMap({ord(character): "new" for character in characters})
    square = pen.glyph()
    made.setupGlyf({".notdef": square, "new": square})
    made.setupHorizontalMetrics({".notdef": (1000, 100), "new": (1000, 100)})
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Added", "styleName": "Regular", "psName": path.stem})
    made.setupOS2(fsType=rights)
    made.setupPost()
    made.save(path)


def fonts_of(pdf: bytes) -> list[str]:
    """The names of the fonts on the first page."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return [str(one.BaseFont) for one in document.pages[0].Resources.Font.values()]


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the fonts that ship, to put others beside them."""
    for path in resource("fonts").glob("*.ttf"):
        (tmp_path / path.name).symlink_to(path)

    def forget() -> None:
        for cached in (fonts.face, fonts.added, fonts.typeface):
            cached.cache_clear()

    forget()
    monkeypatch.setattr(fonts, "resource", lambda _folder, *name: tmp_path.joinpath(*name))
    yield tmp_path
    forget()


def test_a_font_put_beside_the_others_prints_what_they_lack(beside: Path) -> None:
    small_font(beside / "Added.ttf")
    template = compile_template(form({"A1": "{{姓名}}"}))
    drawn = finish(draw(template, [{"姓名": f"王{NEW}"}], title="姓名"))
    assert texts(to_archival(drawn.pdf, "姓名"))[0].strip() == f"王{NEW}"


def test_fangsong_is_the_schools_own_where_it_has_one_and_song_otherwise(beside: Path) -> None:
    song = typeface("NotoSerifSC-Regular.ttf")
    assert face(Family.FANG).runs("学籍") == [(song, "学籍")]
    small_font(beside / "simfang.ttf", characters="学籍卡")
    for cached in (fonts.face, fonts.added):
        cached.cache_clear()
    own = typeface("simfang.ttf")
    assert face(Family.FANG).runs("学籍册") == [(own, "学籍"), (song, "册")]
    assert face(Family.SONG).runs("学籍") == [(song, "学籍")]
    workbook = openpyxl.Workbook()
    put(workbook.active, {"A1": "{{姓名}}册"})
    workbook.active["A1"].font = Font(name="仿宋_GB2312", size=16)
    drawn = finish(draw(compile_template(saved(workbook)), [{"姓名": "学籍卡"}], title="学籍"))
    kept = to_archival(drawn.pdf, "学籍")
    assert texts(kept)[0].strip() == "学籍卡册"
    assert any("simfang" in name for name in fonts_of(kept))


def test_a_font_that_may_not_be_embedded_or_is_none_is_not_used(beside: Path) -> None:
    small_font(beside / "Locked.ttf", rights=2)
    (beside / "Broken.ttf").write_bytes(b"OTTO" + bytes(400))
    (beside / "Empty.ttf").write_bytes(b"x")
    assert fonts.added() == ()
    template = compile_template(form({"A1": "{{姓名}}"}))
    with pytest.raises(GlyphMissing, match=r"U\+2EBF0.*\.ttf.*\.xlsx.*图片"):
        finish(draw(template, [{"姓名": f"王{NEW}"}], title="姓名"))
