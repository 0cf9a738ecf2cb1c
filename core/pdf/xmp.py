"""What a PDF says of itself: that it is meant as PDF/A-3b, and that it carries an invoice (Factur-X). Pure.

The names of Factur-X, and the description of them that PDF/A wants for foreign names (ISO 19005-3, 6.6.2.3),
are those of Factur-X 1.0, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

DATA_NAME = "factur-x.xml"
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = (
    ("DocumentFileName", "The name of the attached file with the invoice's data"),
    ("DocumentType", "What the attached data is: INVOICE"),
    ("Version", "The version of the schema of the attached data"),
    ("ConformanceLevel", "The profile of the attached data"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPdf:
    """Title, who wrote it, with what, and when."""

    title: str
    author: str
    tool: str
    written_at: datetime
    carries_invoice: bool


def render_xmp(about: AboutPdf) -> str:
    """Return the metadata as XMP, without its wrapping; the same facts give the same text."""
    day = about.written_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [
        _part("pdfaid", "http://www.aiim.org/pdfa/ns/id/", "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B"
              "</pdfaid:conformance>"),
        _part(
            "dc",
            "http://purl.org/dc/elements/1.1/",
            '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">'
            f"{escape(about.title)}</rdf:li></rdf:Alt></dc:title>"
            f"<dc:creator><rdf:Seq><rdf:li>{escape(about.author)}</rdf:li></rdf:Seq></dc:creator>",
        ),
        _part(
            "xmp",
            "http://ns.adobe.com/xap/1.0/",
            f"<xmp:CreatorTool>{escape(about.tool)}</xmp:CreatorTool><xmp:CreateDate>{day}</xmp:CreateDate>"
            f"<xmp:ModifyDate>{day}</xmp:ModifyDate>",
        ),
        _part("pdf", "http://ns.adobe.com/pdf/1.3/", f"<pdf:Producer>{escape(about.tool)}</pdf:Producer>"),
    ]  # fmt: skip
    if about.carries_invoice:
        parts += [_names(), _part(
            "fx",
            _FX,
            f"<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>{DATA_NAME}</fx:DocumentFileName>"
            "<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>",
        )]  # fmt: skip
    return "\n".join(
        (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
            *parts,
            "</rdf:RDF>",
            "</x:xmpmeta>",
        )
    )


def _part(prefix: str, space: str, content: str) -> str:
    return f'<rdf:Description rdf:about="" xmlns:{prefix}="{space}">{content}</rdf:Description>'


def _names() -> str:
    """Describe the names that PDF/A does not know by itself."""
    rows = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{escape(words)}</pdfaProperty:description></rdf:li>"
        for name, words in _PROPERTIES
    )
    return (
        '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
        ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
        ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
        '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_FX}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{rows}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    )
