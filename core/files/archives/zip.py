"""Zip archives: the whole directory is judged before the first byte is unpacked.

Python's zipfile decompresses; what it trusts (the directory's size, offsets that overlap, modes) is checked
here.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .job import Job, Limits, Member
from .names import refuse, show

METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflate", zipfile.ZIP_BZIP2: "bzip2"}
"""Packing methods that are unpacked here. LZMA is not: a member chooses how much memory its decoder takes."""
_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_BYTES_PER_MEMBER = 512
_ENCRYPTED, _STRONG, _UTF8, _MASKED = 0x1, 0x40, 0x800, 0x2000
_UNICODE_PATH = 0x7075
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, IndexError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


class MethodUnknownError(Exception):
    """A member is packed in a way that only an external tool knows; the argument says which."""


def read_listing(path: Path, limits: Limits) -> list[Member]:
    """Return the members of a zip after all checks that need no unpacking but those on names and sums."""
    with _opened(path, limits) as (archive, file):
        infos = _checked(archive, file, limits)
        return [_member(info) for info in infos]


def unpack_zip(path: Path, job: Job) -> None:
    """Unpack into the job's folder. Raises DownloadRefused, MethodUnknownError before anything is written."""
    with _opened(path, job.meter.limits) as (archive, file):
        infos = _checked(archive, file, job.meter.limits)
        if unknown := {info.compress_type for info in infos} - METHODS.keys():
            raise MethodUnknownError(f"method {min(unknown)}")
        members = [_member(info) for info in infos]
        targets = job.plan(members)
        job.check_space(sum(member.size for member in members))
        for info, member, target in zip(infos, members, targets, strict=True):
            if target is None:
                continue
            if member.is_folder:
                job.make_folder(target)
                continue
            with _damage_explained(member.raw_name), archive.open(info) as source:
                job.write(target, source.read, declared=member.size)


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[tuple[zipfile.ZipFile, IO[bytes]]]:
    with path.open("rb") as file:
        _check_directory_size(file, limits)
        file.seek(0)
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN:
            raise refuse("it is damaged or was cut off.", code="download.archive_damaged") from None
        with archive:
            yield archive, file


def _check_directory_size(file: IO[bytes], limits: Limits) -> None:
    """Bound what zipfile will read into memory: it takes the directory's size from the file's end."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise refuse(
            "it is damaged or was cut off: its directory is missing.", code="download.archive_damaged"
        )
    entries, directory = struct.unpack_from("<HI", tail, at + 10)
    locator = at - 20
    if locator >= 0 and tail[locator : locator + 4] == _LOCATOR64:
        record = tail.rfind(_END64, 0, locator)
        if record >= 0 and locator - record >= 56:
            entries, directory = struct.unpack_from("<QQ", tail, record + 32)
    allowed = limits.members * _BYTES_PER_MEMBER + 65_536
    if entries > limits.members or directory > min(allowed, size):
        raise refuse(
            f"it holds more than {limits.members:,} files, or says so.",
            code="download.archive_bomb",
            entries=entries,
            directory=directory,
        )


def _checked(archive: zipfile.ZipFile, file: IO[bytes], limits: Limits) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > limits.members:
        raise refuse(f"it holds more than {limits.members:,} files.", code="download.archive_bomb")
    for info in infos:
        _check_kind(info)
    _check_overlaps(infos, file)
    return infos


def _check_kind(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if info.flag_bits & (_ENCRYPTED | _STRONG | _MASKED):
        raise refuse(
            "it is locked with a password. Ask the seller for a file without one, or unpack it yourself.",
            code="download.archive_encrypted",
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise refuse(f"it holds a link ({show(name)}).", code="download.archive_link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse(f"it holds something that is neither file nor folder ({show(name)}).")
    if info.file_size < 0 or info.compress_size < 0 or info.header_offset < 0:
        raise refuse("it is damaged.", code="download.archive_damaged")


def _check_overlaps(infos: list[zipfile.ZipInfo], file: IO[bytes]) -> None:
    """Refuse members that share bytes: so a few kilobytes are made to unpack to terabytes."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise refuse("files in it overlap each other.", code="download.archive_bomb")
        file.seek(info.header_offset)
        header = file.read(30)
        if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
            raise refuse("it is damaged.", code="download.archive_damaged")
        name_length, extra_length = struct.unpack_from("<HH", header, 26)
        end = info.header_offset + 30 + name_length + extra_length + info.compress_size


def _member(info: zipfile.ZipInfo) -> Member:
    name = _real_name(info)
    is_folder = name.endswith(("/", "\\")) or stat.S_IFMT(info.external_attr >> 16) == stat.S_IFDIR
    return Member(raw_name=name, size=0 if is_folder else info.file_size, is_folder=is_folder)


def _real_name(info: zipfile.ZipInfo) -> str:
    """Return a name as it was meant: zipfile reads those without the UTF-8 flag as code page 437.

    macOS writes UTF-8 without the flag; Info-ZIP adds an extra field with the Unicode name (APPNOTE 4.6.9).
    """
    name = info.orig_filename
    if info.flag_bits & _UTF8:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for kind, data in _extra_fields(info.extra):
        if (
            kind == _UNICODE_PATH
            and len(data) > 5
            and data[0] == 1
            and data[1:5] == struct.pack("<I", zlib.crc32(raw))
        ):
            return data[5:].decode("utf-8", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return name


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


@contextmanager
def _damage_explained(name: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise refuse(
            f"{show(name)} in it is damaged.", code="download.archive_damaged", reason=type(error).__name__
        ) from None
