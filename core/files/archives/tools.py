"""7z, RAR and rare zips through a tool that is installed: bsdtar, 7-Zip or unrar. None is ever downloaded.

bsdtar (``tar`` on Windows and macOS) is asked to turn the archive into a tar stream, which our own reader
judges and writes: the tool itself writes nothing. 7-Zip and unrar list first, then unpack into an empty
folder inside the job's; listing and result go through the same checks as a zip's.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from ...errors import DownloadRefused
from .job import MIB, Job, Member
from .names import refuse
from .tar import unpack_tar_stream

_LISTING_LIMIT = 64 * MIB
_POLL_S = 0.2
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_HINTS = {
    "7z": "Install 7-Zip (7zz) or libarchive's bsdtar, or unpack it yourself.",
    "rar": "Install 7-Zip (7zz), unrar or libarchive's bsdtar, or unpack it yourself.",
    "zip": "Install 7-Zip (7zz), or unpack it yourself.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """How tools are found and started."""

    which: Callable[[str], str | None] = shutil.which
    environment: Mapping[str, str] | None = None
    """None: that of this process."""

    def variables(self) -> dict[str, str]:
        """Return the environment for a tool: names in UTF-8, messages in English."""
        base = os.environ if self.environment is None else self.environment
        return {**base, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


class _ToolError(Exception):
    """A tool could not read the archive; the argument is what it said."""


def unpack_with_tool(path: Path, job: Job, *, kind: str, tools: Tools) -> None:
    """Unpack with the first tool that can; raise DownloadRefused with a sentence when there is none."""
    said = ""
    for unpack in _ways(kind, tools):
        written = len(job.files)
        try:
            unpack(path.resolve(), job)
        except _ToolError as error:
            said = str(error)
            if len(job.files) > written or job.meter.written:
                break
        else:
            return
    if "ncrypt" in said or "assphrase" in said or "assword" in said:
        raise refuse(
            "it is locked with a password. Ask the seller for a file without one, or unpack it yourself.",
            code="download.archive_encrypted",
        )
    if said:
        raise refuse(
            "it is damaged, locked, or packed in a way that the tool here does not know.", said=said[:200]
        )
    raise DownloadRefused(
        f"No tool that can unpack this {kind.upper()} archive was found. {_HINTS[kind]}",
        code="download.no_archive_tool",
        context={"kind": kind},
    )


def can_unpack(kind: str, tools: Tools) -> bool:
    """Say whether there is a tool for ``7z`` or ``rar``."""
    return next(_ways(kind, tools), None) is not None


def _ways(kind: str, tools: Tools) -> Iterator[Callable[[Path, Job], None]]:
    if kind != "zip":
        for name in ("bsdtar", "tar"):
            if (program := tools.which(name)) and (name == "bsdtar" or _is_bsdtar(program, tools)):
                yield partial(_stream, program, tools)
                break
    for name in ("7zz", "7z", "7za"):
        if program := tools.which(name):
            yield partial(_list_and_unpack, _SevenZip(program), tools)
            break
    if kind == "rar" and (program := tools.which("unrar")):
        yield partial(_list_and_unpack, _Unrar(program), tools)


def _is_bsdtar(program: str, tools: Tools) -> bool:
    try:
        return "bsdtar" in _output([program, "--version"], tools)
    except _ToolError:
        return False


def _stream(program: str, tools: Tools, path: Path, job: Job) -> None:
    with _running([program, "-cf", "-", "--format", "pax", f"@{path}"], tools) as (process, output, said):
        try:
            unpack_tar_stream(output, job)
        except DownloadRefused as error:
            if error.code != "download.archive_damaged":
                raise
            raise _ToolError(said() or str(error)) from None
        _drain(output)
        if process.wait() != 0:
            raise _ToolError(said())


def _drain(stream: IO[bytes]) -> None:
    while stream.read(MIB):
        continue


class _SevenZip:
    """7-Zip's arguments, and its technical listing: blocks of ``Key = value``, one block a member."""

    def __init__(self, program: str) -> None:
        self._program = program

    def listing(self, path: Path) -> list[str]:
        return [self._program, "l", "-slt", "-ba", "-sccUTF-8", "-pnone", "--", str(path)]

    def unpack(self, path: Path, folder: Path) -> list[str]:
        return [self._program, "x", "-y", "-bd", "-pnone", f"-o{folder}", "--", str(path)]

    def read(self, text: str) -> Iterator[Member]:
        for block in text.replace("\r\n", "\n").split("\n\n"):
            facts = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
            if "Path" not in facts:
                continue
            if facts.get("Encrypted") == "+":
                raise _ToolError("Encrypted")
            mode = facts.get("Attributes", "").split(" ")[-1]
            if facts.get("Symbolic Link") or facts.get("Hard Link") or mode.startswith(("l", "h")):
                raise refuse("it holds a link.", code="download.archive_link")
            if mode.startswith(("c", "b", "p", "s")):
                raise refuse("it holds something that is neither file nor folder.")
            is_folder = facts.get("Folder") == "+" or facts.get("Attributes", "").startswith("D")
            yield Member(raw_name=facts["Path"], size=_number(facts.get("Size", "")), is_folder=is_folder)


