"""Every character of GB 18030-2022: printed by the form engine and read back from the PDF."""

from collections.abc import Iterator

from app.services.forms.fonts import Family, face
from tests import gb18030
from tests.bench.options import Options
from tests.bench.report import Amount


def lines(_options: Options) -> Iterator[Amount]:
    """The share that extracts as itself; every face has its own chain of fonts."""
    wanted = gb18030.repertoire()
    absent = {lost for family in Family for lost in face(family).missing("".join(wanted))}
    held = [one for one in wanted if one not in absent]
    back = len(held) - len(gb18030.lost_on_paper(held))
    share = 100 * back / len(wanted)
    yield Amount(
        "GB 18030-2022 全部的字：印得出、取得回",
        len(wanted),
        f"{back:,} 字",
        share,
        f"{share:.4g}%",
        100,
        least=True,
    )
