"""A small PDF by the standard library alone: one page of plain lines, as an invoice that a person saves."""

from __future__ import annotations

_PAGE = (595, 842)
_LEFT, _TOP, _STEP = 60, 780, 22


def make_pdf(lines: list[str]) -> bytes:
    """A PDF 1.4 with one page; letters outside Latin-1 become question marks."""
    text = [
        f"BT /F1 {12 if number else 20} Tf {_LEFT} {_TOP - _STEP * number} Td ({_escape(line)}) Tj ET"
        for number, line in enumerate(lines)
    ]
    stream = "\n".join(text).encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>" % _PAGE,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _escape(line: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in line)
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
