"""A PDF that is written while it is drawn: pages and pictures go out at once.

What stays in memory is what later pages may show again (fonts, forms' fixed parts) and where each
object lies in the file, so ten thousand cards need hardly more than a hundred.
"""

from typing import IO, Any, Final

from reportlab.pdfbase import pdfdoc

_FREE: Final = "0000000000 65535 f \n"  # object 0 of every file


class StreamedDocument(pdfdoc.PDFDocument):  # type: ignore[misc]  # reportlab ships no types
    """A document of reportlab that writes into a binary file from its beginning on."""

    def __init__(self, into: IO[bytes], title: str) -> None:
        super().__init__(compression=1, invariant=1, lang="zh-CN")
        self.setTitle(title)
        self._into, self._length = into, 0
        self._offsets: dict[int, int] = {}
        self._write(pdfdoc.PDFFile(self._pdfVersion).format(self))

    def put(self, made: Any, name: str | None = None) -> Any:
        """Write an object that is complete and let go of it; a reference to it."""
        reference = self.Reference(made, name)
        number = self._number(reference)
        self._write_object(number)
        del self.idToObject[self.numberToId.pop(number)]
        return reference

    def addPage(self, page: Any) -> None:
        """Write a page and its content."""
        page.Contents = self.put(page.Contents)
        reference = self.put(page)
        self.Pages.pages.append(f"{self._number(reference)} 0 R")
        for done in (page.Contents, reference):  # nothing else speaks of them
            del self.idToObjectNumberAndVersion[done.name]

    def close(self) -> None:
        """Write all that is left, and the table by which a reader finds the objects."""
        for font in self.delayedFonts:
            font.addObjects(self)
        self.info.invariant = self.invariant
        self.info.digest(self.signature)
        self.Outlines.prepare(self, None)
        self.Catalog.Outlines = None
        root, info = self.Reference(self.Catalog), self.Reference(self.info)
        number = 0
        while number < self.objectcounter:  # writing one may make more
            number += 1
            if number not in self._offsets:
                self._write_object(number)
        begin = self._length
        rows = [_FREE, *(f"{self._offsets[at + 1]:010d} 00000 n \n" for at in range(number))]
        self._write(f"xref\n0 {len(rows)}\n{''.join(rows)}".encode())
        trailer = pdfdoc.PDFTrailer(begin, Size=len(rows), Root=root, Info=info, ID=self.ID())
        self._write(trailer.format(self))

    def _number(self, reference: Any) -> int:
        number: int = self.idToObjectNumberAndVersion[reference.name][0]
        return number

    def _write_object(self, number: int) -> None:
        name = self.numberToId[number]
        self._offsets[number] = self._length
        self._write(pdfdoc.PDFIndirectObject(name, self.idToObject[name]).format(self))

    def _write(self, data: bytes) -> None:
        self._into.write(data)
        self._length += len(data)
