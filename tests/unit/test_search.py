"""查找学生: what the registrar types finds whom she means, and never anybody by accident."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.rules.names import search_keys
from app.services.register import search
from app.services.register.search import Searchable, SearchIndex, spells


def person(identity: int, name: str, **numbers: str) -> Searchable:
    return Searchable(identity, name, search_keys(name), **numbers)


PEOPLE = [
    person(1, "王伟", number="202607010101", id_number="320102200809010012", phone="13900000001"),
    person(2, "王小伟", number="202607010102", id_number="32010220080901120X"),
    person(3, "单晓明", number="202607010103", exam_number="26320100000003"),
    person(4, "欧阳王", number="J2026-044", phone="025-8321 0000"),
    person(5, "阿依古丽·买买提", number="202607010105"),
    person(6, "毛轩㛃", id_number="320102200709013001"),
    person(7, "侯礼𬀩"),
    person(8, "王靑"),
    person(9, "吕月"),
    person(10, "Anna Maria"),
    person(11, "西安"),
    person(12, "先"),
]


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(PEOPLE, variants={"靑": "青"})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("王伟", [1]),
        ("王", [1, 2, 8, 4]),  # a beginning stands before the inside
        ("小伟", [2]),
        ("伟", [1, 2]),
        ("㛃", [6]),
        ("𬀩", [7]),
        ("wangwei", [1]),
        ("WangWei", [1]),
        ("wang wei", [1]),
        ("wang'wei", [1]),
        ("wang’wei", [1]),
        ("ｗａｎｇ　ｗｅｉ", [1]),
        ("ww", [1]),
        ("sxm", [3]),
        ("dxm", [3]),
        ("shanx", [3]),
        ("xiaoming", [3]),
        ("xian", [11, 12]),
        ("lvyue", [9]),
        ("luyue", [9]),
        ("lüyue", [9]),
        ("annam", [10]),
        ("阿依古丽·买买提", [5]),
        ("阿依古丽•买", [5]),
        ("阿依古丽 买买提", [5]),
        ("王青", [8]),
        ("王靑", [8]),
        ("202607010102", [2]),
        ("２０２６０７０１０１０２", [2]),
        ("2026070101", [1, 2, 3, 5]),
        ("320102200809010012", [1]),
        ("0012", [1]),
        ("120x", [2]),
        ("120Ｘ", [2]),
        ("26320100000003", [3]),
        ("j2026044", [4]),
        ("J2026-044", [4]),
        ("02583210000", [4]),
        ("8321 0000", [4]),
        ("139", [1]),
        ("王wei", [1]),
        ("王xw", [2]),
        ("wang伟", [1]),
        ("王xiao伟", [2]),
        ("x伟", [2]),
        ("王wang", []),
        ("王xiaow", [2]),
        ("单xiaoming", [3]),
        ("欧yangw", [4]),
        ("王伟0012", [1]),
        ("王伟 120X", []),
        ("王120X", [2]),
        ("王0103", []),
        ("诸葛", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("_", []),
        ("王%", []),
        ("王_", []),
        ("\\", []),
        ("\n", []),
        (".*", []),
        ("[", []),
        ("*", []),
        ("'", []),
        ("王伟' OR 1=1", []),
    ],
)
def test_what_is_typed_finds_whom_it_means(index, query, found):
    assert index.find(query) == found


def test_a_whole_number_stands_before_everything_else():
    people = [
        person(1, "甲", number="20260"),
        person(2, "乙", phone="2026"),
        person(3, "丙", id_number="320102200809012026"),
    ]
    assert SearchIndex(people).find("2026") == [2, 3, 1]


def test_the_tail_of_an_id_number_stands_before_the_beginning_of_a_student_number():
    people = [person(1, "甲", number="0012999"), person(2, "乙", id_number="320102200809010012")]
    assert SearchIndex(people).find("0012") == [2, 1]
    assert SearchIndex(people).find("012") == [1, 2]  # three figures are no tail


def test_names_of_one_and_two_characters_are_found():
    people = [person(1, "诸葛一"), person(2, "一"), person(3, "丁一")]
    assert SearchIndex(people).find("一") == [2, 1, 3]
    assert SearchIndex(people).find("丁一") == [3]


def test_the_answer_is_as_long_as_wanted():
    index = SearchIndex(person(n, f"王{'甲乙丙丁'[n % 4]}") for n in range(200))
    assert index.find("王", limit=3) == [0, 1, 2]
    assert len(index.find("王")) == 50
    assert index.find("王", limit=1000) == list(range(200))
    assert index.find("王", limit=0) == []


def test_a_name_with_a_line_break_does_not_become_two_people():
    index = SearchIndex([person(1, "王\n伟", number="1\n2"), person(2, "李伟", number="34")])
    assert index.find("王伟") == [1]
    assert index.find("12") == [1]
    assert index.find("34") == [2]


def test_changes_are_found_at_once_and_keep_their_place():
    index = SearchIndex(PEOPLE)
    index.update(person(1, "汪伟", number="202607010101"))
    index.add(person(13, "王新"))
    index.remove(2)
    assert index.find("王") == [8, 13, 4]
    assert index.find("汪伟") == [1]
    assert index.find("202607") == [1, 3, 5]
    assert len(index) == len(PEOPLE)


def test_strangers_cannot_be_changed():
    index = SearchIndex(PEOPLE)
    with pytest.raises(KeyError):
        index.update(person(99, "王新"))
    with pytest.raises(KeyError):
        index.remove(99)


def test_an_empty_register_finds_nobody_and_can_grow():
    index = SearchIndex()
    assert index.find("王") == []
    index.add(person(1, "王伟"))
    index.remove(1)
    assert index.find("王") == []
    assert len(index) == 0


@pytest.mark.parametrize(
    ("runs", "name", "yes"),
    [
        (["王", "w"], "王伟", True),
        (["王", "wei"], "王伟", True),
        (["王", "ei"], "王伟", False),
        (["wang", "伟"], "王伟", True),
        (["w", "小", "wei"], "王小伟", True),
        (["王", "xw"], "王小伟", True),
        (["王", "xiao"], "王小伟", True),
        (["伟", "w"], "王伟", False),
        (["小", "w"], "王小伟", True),
        (["王", "w", "伟"], "王伟", False),
        (["wang", "伟"], "王小伟", False),
        (["wangxiao", "伟"], "王小伟", True),
        (["wangx", "伟"], "王小伟", True),
        (["西", "an"], "西安", True),
        (["方", "an"], "方安", True),
        (["方", "gan"], "方安", False),
    ],
)
def test_letters_and_characters_spell_neighbours(runs, name, yes):
    assert spells(runs, name, search_keys(name)) is yes


# --- against a plain filter -----------------------------------------------------------------

_DASHES = "'’‘ʼ`´·•‧∙⋅・.-‐‑–—"


def plain(text: str) -> str:
    return "".join(char for char in text.lower() if not char.isspace() and char not in _DASHES)


def plain_rank(who: Searchable, query: str) -> int | None:
    """The rank as the module's docstring states it, one person at a time."""
    spoken = [plain(who.name), *map(plain, who.keys)]
    tail = plain(who.id_number)
    numbers = [tail, *map(plain, (who.number, who.exam_number, who.phone))]
    words = spoken + numbers
    if query in numbers:
        return 0
    if query in spoken:
        return 1
    if len(query) >= 4 and tail.endswith(query):
        return 2
    if any(word.startswith(query) for word in words):
        return 3
    if any(query in word for word in words):
        return 4
    runs = search._RUNS.findall(query)
    figures = [run for run in runs if run[0].isdigit()]
    spelled = [run for run in runs if run not in figures]
    if all(run.isascii() and run.isalpha() for run in spelled) or len(runs) < 2:
        return None
    has_figures = all(any(figure in number for number in numbers) for figure in figures)
    return 5 if has_figures and spells(spelled, spoken[0], spoken[1:]) else None


