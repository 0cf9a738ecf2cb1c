"""Feed files of every form, whole and damaged: rows come out, bad ones are reported, and nothing blows up."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CancelledError, UserInputError
from core.feeds.columns import COMMON, FeedMapping
from core.feeds.opening import open_feed
from core.feeds.reading import find_files, read_rows
from core.feeds.rows import MAX_ROW_CHARS, BadRow, Row
from core.http.cancel import CancelToken

TSV = "id\ttitle\tprice\n1\tOak chair\t19.00 USD\n2\tStuhl für Käthe\t5 EUR\n"
RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>1</g:id><title>Oak chair</title><g:price>19.00 USD</g:price>
  <g:shipping><g:country>US</g:country><g:price>0 USD</g:price></g:shipping>
  <g:additional_image_link>https://x.example/1.jpg</g:additional_image_link>
  <g:additional_image_link>https://x.example/2.jpg</g:additional_image_link></item>
<item><g:id>2</g:id><title><![CDATA[Stuhl <b>für</b> Käthe]]></title></item>
</channel></rss>"""


def rows(path: Path, mapping: FeedMapping = COMMON) -> list[Row | BadRow]:
    with read_rows(path, mapping) as found:
        return list(found)


def titles(path: Path, mapping: FeedMapping = COMMON) -> list[object]:
    return [row.cells["title"] if isinstance(row, Row) else row.why for row in rows(path, mapping)]


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        TSV.encode(), codecs.BOM_UTF8 + TSV.encode(), TSV.encode("utf-16"), TSV.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TSV.encode("utf-16-be"), TSV.encode("cp1252"), gzip.compress(TSV.encode()),
        TSV.replace("\n", "\r\n").encode(), TSV.replace("\n", "\r").encode(), b"\n\n" + TSV.encode(),
    ],
)  # fmt: skip
def test_encodings_and_line_ends(tmp_path: Path, data: bytes) -> None:
    assert titles(put(tmp_path, "feed.dat", data)) == ["Oak chair", "Stuhl für Käthe"]


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
def test_delimiters_are_seen(tmp_path: Path, delimiter: str) -> None:
    path = put(tmp_path, "feed.csv", TSV.replace("\t", delimiter))
    assert titles(path) == ["Oak chair", "Stuhl für Käthe"]


