"""Turns a drawn paper into PDF/A-2b, the form in which it is kept."""

from io import BytesIO
from typing import Final
from xml.sax.saxutils import escape

import pikepdf

from app.services.errors import ArchivalRefused

# One rdf:Description a schema with its namespace on it: validators stumble over others.
_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def to_archival(pdf: bytes, title: str) -> bytes:
    """The same pages as PDF/A-2b, checked after writing; the same input gives the same bytes.

    Raises ArchivalRefused when the check finds anything that keeping would suffer from.
    """
    from pikepdf import pdfa  # it loads for a third of a second what only keeping needs

    target = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        pdfa.prepare(document, "2b")
        # Our own XMP: prepare() writes the time into its packet.
        packet = _XMP.format(title=escape(title)).encode("utf-8")
        document.Root.Metadata = document.make_stream(
            packet, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
        )
        if "/Info" in document.trailer:
            del document.trailer["/Info"]
        # Not pdfa.save(): it stages the pages, a student's card, in a temporary file.
        settings = pdfa.resolve_save_kwargs(pdfa.Flavour("2b"), deterministic_id=True)
        document.save(target, **settings)
    report = pdfa.validate_written(BytesIO(target.getvalue()), "2b", settings)
    if report.verdict != "pass":
        raise ArchivalRefused(title=title, reason=pdfa.PdfaError(report))
    return target.getvalue()
