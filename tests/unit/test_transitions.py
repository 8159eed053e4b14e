"""Which 学籍异动 may follow which status, and what each demands."""

import csv
from dataclasses import dataclass
from datetime import date

import pytest

from app.models.rules.transitions import (
    CHANGE_KINDS,
    RULES,
    Move,
    Position,
    default_end,
    first_misfit,
    kind_named,
    status_after,
)
from app.models.vocabulary import Kind, Signatory, Status
from app.services.resources import resource


@dataclass(frozen=True)
class Entry:
    """A ledger entry as the rules see it."""

    kind: Kind
    from_status: Status | None = None
    to_status: Status | None = None
    from_class_id: int | None = None
    to_class_id: int | None = None
    from_major_id: int | None = None
    to_major_id: int | None = None


SUSPENDED = Entry(Kind.SUSPENSION, Status.ENROLLED, Status.SUSPENDED)
RESUMED = Entry(Kind.RESUMPTION, Status.SUSPENDED, Status.ENROLLED)
WITHDRAWN = Entry(Kind.WITHDRAWAL, Status.ENROLLED, Status.WITHDRAWN)
IN_SCHOOL = Position(Status.ENROLLED, class_id=1, major_id=1)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (Kind.REGISTRATION, Status.ADMITTED, Status.ENROLLED),
        (Kind.SUSPENSION, Status.ENROLLED, Status.SUSPENDED),
        (Kind.SUSPENSION_EXTENSION, Status.SUSPENDED, Status.SUSPENDED),
        (Kind.RESUMPTION, Status.SUSPENDED, Status.ENROLLED),
        (Kind.RETENTION, Status.ENROLLED, Status.RETAINED),
        (Kind.RESTORATION, Status.RETAINED, Status.ENROLLED),
        (Kind.WITHDRAWAL, Status.SUSPENDED, Status.WITHDRAWN),
        (Kind.TRANSFER_OUT, Status.ENROLLED, Status.TRANSFERRED_OUT),
        (Kind.EXPULSION, Status.ENROLLED, Status.EXPELLED),
        (Kind.ADMISSION_DEFERRAL, Status.ADMITTED, Status.DEFERRED),
        (Kind.ADMISSION_RESTORATION, Status.DEFERRED, Status.ADMITTED),
        (Kind.MAJOR_CHANGE, Status.ENROLLED, Status.ENROLLED),
        (Kind.COMPLETION_EXCHANGE, Status.COMPLETED, Status.GRADUATED),
        (Kind.ADMISSION, None, Status.ADMITTED),
    ],
)
def test_a_permitted_change_leads_to_its_status(
    kind: Kind, before: Status | None, after: Status
) -> None:
    assert status_after(kind, before) is after


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        (Kind.RESUMPTION, Status.ENROLLED),
        (Kind.SUSPENSION, Status.SUSPENDED),
        (Kind.SUSPENSION, Status.ADMITTED),
        (Kind.SUSPENSION, None),
        (Kind.MAJOR_CHANGE, Status.SUSPENDED),
        (Kind.RESTORATION, Status.SUSPENDED),
        (Kind.TRANSFER_IN, Status.ENROLLED),
        (Kind.ADMISSION, Status.ADMITTED),
        (Kind.REVERSAL, Status.ENROLLED),
    ],
)
def test_what_has_no_row_is_not_permitted(kind: Kind, before: Status | None) -> None:
    assert status_after(kind, before) is None


def test_nothing_but_a_correction_or_a_diploma_follows_a_final_status() -> None:
    allowed = {
        (status, rule.kind)
        for rule in RULES.values()
        for status in Status
        if status.is_final and status in rule.after and rule.kind is not Kind.CORRECTION
    }
    assert allowed == {(Status.COMPLETED, Kind.COMPLETION_EXCHANGE)}


def test_every_kind_but_the_reversal_has_its_row_with_a_source() -> None:
    assert set(RULES) == set(Kind) - {Kind.REVERSAL}
    assert all(rule.source for rule in RULES.values())
    assert not any(rule.confirmed for rule in RULES.values())


def test_every_final_status_is_reached_by_some_change() -> None:
    reached = {RULES[kind].to for kind in CHANGE_KINDS}
    assert {status for status in Status if status.is_final} <= reached


