"""A baseline JPEG and a PNG writer. The sandbox serves real JPEG files without any library."""

from __future__ import annotations

import struct
import zlib

from .picture import Color, Photo, Picture, Rows

# The example tables of the JPEG standard (ITU-T T.81, annex K): quantization, then counts and symbols of the
# Huffman codes.
_LUMA = (
    16,
    11,
    10,
    16,
    24,
    40,
    51,
    61,
    12,
    12,
    14,
    19,
    26,
    58,
    60,
    55,
    14,
    13,
    16,
    24,
    40,
    57,
    69,
    56,
    14,
    17,
    22,
    29,
    51,
    87,
    80,
    62,
    18,
    22,
    37,
    56,
    68,
    109,
    103,
    77,
    24,
    35,
    55,
    64,
    81,
    104,
    113,
    92,
    49,
    64,
    78,
    87,
    103,
    121,
    120,
    101,
    72,
    92,
    95,
    98,
    112,
    100,
    103,
    99,
)
_CHROMA = (
    17,
    18,
    24,
    47,
    99,
    99,
    99,
    99,
    18,
    21,
    26,
    66,
    99,
    99,
    99,
    99,
    24,
    26,
    56,
    99,
    99,
    99,
    99,
    99,
    47,
    66,
    *(99,) * 38,
)
_DC_SYMBOLS = bytes(range(12))
_DC_COUNTS = (
    bytes.fromhex("00010501010101010100000000000000"),
    bytes.fromhex("00030101010101010101010000000000"),
)
_AC_COUNTS = (
    bytes.fromhex("0002010303020403050504040000017d"),
    bytes.fromhex("00020102040403040705040400010277"),
)
_AC_SYMBOLS = (
    bytes.fromhex(
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435"
        "363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798"
        "999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4"
        "f5f6f7f8f9fa"
    ),
    bytes.fromhex(
        "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a"
        "35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a9293949596"
        "9798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4"
        "f5f6f7f8f9fa"
    ),
)
# A table's number, and for each place in zigzag order where its value stands and what it is multiplied with.
Weights = tuple[int, list[tuple[int, float]]]

_AAN = (1.0, 1.387039845, 1.306562965, 1.175875602, 1.0, 0.785694958, 0.541196100, 0.275899379)


def encode_jpeg(picture: Picture | Photo, *, quality: int, size: int | None = None) -> bytes:
    """Encode as JPEG with 4:2:0 chroma; with `size`, of exactly so many bytes.

    An exact size lets the catalogue declare a file's size before the file is made. It is reached by a lower
    quality where the picture is too rich, and by comment segments.
    """
    data = _encode(picture, quality)
    while size is not None and len(data) > size - 8 and quality > 10:
        quality -= 8
        data = _encode(picture, quality)
    return data if size is None else data[:2] + _padding(size - len(data)) + data[2:]


