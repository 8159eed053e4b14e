"""Coded fields are found by code, pinyin or words; an unknown word is told with the nearest."""

import pytest

from app.services.choices import (
    Choices,
    document_types,
    ethnic_groups,
    health_states,
    household_types,
    political_statuses,
    relations,
    sexes,
)
from app.services.standards import Standards

STANDARDS = Standards()


@pytest.mark.ux("F2")
@pytest.mark.parametrize("typed", ["hz", "01", "1", "汉", "汉族", "hanzu", " 汉族 "])
def test_han_is_found_by_code_initials_and_words(typed: str) -> None:
    groups = ethnic_groups(STANDARDS)
    assert groups.narrowed(typed)[0].text == "汉族"
    assert groups.exactly(typed) == "汉族"


@pytest.mark.ux("F2")
def test_three_keys_reach_every_ethnic_group() -> None:
    groups = ethnic_groups(STANDARDS)
    assert len(groups.all) >= 56
    for choice in groups.all:
        assert len(choice.code) == 2  # and Enter
        assert groups.exactly(choice.code) == choice.text


@pytest.mark.ux("F2")
def test_an_unknown_word_is_refused_with_the_nearest() -> None:
    groups = ethnic_groups(STANDARDS)
    assert groups.exactly("汗族") is None
    assert "“汉族”" in groups.refusal("汗族")


def test_words_mean_what_an_import_takes_them_for() -> None:
    assert political_statuses(STANDARDS).exactly("团员") == "共青团员"
    assert sexes().exactly("2") == "女"


def test_proposals_are_words_of_the_tables() -> None:
    found = [choice.text for choice in relations(STANDARDS).all]
    assert found[:2] == ["父亲", "母亲"]
    assert {"祖父", "外祖母"} <= set(found)
    assert health_states(STANDARDS).all[0].text == "健康或良好"
    assert household_types(STANDARDS).all
    assert document_types(STANDARDS).all[0].text == "居民身份证"


def test_words_without_codes_are_narrowed_by_pinyin() -> None:
    majors = Choices.of("专业", ["计算机应用技术", "机电一体化技术", "大数据与会计"])
    assert [choice.text for choice in majors.narrowed("jd")] == ["机电一体化技术"]
    assert "“大数据与会计”" in majors.refusal("会计学")
