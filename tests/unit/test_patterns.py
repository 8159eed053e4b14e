"""Patterns of 学号, 档号 and class names: what they write and what they refuse, with the reason."""

import pytest

from app.models.rules.patterns import (
    ARCHIVE_CODE,
    CLASS_NAME,
    NumberPattern,
    PatternError,
    archive_code,
)

USUAL = "{入学年:4}{分院代码:2}{专业序号:2}{班序:2}{座号:2}"
VALUES = {"入学年": 2026, "分院代码": "07", "专业序号": 3, "班序": 1, "座号": 9}


def test_a_number_is_written_with_its_zeros():
    assert NumberPattern(USUAL).render(VALUES) == "202607030109"


def test_a_pattern_knows_its_length_and_what_it_needs():
    pattern = NumberPattern(USUAL)
    assert pattern.length == 12
    assert pattern.fields == ("入学年", "分院代码", "专业序号", "班序", "座号")


def test_the_year_may_have_two_digits_and_text_may_stand_between():
    pattern = NumberPattern("J{入学年:2}-{年级流水:4}")
    assert pattern.render({"入学年": 2026, "年级流水": 41}) == "J26-0041"
    assert pattern.length == 8


def test_a_pattern_typed_with_full_width_signs_is_understood():
    typed = "｛入学年：４｝｛班序：２｝｛座号：２｝"
    assert NumberPattern(typed).render(VALUES) == "20260109"


def test_values_from_sheets_may_be_text_with_zeros():
    assert NumberPattern(USUAL).render({**VALUES, "座号": "09", "班序": "1 "}) == "202607030109"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "为空"),
        ("{入学年:4}{学院:2}{班序:2}{座号:2}", "{学院:2}"),
        ("{入学年:4}{班序}{座号:2}", "{班序}"),
        ("{入学年:4}{班序:0}{座号:2}", "{班序:0}"),
        ("{入学年:4}{班序:a}{座号:2}", "{班序:a}"),
        ("{入学年:3}{班序:2}{座号:2}", "4 位或 2 位"),
        ("{入学年:4}{班序:2}{座号:2", "花括号"),
        ("{入学年:4}班{班序:2}{座号:2}", "“班”"),
        ("{入学年:4}{班序:2}{座号:2}{座号:2}", "“座号”出现了两次"),
        ("{入学年:4}{座号:2}", "没有“班序”"),
        ("{入学年:4}{班序:2}", "座号”或“年级流水"),
        ("{班序:2}{座号:2}", "入学年"),
        ("{入学年:4}{专业代码:6}{班序:2}{座号:4}", "16 位"),
    ],
)
def test_a_bad_pattern_is_refused_and_the_bad_part_named(text, words):
    with pytest.raises(PatternError, match=r"。$") as refusal:
        NumberPattern(text)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"座号": 100}, "座号 100 超过 2 位"),
        ({"座号": 0}, "从 1 起"),
        ({"座号": "三"}, "只能由字母和数字组成"),
        ({"座号": "1a"}, "整数"),
        ({"分院代码": "7"}, "应为 2 位"),
        ({"分院代码": "南"}, "只能由字母和数字组成"),
        ({"分院代码": ""}, "缺少“分院代码”"),
        ({"入学年": 26}, "四位年份"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(change, words):
    with pytest.raises(PatternError) as refusal:
        NumberPattern(USUAL).render({**VALUES, **change})
    assert words in str(refusal.value)


def test_a_missing_value_is_named():
    with pytest.raises(PatternError, match="班序"):
        NumberPattern(USUAL).render({"入学年": 2026, "分院代码": "07", "专业序号": 3, "座号": 1})


def test_fifteen_digits_are_the_most_the_platform_takes():
    values = {**VALUES, "专业代码": "510201"}
    pattern = NumberPattern("{入学年:4}{专业代码:6}{班序:2}{座号:3}")
    assert pattern.length == len(pattern.render(values)) == 15


def test_archive_codes_follow_their_template():
    values = {"全宗号": "X001", "门类代码": "JX", "年度": 2026, "保管期限": "Y", "件号": 1}
    template = "{全宗号}-{门类代码}-{年度:4}-{保管期限}-{件号:4}"
    assert archive_code(template, values) == "X001-JX-2026-Y-0001"
    assert NumberPattern(template, ARCHIVE_CODE).length is None


def test_an_archive_code_needs_something_that_counts():
    with pytest.raises(PatternError, match="案卷号"):
        archive_code("{全宗号}-{年度:4}", {"全宗号": "X001", "年度": 2026})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{专业简称}{入学年:2}{班序:2}", "计算机2601"),
        ("{入学年}级{专业名称}（{班序}）班", "2026级计算机应用技术（1）班"),
    ],
)
def test_class_names_hold_words(text, name):
    values = {"专业简称": "计算机", "专业名称": "计算机应用技术", "入学年": 2026, "班序": 1}
    assert NumberPattern(text, CLASS_NAME).render(values) == name


def test_a_matcher_reads_back_what_is_left_out() -> None:
    pattern = NumberPattern("{入学年:4}{班序:2}-{座号:2}")
    matcher = pattern.matcher({"入学年": 2026, "班序": 1})
    match = matcher.fullmatch(pattern.render({"入学年": 2026, "班序": 1, "座号": 7}))
    assert match
    assert match["座号"] == "07"
    assert not matcher.fullmatch("202602-07")
    assert not matcher.fullmatch("202601-007")
