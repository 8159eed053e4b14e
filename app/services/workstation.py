"""All services over one opened vault: the one place where they are put together."""

from types import TracebackType
from typing import Self

from app.services.archive.discs import Discs
from app.services.exchange.batches import Batches
from app.services.exchange.intake import Intake
from app.services.exchange.photos import Photos
from app.services.exchange.portraits import Portraits
from app.services.forms.casepapers import CasePapers
from app.services.forms.library import Library
from app.services.forms.printing import Printing
from app.services.forms.renewal import Renewal
from app.services.forms.sheets import Sheets
from app.services.office.calendar import Calendar
from app.services.office.drafts import Drafts
from app.services.office.today import Today
from app.services.register.applications import Applications
from app.services.register.bridge import Bridges
from app.services.register.bulk import BulkEdits
from app.services.register.casework import Cases
from app.services.register.changes import Changes
from app.services.register.checksheets import CheckSheets
from app.services.register.conduct import Conduct
from app.services.register.corrections import Corrections
from app.services.register.dossier import Dossiers
from app.services.register.editing import Editing
from app.services.register.establishment import Establishment
from app.services.register.finder import Finder
from app.services.register.leaves import Leaves
from app.services.register.listexport import ListExports
from app.services.register.listing import Listing
from app.services.register.mass import MassChanges
from app.services.register.placement import Placement
from app.services.register.problems import Problems
from app.services.register.registration import Registration
from app.services.register.reports import Reports
from app.services.register.rulebook import Rulebook
from app.services.register.scans import Scans
from app.services.register.sealing import Seals
from app.services.register.students import Students
from app.services.register.views import Views
from app.services.register.voiding import Voidings
from app.services.standards import Standards
from app.services.vault.safekeeping import copy_before
from app.services.vault.vault import Vault


class Workstation:
    """What a window or a command works with, once the vault is open."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.actor = vault.actor
        self.database = vault.database
        self.media = vault.media
        self.standards = Standards()
        self.establishment = Establishment(self.database, self.standards)
        self.students = Students(self.database)
        self.placement = Placement(self.database, self.standards)
        self.intake = Intake(self.database, self.standards)
        self.batches = Batches(
            self.database, self.standards, lambda: copy_before(vault, "大批导入")
        )
        self.photos = Photos(self.database, self.media)
        self.rulebook = Rulebook(self.database)
        self.cases = Cases(self.database, self.media)
        self.changes = Changes(self.database, self.media)
        self.mass_changes = MassChanges(self.database, self.media)
        self.leaves = Leaves(self.database)
        self.applications = Applications(self.database, self.media)
        self.conduct = Conduct(self.database, self.media)
        self.problems = Problems(self.database)
        self.voidings = Voidings(self.database)
        self.corrections = Corrections(self.database, self.media, self.standards)
        self.listing = Listing(self.database)
        self.views = Views(self.database)
        self.bulk_edits = BulkEdits(self.database, self.media, self.standards)
        self.list_exports = ListExports(self.database)
        self.editing = Editing(self.database, self.media, self.standards)
        self.portraits = Portraits(self.database, self.media)
        self.scans = Scans(self.media)
        self.reports = Reports(self.database)
        self.registration = Registration(self.database)
        self.bridges = Bridges(self.database)
        self.seals = Seals(self.database)
        self.check_sheets = CheckSheets(self.database)
        self.library = Library(self.database, self.media)
        self.dossiers = Dossiers(self.database, self.media, self.library)
        self.printing = Printing(self.database, self.media, self.library)
        self.case_papers = CasePapers(self.database, self.cases, self.check_sheets, self.library)
        self.renewal = Renewal(self.database, self.library)
        self.sheets = Sheets(self.database, self.media, self.library)
        self.discs = Discs(self.database, self.media, self.printing)
        self.drafts = Drafts(self.database)
        self.calendar = Calendar(self.database)
        self.today = Today(self.database)
        self.finder = Finder(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.vault.close()
