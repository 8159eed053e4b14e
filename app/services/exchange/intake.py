"""From a file to a plan: read → map → check → compare, the way of every table from outside."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from app.models.fields import FIELD_BY_NAME, FieldKind
from app.models.vocabulary import Role, Sex
from app.services.clock import now
from app.services.exchange.checks import Fault, check
from app.services.exchange.learned import learn_headers, learned_headers
from app.services.exchange.mapping import header_key, recognise
from app.services.exchange.plan import Plan, Profile, compare
from app.services.exchange.problems import problem_workbook
from app.services.exchange.readers import SourceFile, read_tables
from app.services.exchange.review import (
    DRAFT_DAYS,
    DRAFT_FORM,
    Choices,
    Review,
    Unfinished,
    corrected,
)
from app.services.exchange.templates import TemplateKind, template_workbook
from app.services.exports import exported
from app.services.files import write_new
from app.services.office.drafts import DraftRow, Drafts
from app.services.progress import Step, Work
from app.services.standards import Standards
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_NOTHING_CHOSEN = Choices()


class Intake:
    """Plans for files from outside; writing them is for Batches."""

    def __init__(self, database: Database, standards: Standards) -> None:
        self._database = database
        self._standards = standards
        self._drafts = Drafts(database)

    def plan(
        self,
        path: Path,
        *,
        profile: Profile | None = None,
        entry_year: int | None = None,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> Work[Plan]:
        """What accepting this file would do; `fields` assigns headers to fields by hand."""
        yield Step(0, 3, f"读取 {path.name}")
        source = read_tables(path)
        yield Step(1, 3, "核对每一格")
        with self._database.read() as session:
            table = recognise(source, {**learned_headers(session), **fields})
            checked = check(table, self._standards)
            yield Step(2, 3, "与登记比较")
            return compare(
                session,
                checked,
                self._standards,
                source_name=source.name,
                source_sha256=source.sha256,
                profile=profile,
                entry_year=entry_year,
            )

    def review(self, source: SourceFile, choices: Choices = _NOTHING_CHOSEN) -> Work[Review]:
        """What accepting the file would do after the registrar's choices; nothing is read anew.

        Raises HeaderMissing or ScoreSheetRefused when nobody can be recognised in it.
        """
        yield Step(0, 3, "找表头，对栏目")
        fixed = corrected(source, choices.cells)
        with self._database.read() as session:
            table = recognise(fixed, learned_headers(session), choices.hints)
            yield Step(1, 3, "核对每一格")
            checked = check(table, self._standards)
            yield Step(2, 3, "与登记比较")
            plan = compare(
                session,
                checked,
                self._standards,
                source_name=source.name,
                source_sha256=source.sha256,
                profile=choices.profile,
                entry_year=choices.entry_year,
                year_needed=False,
            )
        review = Review(fixed, table, checked.rows, plan, choices)
        review.prepare()
        return review

    def learn(self, actor: Actor, review: Review) -> None:
        """Remember for the next file what columns were given, or denied, by hand."""
        actor.require(Role.RECORD)
        fields: dict[str, str] = {}
        for part in review.table.parts:
            hint = review.choices.hints.get(part.sheet)
            said = hint.fields if hint else {}
            for column in part.columns:
                if column.header and column.index in said:
                    fields[header_key(column.header)] = said[column.index]
        if fields:
            with self._database.write(actor, "记住表头对应") as session:
                learn_headers(session, fields)

    def suggestions(self, fault: Fault) -> tuple[str, ...]:
        """Official words that may be meant where the fault is; empty when there are none."""
        match FIELD_BY_NAME[fault.field].kind:
            case FieldKind.ETHNIC:
                return self._standards.nearest_ethnic(fault.value)
            case FieldKind.POLITICAL:
                return self._standards.nearest_political(fault.value)
            case FieldKind.SEX:
                return (Sex.MALE.value, Sex.FEMALE.value)
            case _:
                return ()

    # --- files that leave -----------------------------------------------------------------

    def export_problems(self, actor: Actor, review: Review, target: Path) -> int:
        """导出问题行: the refused rows in the file's own layout; answers how many there are."""
        actor.require(Role.RECORD)
        rows = len(review.faults)
        content = problem_workbook(review)
        reason = f"{review.plan.source_name}，{rows} 行"
        with exported(self._database, actor, "导出问题行", reason, target, content) as session:
            detail = {"file": target.name, "source": review.plan.source_name, "rows": rows}
            audit.event(session, "导出问题行", reason, detail)
        return rows

    def write_template(self, kind: TemplateKind, target: Path) -> None:
        """An empty table of that kind, to be filled in with WPS or Excel."""
        write_new(target, template_workbook(kind, self._standards))

    # --- drafts ---------------------------------------------------------------------------

    def keep(self, actor: Actor, unfinished: Unfinished) -> None:
        """Keep a half reconciled file for DRAFT_DAYS days, in place of its draft before."""
        values = unfinished.as_draft()
        self._drafts.save(
            actor, DRAFT_FORM, values, subject=unfinished.sha256, title=unfinished.name
        )

    def unfinished(self, actor: Actor) -> list[DraftRow]:
        """Files left half reconciled, newest first; those of more than DRAFT_DAYS days are gone."""
        rows = [row for row in self._drafts.all(actor) if row.form == DRAFT_FORM]
        oldest = now() - timedelta(days=DRAFT_DAYS)
        for row in rows:
            if row.saved_at < oldest:
                self._drafts.discard(actor, DRAFT_FORM, subject=row.subject)
        return [row for row in rows if row.saved_at >= oldest]

    def resume(self, actor: Actor, subject: str) -> Unfinished | None:
        """The draft of that file, if it is still there."""
        found = self._drafts.find(actor, DRAFT_FORM, subject=subject)
        return Unfinished.from_draft(found.values) if found is not None else None

    def drop(self, actor: Actor, subject: str) -> None:
        """Throw away the draft of a file; harmless when there is none."""
        self._drafts.discard(actor, DRAFT_FORM, subject=subject)

    @staticmethod
    def same_file(unfinished: Unfinished, source: SourceFile) -> Unfinished:
        """The draft for the file as it is now: places of cells mean nothing in another version."""
        if unfinished.sha256 == source.sha256:
            return unfinished
        choices = replace(unfinished.choices, cells={}, left_out=frozenset())
        return replace(unfinished, sha256=source.sha256, choices=choices)
