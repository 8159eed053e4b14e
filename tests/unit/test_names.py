"""姓名: kept as written, compared kindly, read by the surname, found under every reading."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.rules import names
from app.models.rules.names import (
    comparable_name,
    damaged_by_codepage,
    map_private_use,
    matches_damaged,
    reading,
    search_keys,
    sort_key,
    tidy_name,
)


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ("罗 晓 秋", "罗晓秋"),
        ("罗\u3000秋", "罗秋"),
        (" 罗晓秋\t", "罗晓秋"),
        ("罗\u200b晓秋\ufeff", "罗晓秋"),
        ("罗\n晓秋", "罗晓秋"),
        ("毛 轩 㛃", "毛轩㛃"),
        ("侯 礼 𬀩", "侯礼𬀩"),
        ("田 舒 ??", "田舒??"),
        ("Anna  Maria", "Anna Maria"),
        ("Anna\u00a0Maria", "Anna Maria"),
        ("Anna M. Smith", "Anna M. Smith"),
        ("李 Anna", "李 Anna"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽･买买提", "阿依古丽·买买提"),
        ("阿依古丽‧买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("", ""),
    ],
)
def test_stray_blanks_and_wrong_dots_go_and_nothing_else(written, tidied):
    assert tidy_name(written) == tidied
    assert tidy_name(tidied) == tidied


@pytest.mark.parametrize("char", ["﨎", "郎", "凉", "靑", "黃", "\ue863", "𠮷", "⺋", "〇"])
def test_a_character_of_a_name_is_never_exchanged_for_another(char):
    assert tidy_name(f"王{char}") == f"王{char}"


def test_a_glyph_chosen_by_a_variation_selector_stays():
    assert tidy_name("葛\U000e0100 晓") == "葛\U000e0100晓"


@given(st.text(alphabet=st.characters(categories=["Lo"]), min_size=1, max_size=8))
def test_tidying_only_takes_away(name):
    assert tidy_name(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("罗 晓 秋", "罗晓秋"),
        ("阿依古丽•买买提", "阿依古丽．买买提"),
        ("阿依古丽·买买提", "阿依古丽 ・ 买买提"),
        ("ANNA Maria", "Ａｎｎａ\u3000maria"),
        ("葛\U000e0100晓", "葛晓"),
    ],
)
def test_the_same_name_written_differently_compares_equal(one, other):
    assert comparable_name(one) == comparable_name(other)


@pytest.mark.parametrize(("one", "other"), [("王青", "王靑"), ("肖雨", "萧雨"), ("王﨎", "王崎")])
def test_different_characters_stay_different_names(one, other):
    assert comparable_name(one) != comparable_name(other)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("单晓明", "shan xiao ming"),
        ("解雨", "xie yu"),
        ("仇瑾", "qiu jin"),
        ("查祥志", "zha xiang zhi"),
        ("曾诚", "zeng cheng"),
        ("区智诗", "ou zhi shi"),
        ("盖琳", "ge lin"),
        ("翟宇", "zhai yu"),
        ("覃博珊", "qin bo shan"),
        ("朴娜", "piao na"),
        ("任杰", "ren jie"),
        ("冼月", "xian yue"),
        ("乐佳", "yue jia"),
        ("员辉", "yun hui"),
        ("宓静", "mi jing"),
        ("逄雪", "pang xue"),
        ("佴文", "nai wen"),
        ("祭远", "zhai yuan"),
        ("缪琪", "miao qi"),
        ("繁昕", "po xin"),
        ("种田", "chong tian"),
        ("秘琳", "bi lin"),
        ("折海", "she hai"),
        ("卜勇", "bu yong"),
        ("召南", "shao nan"),
        ("句芒", "gou mang"),
        ("隗晨", "wei chen"),
        ("么宁", "yao ning"),
        ("晁盖", "chao gai"),
        ("黑子", "he zi"),
        ("阙如", "que ru"),
        ("尉迟敬", "yu chi jing"),
        ("万俟雪", "mo qi xue"),
        ("长孙无忌", "zhang sun wu ji"),
        ("澹台明", "tan tai ming"),
        ("令狐远", "ling hu yuan"),
        ("单于晴", "chan yu qing"),
        ("单于", "shan yu"),  # too short for a compound surname: 单 with the given name 于
        ("欧阳诚", "ou yang cheng"),
        ("吕月", "lü yue"),
        ("毛轩㛃", "mao xuan jie"),
        ("侯礼𬀩", "hou li wei"),
        ("王乐", "wang le"),
        ("罗 晓 秋", "luo xiao qiu"),
        ("阿卜杜热合曼·买买提", "a bu du re he man mai mai ti"),
        ("查干·巴特尔", "cha gan ba te er"),  # no surname stands before a middle dot
        ("Anna Maria", "anna maria"),
        ("郎朗", "lang lang"),  # U+F92C reads as the character it doubles
        ("", ""),
    ],
)
def test_names_are_read_with_the_reading_of_the_surname(name, read):
    assert reading(name) == read


def test_seventy_surnames_have_a_reading_of_their_own():
    assert len(names._SURNAMES) >= 70
    assert all(len(surname) == 1 for surname in names._SURNAMES)
    for readings in names._SURNAMES.values():
        assert all(search_keys("王", reading=said)[0].isalpha() for said in readings)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("单晓明", {"shanxiaoming", "danxiaoming", "sxm", "dxm"}),
        ("翟宇", {"zhaiyu", "diyu", "zy", "dy"}),
        ("覃茜", {"qinqian", "qinxi", "tanqian", "tanxi", "qq", "qx", "tq", "tx"}),
        ("尉迟敬", {"yuchijing", "weichijing", "ycj", "wcj"}),
        ("王晟", {"wangsheng", "wangcheng", "ws", "wc"}),
        ("吕律", {"lvlv", "lulu", "ll"}),
        ("Anna Maria", {"annamaria", "am"}),
        ("李Anna", {"lianna", "la"}),
    ],
)
def test_a_name_is_found_under_every_reading(name, typed):
    assert typed <= set(search_keys(name))


def test_the_main_reading_is_the_first_key():
    assert search_keys("单晓明")[0] == "shanxiaoming"


def test_a_reading_set_by_hand_comes_first_and_takes_nothing_away():
    keys = search_keys("单晓明", reading="chan xiao ming")
    assert keys[0] == "chanxiaoming"
    assert {"shanxiaoming", "sxm", "cxm"} <= set(keys)


def test_a_long_name_with_many_readings_does_not_make_keys_without_end():
    keys = search_keys("阿卜杜热西提·阿卜杜乐乐乐乐乐")
    assert "abudurexitiabudulelelelele" in keys
    assert "abuduxitirelele" not in keys
    assert len(keys) <= 30


def test_a_character_nobody_can_read_breaks_nothing():
    assert reading("田\U0003fffd") == "tian \U0003fffd"
    assert search_keys("田\U0003fffd") == ("tian", "t")
    assert search_keys("\U0003fffd") == ()


def test_readings_of_rare_characters_can_be_given():
    rare = {"\U0003fffd": "hóng"}
    assert reading("田\U0003fffd", rare) == "tian hong"
    assert "tianhong" in search_keys("田\U0003fffd", rare=rare)


@given(st.text(max_size=12))
def test_keys_are_letters_whatever_the_name_holds(name):
    for key in search_keys(name):
        assert key
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyz")
    sort_key(name)


def test_names_sort_by_pinyin_then_tone_then_character():
    ordered = ["安宁", "李明", "李想", "里洋", "连山", "吕月", "单一", "山雨", "王伟", "吴八"]
    assert sorted(ordered, key=sort_key) == [
        "安宁", "李明", "李想", "里洋", "连山", "吕月", "山雨", "单一", "王伟", "吴八",
    ]  # fmt: skip


def test_names_nobody_can_read_sort_last():
    assert sorted(["\U0003fffd明", "张明", "安明"], key=sort_key)[-1] == "\U0003fffd明"


def test_a_reading_set_by_hand_moves_a_name():
    assert sort_key("单一", reading="dān yī") < sort_key("山雨") < sort_key("单一")


@pytest.mark.parametrize("name", ["田舒??", "田舒?", "?舒", "田舒？", "田\ufffd", "田□", "田〓"])
def test_lost_characters_are_noticed(name):
    assert damaged_by_codepage(name)


@pytest.mark.parametrize("name", ["田舒㛃", "Anna", "", "阿依古丽·买买提"])
def test_whole_names_are_not_called_damaged(name):
    assert not damaged_by_codepage(name)


@pytest.mark.parametrize(
    ("damaged", "whole", "same"),
    [
        ("田舒??", "田舒㛃", True),
        ("田舒?", "田舒㛃", True),
        ("田舒？", "田舒㛃", True),
        ("田 舒 ??", "田舒㛃", True),
        ("田舒\ufffd", "田舒㛃", True),
        ("田舒\ufffd", "田舒婷", True),  # a broken byte may have been any character
        ("侯礼??", "侯礼𬀩", True),
        ("????", "㛃𬀩", True),
        ("??", "㛃𬀩", True),
        ("阿依古丽?买买提", "阿依古丽·买买提", True),
        ("田舒??", "田舒婷", False),  # 婷 is in every code page: another person
        ("田舒??", "田舒", False),
        ("田舒??", "田㛃", False),
        ("田舒?", "田舒㛃𬀩", False),
        ("田舒㛃", "田舒㛃", True),
        ("田舒㛃", "田舒婷", False),
        ("田.*", "田舒㛃", False),
        ("田(?", "田(㛃", True),
    ],
)
def test_a_damaged_name_matches_only_what_it_can_have_been(damaged, whole, same):
    assert matches_damaged(damaged, whole) is same


@given(
    st.text(alphabet="王田舒?？\ufffd(*[", max_size=8), st.text(alphabet="王田舒㛃𬀩", max_size=8)
)
def test_comparing_damaged_names_never_breaks(damaged, whole):
    matches_damaged(damaged, whole)
    assert matches_damaged(whole, whole)


def test_private_use_characters_become_what_they_stood_for():
    table = {"\ue863": "䶮"}
    assert map_private_use("王\ue863", table) == "王䶮"
    assert map_private_use("王\ue864明", table) == "王\ue864明"
    assert map_private_use("王明", table) == "王明"


def test_pypinyin_waits_until_a_name_is_read_and_comes_without_its_phrases():
    script = (
        "import sys; from app.models.rules import names; names.tidy_name('单 晓');"
        "assert 'pypinyin' not in sys.modules; names.reading('单晓');"
        "assert 'pypinyin.phrases_dict' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_every_common_character_can_be_read_but_ten_made_in_japan():
    unread = {char for char in map(chr, range(0x4E00, 0x9FA6)) if not search_keys(char)}
    assert unread == set("兙兡嗧桛烪瓧瓰瓱瓼甅")
