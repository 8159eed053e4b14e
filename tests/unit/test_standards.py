"""The shipped code tables: official words are taken, common ones offered, unknown ones refused."""

from pathlib import Path

import pytest

from app.models.rules import names
from app.services.standards import Standards, Suggestion


@pytest.fixture(scope="module")
def standards() -> Standards:
    return Standards()


def test_there_are_56_ethnic_groups_and_three_words_beside_them(standards):
    assert len(standards.ethnic_groups) == 59
    assert standards.ethnic_groups[0] == "汉族"


@pytest.mark.parametrize(
    "word", ["汉族", " 汉族 ", "汉 族", "维吾尔族", "其他", "外国血统中国籍人士"]
)
def test_official_words_are_taken(standards, word):
    assert standards.ethnic(word) == word.replace(" ", "")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("汉", "汉族"),
        ("01", "汉族"),
        ("1", "汉族"),
        ("０１", "汉族"),
        ("56", "基诺族"),
        ("维吾尔", "维吾尔族"),
        ("毛难族", "毛南族"),
        ("崩龙", "德昂族"),
        ("穿青人", "穿青人族"),
        ("外国血统", "外国血统中国籍人士"),
    ],
)
def test_short_words_codes_and_former_names_are_offered(standards, word, meant):
    assert standards.ethnic(word) == Suggestion(meant)


@pytest.mark.parametrize("word", ["汗族", "汉人族", "57", "", "无"])
def test_unknown_ethnic_groups_are_refused(standards, word):
    assert standards.ethnic(word) is None


@pytest.mark.parametrize(
    ("word", "first"),
    [("汗族", "汉族"), ("维族", "维吾尔族"), ("土加族", "土家族"), ("回回族", "回族")],
)
def test_the_nearest_ethnic_group_is_the_one_that_was_meant(standards, word, first):
    assert standards.nearest_ethnic(word)[0] == first


def test_nothing_is_near_to_an_empty_word(standards):
    assert standards.nearest_ethnic("") == ()


@pytest.mark.parametrize(
    ("word", "official"),
    [
        ("共青团员", "共青团员"),
        ("中国共产主义青年团团员", "共青团员"),
        ("03", "共青团员"),
        ("3", "共青团员"),
        ("13", "群众"),
        ("群众", "群众"),
        ("中共党员", "中共党员"),
    ],
)
def test_political_status_is_taken_by_code_name_or_short_form(standards, word, official):
    assert standards.political(word) == official


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("团员", "共青团员"),
        ("党员", "中共党员"),
        ("预备党员", "中共预备党员"),
        ("无党派人士", "无党派民主人士"),
    ],
)
def test_common_words_for_political_status_are_offered(standards, word, meant):
    assert standards.political(word) == Suggestion(meant)
    assert meant in standards.political_statuses


def test_unknown_political_status_is_refused_with_the_nearest(standards):
    assert standards.political("共轻团员") is None
    assert standards.nearest_political("共轻团员")[0] == "共青团员"


def test_an_abolished_county_still_has_its_name(standards):
    assert standards.division_name("320103", 1990) == "江苏省南京市白下区"
    assert standards.division_name("320103") == "江苏省南京市白下区"
    assert standards.division_name("320586", 1910) == "江苏省苏州市吴县市"


def test_a_place_is_called_what_it_was_called_then(standards):
    assert standards.division_name("120110", 1985) == "天津市东郊区"
    assert standards.division_name("120110", 2000) == "天津市东丽区"
    assert standards.division_name("120110") == "天津市东丽区"


@pytest.mark.parametrize("code", ["320199", "000000", "", "32010"])
def test_an_unknown_place_has_no_name(standards, code):
    assert standards.division_name(code, 2008) is None


def test_majors_are_looked_up_in_the_catalogue_of_the_entry_year(standards):
    assert standards.major_by_name("计算机应用技术", 2026) == "510201"
    assert standards.major_by_name("计算机应用技术", 2021) == "510201"
    assert standards.major_by_name("计算机应用技术", 2015) == "590101"
    assert standards.major_by_name("计算机应用技术", 2018) is None  # the list of 2015 is not held
    assert standards.major_by_name("大数据与会计", 2010) is None
    assert standards.major_by_code("510201", 2026) == "计算机应用技术"
    assert standards.major_by_code("510201", 2010) == "林业技术"
    assert standards.major_by_code("510201", 2018) is None


def test_a_name_that_two_majors_carry_has_no_single_code(standards):
    assert standards.major_by_name("安全保卫", 2010) is None


def test_a_national_control_mark_is_no_part_of_the_code(standards):
    assert standards.major_by_code("520201K", 2026) == standards.major_by_code("520201", 2026)
    assert standards.major_by_code("520201", 2026) is not None


def test_old_private_use_characters_have_their_real_ones(standards):
    assert standards.pua_map["\ue863"] == "䶮"
    assert all(len(old) == len(new) == 1 for old, new in standards.pua_map.items())
    assert names.map_private_use("王\ue863", standards.pua_map) == "王䶮"


def test_rare_characters_of_names_have_readings(standards):
    assert names.reading("杨𬭎", standards.extra_readings) == "yang hong"
    assert standards.extra_readings["㛃"] == "jié"


def test_variants_are_for_searching_only_where_the_table_says_so(standards):
    assert standards.glyph_variants["靑"] == "青"
    assert "肖" not in standards.glyph_variants  # 肖 and 萧 are two surnames


def test_tables_are_read_only_when_asked_for(tmp_path: Path):
    standards = Standards(tmp_path)
    with pytest.raises(FileNotFoundError):
        standards.ethnic("汉族")
