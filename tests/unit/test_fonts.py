"""Which font draws a character, and what comes out when the text is copied from the PDF."""

import subprocess
from shutil import which

import pytest

from app.services.forms import fonts
from app.services.forms.fonts import Family, face, family_of, missing, name_characters, typeface
from app.services.forms.pdf import draw
from app.services.forms.template import compile_template
from app.services.progress import finish
from tests.unit.form_samples import form, texts

RARE_NAME = "田\U0002cb4e\u36c3\U0002c029·\U00020164"  # beyond the BMP, Ext A, a middle dot, Ext B


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("宋体", Family.SONG),
        ("SimSun", Family.SONG),
        ("仿宋_GB2312", Family.SONG),
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