class _Unrar:
    """RARLAB's unrar: its arguments, and its technical listing: blocks of ``Key: value``."""

    def __init__(self, program: str) -> None:
        self._program = program

    def listing(self, path: Path) -> list[str]:
        return [self._program, "lt", "-p-", "-scu", "--", str(path)]

    def unpack(self, path: Path, folder: Path) -> list[str]:
        return [self._program, "x", "-y", "-p-", "-ol-", "--", str(path), f"{folder}{os.sep}"]

    def read(self, text: str) -> Iterator[Member]:
        for block in text.replace("\r\n", "\n").split("\n\n"):
            pairs = (line.strip().split(": ", 1) for line in block.splitlines() if ": " in line)
            facts = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
            if "Name" not in facts:
                continue
            if "encrypted" in facts.get("Flags", ""):
                raise _ToolError("encrypted")
            kind = facts.get("Type", "File")
            if kind not in ("File", "Directory"):
                raise refuse(
                    "it holds a link or something that is neither file nor folder.",
                    code="download.archive_link",
                )
            yield Member(
                raw_name=facts["Name"], size=_number(facts.get("Size", "")), is_folder=kind == "Directory"
            )


def _number(text: str) -> int:
    return int(text) if text.isdigit() else -1


def _list_and_unpack(tool: _SevenZip | _Unrar, tools: Tools, path: Path, job: Job) -> None:
    members = list(tool.read(_output(tool.listing(path), tools)))
    if not members:
        raise _ToolError("nothing in it")
    checker = Job(job.folder, job.meter)  # judges the listing; the names of the result are judged again below
    checker.plan(members)
    job.check_space(sum(max(member.size, 0) for member in members))
    folder = Path(tempfile.mkdtemp(prefix="tool-", dir=job.folder.parent))
    try:
        with _running(tool.unpack(path, folder), tools, keep_output=False) as (process, _output_closed, said):
            while process.poll() is None:
                job.meter.stop_if_cancelled()
                _measure(folder, job)
                time.sleep(_POLL_S)
            if process.returncode != 0:
                raise _ToolError(said())
        _measure(folder, job)
        _take_over(folder, job)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(folder: Path, job: Job) -> None:
    """Refuse while the tool is still writing, when more comes out than may."""
    size = 0
    for parent, _folders, files in os.walk(folder):
        for name in files:
            try:
                size += os.lstat(Path(parent, name)).st_size
            except FileNotFoundError:  # the tool renames while it works
                continue
    if size + job.meter.written > job.meter.allowed:
        raise refuse(
            "it unpacks to more than is allowed.", code="download.archive_bomb", limit=job.meter.allowed
        )


def _take_over(folder: Path, job: Job) -> None:
    """Judge what the tool wrote and move it under our own names."""
    for parent, folders, files in os.walk(folder):
        for name in sorted(folders) + sorted(files):
            found = Path(parent, name)
            facts = found.lstat()
            if not (stat.S_ISDIR(facts.st_mode) or (stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1)):
                raise refuse(
                    "it holds a link or something that is neither file nor folder.",
                    code="download.archive_link",
                )
            is_folder = stat.S_ISDIR(facts.st_mode)
            target = job.names.take(found.relative_to(folder).as_posix(), is_folder=is_folder)
            if target is None:
                continue
            if is_folder:
                job.make_folder(target)
                continue
            job.meter.add_bytes(facts.st_size, member=facts.st_size, name=name)
            place = job.folder / target
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            job.files.append(found.rename(place))


def _output(arguments: list[str], tools: Tools) -> str:
    with _running(arguments, tools) as (process, output, said):
        text = output.read(_LISTING_LIMIT + 1)
        if len(text) > _LISTING_LIMIT:
            raise refuse("its table of contents is too large.", code="download.archive_bomb")
        if process.wait() != 0:
            raise _ToolError(said() or text[-500:].decode("utf-8", "replace"))
    return text.decode("utf-8", "replace")


@contextmanager
def _running(
    arguments: list[str], tools: Tools, *, keep_output: bool = True
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], Callable[[], str]]]:
    """Run a tool, and end it whatever happens; with its output, and what it said on its error channel."""
    with tempfile.TemporaryFile() as errors:

        def said() -> str:
            errors.seek(0)
            return errors.read(2000).decode("utf-8", "replace").strip()

        try:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, the file's absolute path last
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if keep_output else subprocess.DEVNULL,
                stderr=errors,
                env=tools.variables(),
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise _ToolError(error.strerror or "it could not be started") from None
        with process:
            try:
                yield process, process.stdout or io.BytesIO(), said
            finally:
                if process.poll() is None:
                    process.kill()
                if process.stdout is not None:
                    process.stdout.close()