def plain_find(people: list[Searchable], query: str, limit: int) -> list[int]:
    wanted = plain(query)
    if not wanted:
        return []
    ranked = [(plain_rank(who, wanted), place) for place, who in enumerate(people)]
    found = sorted((rank, place) for rank, place in ranked if rank is not None)
    return [people[place].id for _, place in found][:limit]


NAMES = st.text(alphabet="王伟小单㛃𬀩?%_\\·a", max_size=4)
NUMBERS = st.text(alphabet="0123x-", max_size=8)
CROWDS = st.lists(
    st.builds(
        lambda name, *numbers: Searchable(0, name, search_keys(name), *numbers),
        NAMES, NUMBERS, NUMBERS, NUMBERS, NUMBERS,
    ),
    max_size=25,
).map(lambda people: [
    Searchable(n, p.name, p.keys, p.number, p.exam_number, p.id_number, p.phone)
    for n, p in enumerate(people, start=100)
])  # fmt: skip
QUERIES = st.one_of(
    NAMES,
    NUMBERS,
    st.text(alphabet="wangeixosd' ", max_size=6),
    st.text(alphabet="王伟小wxd01%_\\\n*.[", max_size=5),
    st.text(alphabet=string.printable, max_size=4),
)


@pytest.fixture(params=["sorted at once", "rank by rank"])
def small_blocks(request, monkeypatch):
    """Blocks of four people, and either way to rank, so that few people try everything."""
    monkeypatch.setattr(search, "_BLOCK", 4)
    monkeypatch.setattr(search, "_SAMPLE", 1)
    monkeypatch.setattr(search, "_FEW", 10**6 if request.param == "sorted at once" else -1)


def assert_same_as_filter(small_blocks: None) -> None:
    @given(people=CROWDS, query=QUERIES, limit=st.sampled_from([1, 3, 100]))
    def same(people: list[Searchable], query: str, limit: int) -> None:
        assert SearchIndex(people).find(query, limit) == plain_find(people, query, limit)

    same()


@pytest.mark.promise(51)
def test_the_index_answers_as_a_plain_filter_would(small_blocks):
    assert_same_as_filter(small_blocks)


def test_after_any_changes_the_index_answers_as_if_built_anew(small_blocks):
    changes = st.lists(
        st.tuples(st.sampled_from(["add", "update", "remove"]), NAMES, st.integers(0, 24)),
        max_size=12,
    )

    @given(people=CROWDS, changes=changes, query=QUERIES)
    def same(people, changes, query):
        index, now = SearchIndex(people), list(people)
        for number, (change, name, place) in enumerate(changes):
            if change == "add":
                now.append(person(1000 + number, name))
                index.add(now[-1])
            elif now:
                place %= len(now)
                if change == "remove":
                    index.remove(now.pop(place).id)
                else:
                    now[place] = person(now[place].id, name)
                    index.update(now[place])
        assert index.find(query) == plain_find(now, query, 50)

    same()


@pytest.mark.promise(51)
@given(st.text(max_size=8))
def test_no_query_breaks_the_search(query):
    SearchIndex(PEOPLE).find(query)