def test_codes_are_those_of_the_standard() -> None:
    with resource("standards", "jyt1001_xjydlb.csv").open(encoding="utf-8", newline="") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    assert {rule.code for rule in RULES.values() if rule.code} <= known


def test_what_the_student_asks_for_is_signed_by_him_and_a_guardian() -> None:
    for kind in (Kind.SUSPENSION, Kind.RESUMPTION, Kind.WITHDRAWAL, Kind.MAJOR_CHANGE):
        assert RULES[kind].signed == set(Signatory)


@pytest.mark.parametrize(
    "kind", [Kind.EXPULSION, Kind.CANCELLATION, Kind.DISMISSAL, Kind.ADMISSION_CANCELLED]
)
def test_what_the_school_decides_rests_on_a_decision_and_no_signature(kind: Kind) -> None:
    rule = RULES[kind]
    assert not rule.signed
    assert [paper.accepts("开除学籍处分决定书") for paper in rule.papers] == [True]
    assert [paper.accepts("诊断证明") for paper in rule.papers] == [False]


@pytest.mark.parametrize("kind", ["诊断证明", "市一院诊断证明书", "创业证明", "病历"])
def test_a_leave_rests_on_any_proof_of_its_reason(kind: str) -> None:
    (paper,) = RULES[Kind.SUSPENSION].papers
    assert paper.accepts(kind)


def test_the_application_is_no_proof_of_its_own_reason() -> None:
    (paper,) = RULES[Kind.SUSPENSION].papers
    assert not paper.accepts("休学申请表")


def test_soldiers_need_the_notice_of_enlistment() -> None:
    (paper,) = RULES[Kind.RETENTION].papers
    assert paper.accepts("应征公民入伍通知书")
    assert not paper.accepts("诊断证明")


@pytest.mark.parametrize(
    ("begin", "last"),
    [
        (date(2026, 10, 1), date(2027, 9, 30)),
        (date(2027, 1, 1), date(2027, 12, 31)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 3, 1), date(2028, 2, 29)),
    ],
)
def test_a_leave_of_a_year_ends_the_day_before_its_anniversary(begin: date, last: date) -> None:
    assert default_end(RULES[Kind.SUSPENSION], begin) == last


def test_a_withdrawal_has_no_end() -> None:
    assert default_end(RULES[Kind.WITHDRAWAL], date(2026, 10, 1)) is None


@pytest.mark.parametrize("word", ["转出", "转学（转出）", " 转学(转出) "])
def test_the_words_of_the_standard_are_understood(word: str) -> None:
    assert kind_named(word) is Kind.TRANSFER_OUT


def test_a_word_that_is_no_kind_is_nothing() -> None:
    assert kind_named("休假") is None


def test_only_changes_of_one_student_are_offered() -> None:
    elsewhere = {Kind.ADMISSION, Kind.PLACEMENT, Kind.CORRECTION, Kind.TRANSFER_IN}
    assert set(CHANGE_KINDS) == set(RULES) - elsewhere


def test_whoever_must_name_a_major_may_name_a_class() -> None:
    for rule in RULES.values():
        if rule.major_move is not Move.NO:
            assert rule.class_move is not Move.NO


# --- one after the other ------------------------------------------------------------------


def test_a_history_in_order_fits() -> None:
    assert first_misfit(IN_SCHOOL, [SUSPENDED, RESUMED, WITHDRAWN]) is None


def test_the_first_entry_that_no_longer_fits_is_named() -> None:
    assert first_misfit(IN_SCHOOL, [SUSPENDED, WITHDRAWN, RESUMED]) is WITHDRAWN
    assert first_misfit(IN_SCHOOL, [RESUMED, SUSPENDED]) is RESUMED


def test_an_entry_must_start_where_the_student_stands() -> None:
    moved = Entry(Kind.CLASS_CHANGE, from_class_id=1, to_class_id=2)
    again = Entry(Kind.CLASS_CHANGE, from_class_id=1, to_class_id=3)
    assert first_misfit(IN_SCHOOL, [moved, again]) is again
    assert first_misfit(IN_SCHOOL, [moved, SUSPENDED]) is None


def test_a_side_that_an_entry_leaves_alone_stays() -> None:
    after = IN_SCHOOL.after(Entry(Kind.CLASS_CHANGE, to_class_id=7))
    assert (after.status, after.class_id, after.major_id) == (Status.ENROLLED, 7, 1)