def test_a_zip_with_one_file(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._feed.tsv", "x")
        archive.writestr("folder/feed.tsv", TSV)
    assert titles(path) == ["Oak chair", "Stuhl für Käthe"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.tsv", TSV)
    with pytest.raises(UserInputError, match="2 files"):
        rows(path)


def test_quotes_line_breaks_and_what_only_looks_like_them(tmp_path: Path) -> None:
    text = (
        "id,title,price\n"
        '1,"Chair, oak",5\n'
        '2,"Two\nlines ""quoted""\nthree",6\n'
        '3,27" monitor,7\n'
        '4,"Oak" chair,8\n'
        '5,"never closed,9\n'
        "6,After it,10\n"
        "7,too,many,columns\n"
        "8,few\n"
        "9,trailing,11,,\n"
    )
    found = rows(put(tmp_path, "feed.csv", text))
    told = [(row.line, row.cells["title"] if isinstance(row, Row) else row.why) for row in found]
    assert told == [
        (2, "Chair, oak"),
        (3, 'Two\nlines "quoted"\nthree'),
        (6, '27" monitor'),
        (7, '"Oak" chair'),
        (8, '"never closed'),
        (9, "After it"),
        (10, "it has 4 columns instead of 3"),
        (11, "it has 2 columns instead of 3"),
        (12, "trailing"),
    ]


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    lines = ["id\ttitle\tprice", '1\t"open\t', *(f"{n}\tT{n}\t1" for n in range(2, 1000))]
    lines[1] = '1\t"open'
    found = rows(put(tmp_path, "feed.tsv", "\n".join(lines)))
    assert [row.line for row in found if isinstance(row, BadRow)] == [2]
    assert sum(isinstance(row, Row) for row in found) == 998


def test_a_preamble_before_the_header_is_passed_over(tmp_path: Path) -> None:
    path = put(tmp_path, "feed.txt", "HDR|4711|Some shop|2026-11-20\nid|title|price\n1|Oak chair|5\n")
    assert titles(path) == ["Oak chair"]


def test_without_a_header_it_says_what_to_do(tmp_path: Path) -> None:
    path = put(tmp_path, "feed.csv", "1,Oak chair,5\n2,Pine chair,6\n")
    with pytest.raises(UserInputError, match="mapping file"):
        rows(path)
    german = put(tmp_path, "german.csv", "Nummer;Bezeichnung\n1;Eichenstuhl\n")
    mapping = FeedMapping(columns={"id": ("Nummer",), "title": ("Bezeichnung",)})
    (row,) = rows(german, mapping)
    assert isinstance(row, Row)
    assert row.cells == {"nummer": "1", "bezeichnung": "Eichenstuhl"}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", gzip.compress(b"")])
def test_an_empty_file_is_broken(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserInputError) as caught:
        rows(put(tmp_path, "feed.tsv", data))
    assert caught.value.code == "feeds.broken"


def test_an_endless_line_costs_one_row_and_little_memory(tmp_path: Path) -> None:
    text = "id\ttitle\n1\tA\n" + "x" * (3 * MAX_ROW_CHARS) + "\n2\tB\n"
    found = rows(put(tmp_path, "feed.tsv", text))
    assert [row.cells["title"] for row in found if isinstance(row, Row)] == ["A", "B"]
    assert [row.line for row in found if isinstance(row, BadRow)] == [3]


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": 1, "title": "Oak", "price": {"value": 19.5, "currency": "USD"}, "rigged": True}),
        "",
        "{broken",
        '["no object"]',
        "[" * 10_000,
        json.dumps({"id": 2, "title": "Pine", "images": ["a", "b"], "none": None}),
        '{"id": 3, "title": "x", "n": 1e999999, "m": NaN, "deep": ' + '{"a":' * 50 + "1" + "}" * 50 + "}",
    ]
    found = rows(put(tmp_path, "feed.jsonl", "\n".join(lines)))
    good = [row.cells for row in found if isinstance(row, Row)]
    assert good[0] == {
        "id": "1",
        "title": "Oak",
        "price/value": "19.5",
        "price/currency": "USD",
        "rigged": "true",
    }
    assert good[1] == {"id": "2", "title": "Pine", "images": ("a", "b")}
    assert good[2]["title"] == "x"
    assert [row.line for row in found if isinstance(row, BadRow)] == [3, 4, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_rss_with_google_names(tmp_path: Path, encoding: str) -> None:
    text = RSS.replace('version="1.0"?', f'version="1.0" encoding="{encoding}"?')
    first, second = rows(put(tmp_path, "feed.xml", text.encode(encoding)))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert first.line == 3
    assert first.cells["price"] == ("19.00 USD",), "the shipping's price is another one"
    assert first.cells["additional image link"] == ("https://x.example/1.jpg", "https://x.example/2.jpg")
    assert second.cells["title"] == ("Stuhl <b>für</b> Käthe",)


def test_atom_plain_lists_and_attributes(tmp_path: Path) -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://self"/><title>All</title>
<entry><id>tag:1</id><title type="html">Oak</title><link rel="edit" href="https://edit"/>
<link rel="alternate" href="https://page/1"/><author><name>Ann</name></author>
<summary>Some <b>bold</b> words</summary></entry></feed>"""
    (row,) = rows(put(tmp_path, "atom.xml", atom))
    assert isinstance(row, Row)
    assert row.cells["link"] == ("https://page/1",)
    assert row.cells["author/name"] == ("Ann",)
    assert "author" not in row.cells
    assert " ".join(row.cells["summary"][0].split()) == "Some bold words"
    plain = (
        '<shop><products><product id="7"><name>Pine</name><param name="Polygons">12</param></product>'
        "</products></shop>"
    )
    (row,) = rows(put(tmp_path, "plain.xml", plain))
    assert isinstance(row, Row)
    assert row.cells == {"id": ("7",), "name": ("Pine",), "polygons": ("12",)}
    own = put(tmp_path, "own.xml", "<a><artikel><id>1</id></artikel><artikel><id>2</id></artikel></a>")
    with pytest.raises(UserInputError, match="row = "):
        rows(own)
    assert len(rows(own, FeedMapping(row="artikel"))) == 2


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "'
    + "x" * 100
    + '">%s]><rss><item><id>&%s;</id></item></rss>'
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB % ("".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)), "j"),
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><id>&x;</id></item></rss>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]><rss><item><id>1</id></item></rss>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><rss><item><id>1</id></item></rss>',
        '<!DOCTYPE r [<!ENTITY x "plain">]><rss><item><id>1</id></item></rss>',
        '<!DOCTYPE r [<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "y" NDATA n>]><rss><item/></rss>',
    ],
)
def test_entities_are_refused(tmp_path: Path, text: str) -> None:
    """Neither an exploding file nor one that points elsewhere is read at all."""
    with pytest.raises(UserInputError) as caught:
        rows(put(tmp_path, "feed.xml", text))
    assert caught.value.code == "feeds.broken"
    assert "entities" in caught.value.message


def test_a_doctype_alone_is_harmless(tmp_path: Path) -> None:
    text = (
        '<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
        "<rss><channel><item><id>1</id><title>A&nbsp;&uuml;&amp;&unknown;</title></item></channel></rss>"
    )
    (row,) = rows(put(tmp_path, "feed.xml", text))
    assert isinstance(row, Row)
    assert row.cells["title"] == ("A\u00a0ü&&unknown;",)


@pytest.mark.parametrize(
    "text",
    [
        RSS[:-40], RSS.replace("</title><g:price>", "</titel><g:price>"), "<rss>" + "<x>" * 100,
        "<rss><item><id>1</id></item></rss><more/>", "<rss><channel></channel></rss>", "<" * 50,
        '<?xml version="1.0" encoding="klingon"?><rss/>', "<rss><item>\x00</item></rss>",
    ],
)  # fmt: skip
def test_broken_xml_says_where(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        rows(put(tmp_path, "feed.xml", text))
    assert caught.value.code == "feeds.broken"
    assert "Nothing was changed" in caught.value.message


def test_one_giant_product_costs_itself(tmp_path: Path) -> None:
    big = f"<item><id>1</id><description>{'x' * (2 * MAX_ROW_CHARS)}</description></item>"
    text = f"<rss><channel>{big}<item><id>2</id><title>B</title></item></channel></rss>"
    found = rows(put(tmp_path, "feed.xml", text))
    assert [type(row) for row in found] == [BadRow, Row]
    many = "".join(f"<c{n}>x</c{n}>" for n in range(20_000))
    (row,) = rows(put(tmp_path, "wide.xml", f"<rss><item>{many}</item></rss>"))
    assert isinstance(row, Row)
    assert len(row.cells) <= 1000


def test_damaged_packing_is_an_error_not_a_short_feed(tmp_path: Path) -> None:
    body = "".join(f"{n}\tTitle {n}\t5 USD\n" for n in range(20_000))
    packed = gzip.compress(("id\ttitle\tprice\n" + body).encode())
    spoiled = bytearray(packed)
    spoiled[len(packed) // 2] ^= 0xFF
    wrong_sum = packed[:-8] + b"\0" * 8
    for name, data in (("cut", packed[:-2000]), ("spoiled", bytes(spoiled)), ("sum", wrong_sum)):
        with pytest.raises(UserInputError) as caught:
            rows(put(tmp_path, f"{name}.tsv.gz", data))
        assert caught.value.code == "feeds.broken", name
    with pytest.raises(UserInputError):
        rows(put(tmp_path, "cut.zip", b"PK\x03\x04" + b"x" * 100))


def test_a_password_is_not_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("feed.tsv", TSV)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    data[6] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(UserInputError, match="password"):
        rows(path)


def test_unpacking_ends_at_a_bound(tmp_path: Path) -> None:
    path = put(tmp_path, "bomb.tsv.gz", gzip.compress(b"\0" * 20_000_000))
    with open_feed(path, max_bytes=1_000_000) as stream, pytest.raises(UserInputError, match="GB"):
        list(iter(lambda: stream.read(100_000), b""))


def test_it_can_be_stopped_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = put(tmp_path, "feed.tsv", TSV + "".join(f"{n}\tTitle {n}\t5\n" for n in range(300_000)))
    seen: list[tuple[int, int]] = []
    with read_rows(path, COMMON, on_progress=lambda done, total: seen.append((done, total))) as found:
        assert sum(1 for _ in found) == 300_002
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    token = CancelToken()
    with read_rows(path, COMMON, cancel=token) as found:
        next(found)
        token.cancel()
        with pytest.raises(CancelledError):
            list(found)


def test_folders_and_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="no feed"):
        find_files(tmp_path)
    with pytest.raises(UserInputError, match="no file"):
        find_files(tmp_path / "gone.tsv")
    for name in ("b.tsv", "a.csv.gz", ".hidden.tsv", "readme.md", "~lock.csv"):
        put(tmp_path, name, TSV)
    assert [path.name for path in find_files(tmp_path)] == ["a.csv.gz", "b.tsv"]


@given(data=st.binary(max_size=2000))
@settings(max_examples=150)
def test_any_bytes(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    _read_anything(data, tmp_path_factory)


_LINES = st.lists(
    st.lists(st.text(alphabet="a\"',\t;|\n<>&;é", max_size=8), min_size=1, max_size=5),
    min_size=1,
    max_size=12,
)


@given(
    lines=_LINES,
    head=st.sampled_from(["id\ttitle\tprice\n", "id,title,price\n", "<rss><item>", '{"id": 1}\n']),
)
@settings(max_examples=150)
def test_any_text_below_a_header(
    lines: list[list[str]], head: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _read_anything((head + "\n".join("\t".join(line) for line in lines)).encode(), tmp_path_factory)


def _read_anything(data: bytes, factory: pytest.TempPathFactory) -> None:
    path = factory.getbasetemp() / "anything.dat"
    for packed in (data, gzip.compress(data), data[:3] + zlib.compress(data)):
        path.write_bytes(packed)
        problem = ""
        try:
            found = rows(path)
        except UserInputError as error:
            found, problem = [], error.code
        assert problem in ("", "feeds.broken", "feeds.unreadable")
        assert all(row.line >= 1 for row in found)


@given(
    table=st.lists(
        st.lists(
            st.text(
                alphabet=st.characters(codec="utf-8", exclude_characters="\r\x00\x0b\x0c\x1c\x1d\x1e\x85"),
                max_size=12,
            ),
            min_size=3,
            max_size=3,
        ),
        max_size=15,
    )
)
@settings(max_examples=150)
def test_what_csv_writes_comes_back(table: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    import csv

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "title", "price"])
    writer.writerows(table)
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(out.getvalue().encode())
    found = rows(path)
    assert [list(row.cells.values()) for row in found if isinstance(row, Row)] == table
    assert not [row for row in found if isinstance(row, BadRow)]
