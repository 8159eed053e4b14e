"""The list of students of one day, as pages for the grid."""

from collections.abc import Mapping, Sequence

from app.models.vocabulary import CountBase
from app.services.register.ledger import Moment
from app.services.register.listing import Listing, ListQuery, ListRow, SortLevel


class StudentSource:
    """Who is listed at a moment: under a base, or only some people."""

    def __init__(
        self,
        listing: Listing,
        moment: Moment,
        base: CountBase | None = None,
        among: Sequence[int] | None = None,
    ) -> None:
        self.moment, self.base, self.among = moment, base, among
        self._listing = listing

    def query(self, filters: Mapping[str, str], sort: Sequence[SortLevel] = ()) -> ListQuery:
        """The question that the boxes and the order ask here."""
        return ListQuery(dict(filters), tuple(sort), self.base, self.among)

    def ids(self, filters: Mapping[str, str], sort: Sequence[SortLevel]) -> Sequence[int]:
        return self._listing.ids(self.moment, self.query(filters, sort))

    def page(self, ids: Sequence[int]) -> Sequence[ListRow]:
        return self._listing.page(self.moment, ids)

    def values(
        self, column: str, filters: Mapping[str, str], holding: str
    ) -> list[tuple[str, int]]:
        return self._listing.values(self.moment, column, self.query(filters), holding)
