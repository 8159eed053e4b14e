"""Who is found, by what, and which part of the name is emphasised."""

from pathlib import Path

import pytest

from app.services.workstation import Workstation
from tests.builders import id_number, person, take_in, write_list


@pytest.fixture
def found(desk: Workstation, tmp_path: Path) -> Workstation:
    names = ("单晓明", "尉迟婉清", "王伟", "王伟", "阿依古丽·买买提")
    rows = [person(index, name) for index, name in enumerate(names, start=1)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    return desk


@pytest.mark.ux("S1")
@pytest.mark.parametrize(
    ("query", "name", "how", "part"),
    [
        ("单晓", "单晓明", "姓名", "单晓"),
        ("sxm", "单晓明", "拼音", "单晓明"),
        ("xiaoming", "单晓明", "拼音", "晓明"),
        ("dxm", "单晓明", "拼音", ""),  # another reading: found, nothing to emphasise
        ("ycw", "尉迟婉清", "拼音", "尉迟婉"),
        ("shan xiao", "单晓明", "拼音", "单晓"),
    ],
)
def test_a_person_is_found_by_name_and_pinyin(
    found: Workstation, query: str, name: str, how: str, part: str
) -> None:
    hit = found.finder.find(query)[0]
    assert (hit.name, hit.group) == (name, how)
    assert hit.name[slice(*hit.span)] == part


@pytest.mark.ux("S1")
def test_a_number_is_found_whole_or_by_its_tail_and_never_shown_whole(found: Workstation) -> None:
    number = id_number(1)
    for query in (number, number[-4:]):
        hits = found.finder.find(query)
        assert "单晓明" in [hit.name for hit in hits]
        assert all(number not in hit.how for hit in hits)
    assert found.finder.find("26329900000003")[0].how == "考生号 26329900000003"
    assert found.finder.find("13800000002")[0].how == "电话 13800000002"


@pytest.mark.ux("S6")
def test_namesakes_can_be_told_apart(found: Workstation) -> None:
    first, second = found.finder.find("王伟")
    assert first.id != second.id
    assert first.birth_year == 2011


@pytest.mark.ux("S2")
def test_who_came_since_the_last_find_is_found(found: Workstation, tmp_path: Path) -> None:
    assert found.finder.find("查") == []
    take_in(found, write_list(tmp_path / "补.xlsx", [person(9, "查雨")]))
    assert [hit.name for hit in found.finder.find("zy")] == ["查雨"]


def test_recent_people_keep_their_order(found: Workstation) -> None:
    ids = [found.finder.find(query)[0].id for query in ("ycw", "sxm")]
    assert [hit.name for hit in found.finder.people(ids)] == ["尉迟婉清", "单晓明"]
