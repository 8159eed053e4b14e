"""Admission lists as .xlsx files, as an office would send them."""

from pathlib import Path

import xlsxwriter

from tests.bench.people import COLUMNS, TITLE, people


def admission_list(folder: Path, count: int) -> Path:
    """An .xlsx of `count` people under a title and a header; made once a run of the bench."""
    path = folder / f"录取名册-{count}.xlsx"
    if path.exists():
        return path
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("录取名册")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_string(0, 0, TITLE)
        for column, (header, _) in enumerate(COLUMNS):
            sheet.write_string(1, column, header)
        for row, person in enumerate(people(count), start=2):
            for column, (_, attribute) in enumerate(COLUMNS):
                value = getattr(person, attribute)
                if isinstance(value, str):
                    sheet.write_string(row, column, value)
                else:
                    sheet.write_datetime(row, column, value, day)
    return path
