"""The page on the disc, as a browser shows it from a file address without a network."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from app.services.archive.content import Medium
from app.services.archive.package import Bag, Written
from tests.unit.disc_samples import EVIL, PEOPLE, build, disc_content, extract

BROWSER = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--dump-dom",
)


class _Page(HTMLParser):
    """The rows of the table of students, the links and the title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.text: dict[str, str] = {}
        self._inside: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("img", "meta", "input"):
            return
        self._inside.append((tag, values.get("id") or ""))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag == "a":
            self.links.append(values["href"])

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tags = [tag for tag, _ in self._inside]
        if "td" in tags or "th" in tags:
            self.rows[-1][-1] += data
        for tag, name in self._inside:
            for key in (name, tag):
                self.text[key] = self.text.get(key, "") + data

    @property
    def names(self) -> list[str]:
        """What stands in the column of names."""
        return [row[1] for row in self.rows[1:] if len(row) > 1]


@pytest.fixture(scope="module")
def disc(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("viewer")
    extract(build(folder).path, folder / "disc")
    return folder / "disc"


@pytest.fixture
def open_page(disc, tmp_path):
    def browse(address: str = "", page: str = "index.html") -> _Page:
        command = [*BROWSER, f"--user-data-dir={tmp_path}", f"file://{disc}/{page}{address}"]
        shown = subprocess.run(command, check=True, capture_output=True, timeout=60)
        return _Page(shown.stdout.decode())

    return browse


def static_pages(**changes) -> dict[str, bytes]:
    bag = Bag(disc_content(**changes), Medium.CD)
    return bag.tag_files([Written.unknown(path) for path, _ in bag.payload])


def test_student_is_found_by_initials_and_his_card_opens(open_page, disc):
    page = open_page("#q=ZS")
    assert page.names == ["张三"]
    assert page.text["count"] == "查到 1 名学生，全盘共 6 名"
    (card,) = {link for link in page.links if link.endswith("-0001-01.pdf")}
    assert card == quote("data/电子档案/C01/XJ-2026-Y-0001/XJ-2026-Y-0001-01.pdf")
    assert (disc / "data/电子档案/C01/XJ-2026-Y-0001/XJ-2026-Y-0001-01.pdf").is_file()


ASKED = {
    "ma hong": "马𬭎㛃",
    "𬭎": "马𬭎㛃",
    "马小红": "马𬭎㛃",
    "dxm": "单晓明",
    "shanxm": "",
    "lübu": "吕布",
    "260206": "吕布",
    "古丽仙买买提": "古丽仙·买买提",
    "机电 吕": "",
    "会计 吕": "吕布",
    "l": f"吕布 {EVIL} 古丽仙·买买提",  # who begins with it stands first
}

ASK = """<script>
document.getElementById('count').textContent = JSON.stringify(ASKED.map(function (asked) {
  var query = document.getElementById('query');
  query.value = asked;
  query.dispatchEvent(new Event('input'));
  return [].map.call(document.querySelectorAll('tbody th'), function (cell) {
    return cell.firstChild.textContent;
  }).join(' ');
}));
</script>"""


def test_student_is_found_by_any_way_of_asking(open_page, disc):
    asking = ASK.replace("ASKED", json.dumps(list(ASKED)))
    page = (disc / "index.html").read_text("utf-8").replace("</body>", f"{asking}</body>")
    (disc / "asking.html").write_text(page, "utf-8")
    answers = json.loads(open_page(page="asking.html").text["count"])
    assert dict(zip(ASKED, answers, strict=True)) == ASKED


@pytest.mark.promise(50)
def test_page_opens_with_everyone_and_no_name_runs_as_code(open_page):
    page = open_page()
    assert page.text["title"] == "2026级学生学籍档案 · XJ-2026-JX-01 · 本盘为只读档案"
    assert page.text["count"] == "共 6 名学生，2 个班级"
    assert EVIL in page.names
    assert [row[4] for row in page.rows[1:]][:3] == ["● 在校", "● 在校", "● 在校"]
    assert "新生名册" in page.text["files"]


def test_class_can_be_chosen_in_the_address(open_page):
    page = open_page("#class=C02")
    assert {row[3] for row in page.rows[1:]} == {"会计2602"}
    assert page.names[0].startswith("马𬭎㛃")


def test_nothing_found_says_what_to_try(open_page):
    page = open_page("#q=nobody&class=%E0%A4%A")  # not even a malformed address harms
    assert "可改用拼音" in page.text["rows"]


@pytest.mark.promise(55)
def test_page_asks_for_nothing_outside_the_disc_and_for_no_new_browser():
    pages = static_pages()
    page, data = pages["index.html"].decode(), pages["data.js"].decode()
    assert "http" not in re.sub(r"base64,[^)]*", "", page)
    assert "http" not in data
    script = page[page.rindex("<script>") :]
    assert not re.search(r"=>|`|\b(let|const|class|async|import)\s|\.\.\.", script)


def test_page_without_scripts_lists_everyone_by_class():
    page = static_pages()["index.html"].decode()
    listed = page[page.index("<noscript>") : page.index("</noscript>")]
    for name, *_ in PEOPLE:
        assert (name if name != EVIL else "&lt;img src=x onerror=&quot;") in listed
    assert EVIL not in page
    assert listed.index("机电2601") < listed.index("张三") < listed.index("会计2602")
    assert quote("data/电子档案/C01/XJ-2026-Y-0001/XJ-2026-Y-0001-01.pdf") in listed


def test_data_is_a_classic_script_without_loose_ends():
    separated = (
        disc_content()
        .students[0]
        .__class__("XJ-2026-Y-0001", "王\u2028</script>", "1", "C01", "在校")
    )
    data = static_pages(students=(separated,), files=())["data.js"].decode()
    assert "\u2028" not in data
    assert "</" not in data
    cohort = json.loads(data.removeprefix("window.COHORT=").rstrip(";\n"))
    assert cohort["students"][0][0] == "王\u2028</script>"
    assert cohort["classes"] == [
        ["C01", "机电2601", "机电一体化技术", "机电工程系", 1],
        ["C02", "会计2602", "大数据与会计", "财经系", 0],
    ]


def test_rare_characters_bring_their_shapes_and_common_ones_do_not():
    page = static_pages()["index.html"].decode()
    held = set(re.findall(r"U\+[0-9A-F]+", page))
    assert held == {"U+2CB4E", "U+36C3"}
    assert len(page) < 40_000
    common = static_pages(students=disc_content().students[:1], files=())["index.html"].decode()
    assert "@font-face" not in common


def test_disc_before_graduation_says_so():
    assert "预归档" in static_pages(preliminary=True)["index.html"].decode()
    assert "预归档" not in static_pages()["index.html"].decode()
