"""Every table of the register; importing this module makes `Base.metadata` complete."""

from app.models.audit import AuditEntry
from app.models.audits import CheckedStudent, CheckSheet, HeadcountSeal, PlatformCount
from app.models.base import Base
from app.models.cases import Application, Approval, StatusChange, Voiding
from app.models.conduct import Letter, Punishment, Reward
from app.models.evidence import Evidence, Signature
from app.models.exchange import Batch, LearnedHeader
from app.models.ledger import LedgerEntry
from app.models.operator import Operator
from app.models.organisation import ClassGroup, Cohort, Department, Major, Setting
from app.models.papers import Disc, InstalledForm, PrintedSheet
from app.models.problems import Problem
from app.models.registration import Term, TermRegistration
from app.models.rulebook import SchoolRule
from app.models.standing import STANDINGS
from app.models.student import FieldChange, Guardian, Photo, Schooling, Student
from app.models.window import Draft, SavedView, TimeNode

__all__ = [
    "STANDINGS",
    "Application",
    "Approval",
    "AuditEntry",
    "Base",
    "Batch",
    "CheckSheet",
    "CheckedStudent",
    "ClassGroup",
    "Cohort",
    "Department",
    "Disc",
    "Draft",
    "Evidence",
    "FieldChange",
    "Guardian",
    "HeadcountSeal",
    "InstalledForm",
    "LearnedHeader",
    "LedgerEntry",
    "Letter",
    "Major",
    "Operator",
    "Photo",
    "PlatformCount",
    "PrintedSheet",
    "Problem",
    "Punishment",
    "Reward",
    "SavedView",
    "SchoolRule",
    "Schooling",
    "Setting",
    "Signature",
    "StatusChange",
    "Student",
    "Term",
    "TermRegistration",
    "TimeNode",
    "Voiding",
]