def encode_png(picture: Picture) -> bytes:
    """Encode as PNG, 8 bits of red, green and blue."""
    raw = bytearray()
    for red, green, blue in zip(*picture.planes(), strict=True):
        row = bytearray(3 * picture.width)
        row[0::3], row[1::3], row[2::3] = red, green, blue
        raw += b"\x00" + row
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(raw), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _encode(picture: Picture | Photo, quality: int) -> bytes:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    tables = [
        [min(255, max(1, (value * scale + 50) // 100)) for value in table] for table in (_LUMA, _CHROMA)
    ]
    head = b"\xff\xd8\xff\xe0" + struct.pack(">H5sHBHHBB", 16, b"JFIF\0", 0x0102, 1, 72, 72, 0, 0)
    for number, table in enumerate(tables):
        head += b"\xff\xdb" + struct.pack(">HB", 67, number) + bytes(table[place] for place in _ZIGZAG)
    frame = struct.pack(">BHHB", 8, picture.height, picture.width, 3) + bytes(
        (1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
    )
    head += b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame
    for number in (0, 1):
        for kind, counts, symbols in (
            (0, _DC_COUNTS[number], _DC_SYMBOLS),
            (0x10, _AC_COUNTS[number], _AC_SYMBOLS[number]),
        ):
            body = bytes((kind | number,)) + counts + symbols
            head += b"\xff\xc4" + struct.pack(">H", len(body) + 2) + body
    head += b"\xff\xda" + struct.pack(">HB", 12, 3) + bytes((1, 0, 2, 0x11, 3, 0x11, 0, 63, 0))
    return head + _scan(picture, tables) + b"\xff\xd9"


def _scan(picture: Picture | Photo, tables: list[list[int]]) -> bytes:
    """Encode the picture's blocks: four of luma and one of each chroma for every 16 by 16 pixels."""
    luma, blue, red = _ycc_rows(picture)
    weights: list[Weights] = [
        (
            number,
            [
                (place % 8 * 8 + place // 8, 1.0 / (table[place] * 8 * _AAN[place % 8] * _AAN[place // 8]))
                for place in _ZIGZAG
            ],
        )
        for number, table in enumerate(tables)
    ]
    bits: list[str] = []
    out = bytearray()
    last = [0, 0, 0]
    rest = ""
    for y in range(0, len(luma), 16):
        for x in range(0, len(luma[0]), 16):
            for corner in ((y, x), (y, x + 8), (y + 8, x), (y + 8, x + 8)):
                last[0] = _block(luma, corner, weights[0], last[0], bits)
            last[1] = _block(blue, (y // 2, x // 2), weights[1], last[1], bits)
            last[2] = _block(red, (y // 2, x // 2), weights[1], last[2], bits)
        text = rest + "".join(bits)
        bits.clear()
        whole = len(text) // 8 * 8
        if whole:
            out += int(text[:whole], 2).to_bytes(whole // 8, "big").replace(b"\xff", b"\xff\x00")
        rest = text[whole:]
    if rest:
        out += int(rest.ljust(8, "1"), 2).to_bytes(1, "big").replace(b"\xff", b"\xff\x00")
    return bytes(out)


def _block(
    plane: list[list[int]], corner: tuple[int, int], weights: Weights, last: int, bits: list[str]
) -> int:
    """Append one block's bits; give its mean value, which the next block is written relative to."""
    top, left = corner
    table, weighting = weights
    rows = [_dct(row[left : left + 8]) for row in plane[top : top + 8]]
    flat = [value for column in zip(*rows, strict=True) for value in _dct(list(column))]
    values = [int(flat[place] * weight + 8192.5) - 8192 for place, weight in weighting]
    step = values[0] - last
    bits.append(_DC[table][abs(step).bit_length()] + _vli(step))
    codes = _AC[table]
    run = 0
    for value in values[1:]:
        if value == 0:
            run += 1
            continue
        while run > 15:
            bits.append(codes[0xF0])
            run -= 16
        bits.append(codes[run << 4 | abs(value).bit_length()] + _VLI[value])
        run = 0
    if run:
        bits.append(codes[0])
    return values[0]


def _dct(v: list[int] | list[float]) -> tuple[float, ...]:
    """Transform eight values (Arai, Agui, Nakajima); the scale factors are in the weights."""
    a, b, c, d, e, f, g, h = v
    t0, t7, t1, t6, t2, t5, t3, t4 = a + h, a - h, b + g, b - g, c + f, c - f, d + e, d - e
    t10, t13, t11, t12 = t0 + t3, t0 - t3, t1 + t2, t1 - t2
    z1 = (t12 + t13) * 0.707106781
    s10, s11, s12 = t4 + t5, t5 + t6, t6 + t7
    z5 = (s10 - s12) * 0.382683433
    z2, z4, z3 = 0.541196100 * s10 + z5, 1.306562965 * s12 + z5, s11 * 0.707106781
    z11, z13 = t7 + z3, t7 - z3
    return t10 + t11, z11 + z4, t13 + z1, z13 - z2, t10 - t11, z13 + z2, t13 - z1, z11 - z4


def _ycc_rows(picture: Picture | Photo) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
    """Turn into luma and halved chroma around zero, with the edges repeated to a multiple of 16."""
    wide, high = -picture.width % 16, -picture.height % 16
    if isinstance(picture, Photo):
        lines = [[*row, *row[-1:] * wide] for row in picture.pixels]
        lines += [lines[-1]] * high
        return (
            [[_luma(color) for color in row] for row in lines],
            [[_blue(color) for color in row[::2]] for row in lines[::2]],
            [[_red(color) for color in row[::2]] for row in lines[::2]],
        )
    luma, blue, red = ([convert(color) for color in picture.palette] for convert in (_luma, _blue, _red))
    rows: Rows = [row + row[-1:] * wide for row in picture.rows]
    rows += [rows[-1]] * high
    return (
        [[luma[value] for value in row] for row in rows],
        [[blue[value] for value in row[::2]] for row in rows[::2]],
        [[red[value] for value in row[::2]] for row in rows[::2]],
    )


def _luma(color: Color) -> int:
    return round(color[0] * 0.299 + color[1] * 0.587 + color[2] * 0.114) - 128


def _blue(color: Color) -> int:
    return round(-color[0] * 0.168736 - color[1] * 0.331264 + color[2] * 0.5)


def _red(color: Color) -> int:
    return round(color[0] * 0.5 - color[1] * 0.418688 - color[2] * 0.081312)


def _padding(size: int) -> bytes:
    """Make comment segments of so many bytes in all; a rest too short for one becomes fill bytes."""
    out = bytearray()
    while size - len(out) >= 4:
        length = min(65535, size - len(out) - 2)
        out += b"\xff\xfe" + struct.pack(">H", length) + b" " * (length - 2)
    return bytes(out) + b"\xff" * max(0, size - len(out))


def _huffman(counts: bytes, symbols: bytes) -> dict[int, str]:
    codes: dict[int, str] = {}
    code, place = 0, 0
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            codes[symbols[place]] = format(code, f"0{length}b")
            code, place = code + 1, place + 1
        code <<= 1
    return codes


def _vli(value: int) -> str:
    size = abs(value).bit_length()
    return format(value if value > 0 else value + (1 << size) - 1, f"0{size}b") if size else ""


def _zigzag_order() -> list[int]:
    """List the places of a block along its diagonals, up and down in turn."""
    return sorted(range(64), key=lambda p: (p // 8 + p % 8, p // 8 if (p // 8 + p % 8) % 2 else p % 8))


_ZIGZAG = _zigzag_order()
_DC = [_huffman(counts, _DC_SYMBOLS) for counts in _DC_COUNTS]
_AC = [_huffman(counts, symbols) for counts, symbols in zip(_AC_COUNTS, _AC_SYMBOLS, strict=True)]
_VLI = {value: _vli(value) for value in range(-2047, 2048)}
