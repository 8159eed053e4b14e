"""Every character of the national standard prints and comes back; any other is refused by name."""

import pytest

from app.services.errors import GlyphMissing
from app.services.forms.fonts import Family, face
from app.services.forms.pdf import draw
from app.services.forms.template import compile_template
from app.services.progress import finish
from tests import gb18030
from tests.unit.form_samples import form


def test_the_whole_standard_prints_in_every_face_and_comes_back_from_the_paper():
    standard = gb18030.repertoire()
    assert len(standard) == len(set(standard)) == 88_115
    assert len(gb18030.general_standard()) == 8_105
    assert set(gb18030.general_standard()) <= set(standard)
    wanted = list(dict.fromkeys((*standard, *gb18030.rare_in_names())))
    for family in Family:
        for bold in (False, True):
            assert face(family, bold).missing("".join(wanted)) == []
    assert gb18030.lost_on_paper(wanted) == []


def test_a_character_of_any_plane_prints_and_comes_back_or_is_refused_by_name():
    sample = gb18030.from_all_planes(2_000)
    absent = face().missing("".join(sample))
    assert gb18030.lost_on_paper([one for one in sample if one not in absent]) == []
    assert len({ord(one) >> 16 for one in sample}) >= 4
    template = compile_template(form({"B2": "{{姓名}}"}))
    people = [{"姓名": f"王{one}", "学号": f"20261{at:05d}"} for at, one in enumerate(absent)]
    with pytest.raises(GlyphMissing) as refusal:
        finish(draw(template, people, title="字"))
    faults = refusal.value.details["faults"]
    assert [fault.characters for fault in faults] == [(one,) for one in absent]
    lost = f"{absent[0]}(U+{ord(absent[0]):04X})"
    assert f"“王{absent[0]} 2026100000”的“姓名”（卡片 B2）中的 {lost}" in str(refusal.value)
