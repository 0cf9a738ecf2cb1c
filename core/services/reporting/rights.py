"""Write the rights record beside an exported file, and read one back with the file that it belongs to.

Workers only: whole files are hashed here. But what a host's hook needs at once, the details of licenses,
is two queries by id.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ...clock import Clock
from ...errors import LedgerError, UserInputError
from ...files.disk import Cancelled, hash_file, never_cancelled, stop_if
from ...files.references import resolve_uri, why_outside
from ...http.cancel import CancelToken
from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue
from ...model.audit import AuditEvent
from ...model.declaration import Declaration, Origin, is_declaration_id
from ...model.grant import Grant
from ...policy.declared import make_credit
from ...rights.record import Details, FileMark, RightsRecord
from ...stamp_format import Stamp, make_declared_stamp, make_stamp

MAX_COMPANIONS = 10_000
MAX_GLTF = 512 * 1024 * 1024
"""Bytes of a .gltf that are read to find what belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRights:
    """A record, and the file that it belongs to."""

    path: Path
    """The file to import."""
    rights_path: Path
    record: RightsRecord | None
    """None: there is no rights file beside it."""
    changed: tuple[str, ...] = ()
    """Names of files that are no longer as they were when the record was written, or are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRights:
    """What was written."""

    path: Path
    rights_path: Path
    record: RightsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRights:
    """Records of exported files."""

    ledger: Ledger
    clock: Clock
    catalogue: LicenseCatalogue

    def describe(self, stamps: Collection[Stamp]) -> dict[str, Details]:
        """Return by grant id what the marketplaces' own pages say; what the ledger does not know is left out.

        A ledger that cannot be read is no reason to leave the stamps themselves out: then nothing is added.
        """
        ids = {stamp.grant_id for stamp in stamps}
        try:
            grants = self.ledger.grants_by_id(ids)
            declarations = self.ledger.declarations_by_id(one for one in ids if is_declaration_id(one))
        except LedgerError:
            grants, declarations = {}, {}
        found: dict[str, Details] = {}
        for stamp in stamps:
            grant, declaration = grants.get(stamp.grant_id), declarations.get(stamp.grant_id)
            if declaration is not None:
                found[stamp.grant_id] = _describe_declared(declaration)
            else:
                found[stamp.grant_id] = self._describe_bought(stamp, grant)
        return found

    def find_by_faces(self, numbers: Iterable[int]) -> dict[int, Stamp]:
        """Return the licenses that numbers on mesh faces stand for; one that two share stands for none."""
        wanted = tuple(numbers)
        try:
            grants = self.ledger.grants_by_face(wanted)
            declarations = self.ledger.declarations_by_face(wanted)
        except LedgerError:
            return {}
        found: dict[int, Stamp] = {}
        for number in wanted:
            stamps = [make_stamp(grant) for grant in grants.get(number, ())]
            stamps += [
                make_declared_stamp(one, credit=make_credit(one)) for one in declarations.get(number, ())
            ]
            if len(stamps) == 1:
                found[number] = stamps[0]
        return found

    def _describe_bought(self, stamp: Stamp, grant: Grant | None) -> Details:
        bought_on = (grant.granted_at if grant is not None else self.clock.now()).date()
        terms = self.catalogue.by_id(stamp.license_id, bought_on)
        return Details(
            marketplace_name=self.catalogue.name_of(stamp.marketplace),
            title=grant.title if grant is not None else "",
            author=grant.author if grant is not None else "",
            license_label=(grant.license_label if grant is not None else "")
            or (terms.label if terms else ""),
            terms_url=terms.terms_url if terms is not None else "",
        )

    def write(
        self, draft: RightsRecord, path: Path, *, actor: str, cancel: CancelToken | None = None
    ) -> WrittenRights:
        """Hash an exported file and what belongs to it, and write its record beside it, whole or not at all.

        Raises UserInputError (``rights.no_file``, ``rights.write``), LedgerError, CancelledError.
        """
        from ...rights.sidecar import name_for, render

        cancelled = _asks(cancel)
        with _explained(path):
            mode = stat.S_IMODE(path.stat().st_mode)
            file = _mark(path, path.parent, cancelled=cancelled)
            companions = tuple(
                _mark(each, path.parent, cancelled=cancelled) for each in _find_companions(path)
            )
        details = self.describe([each.stamp for each in draft.licenses])
        record = replace(
            draft,
            made_at=self.clock.now(),
            file=file,
            companions=companions,
            licenses=tuple(
                replace(each, details=details.get(each.stamp.grant_id, each.details))
                for each in draft.licenses
            ),
        )
        target = path.with_name(name_for(path.name))
        _write_whole(render(record), target, mode=mode)
        with self.ledger.transaction() as work:
            work.record(
                AuditEvent(
                    action="export.recorded",
                    subject=path.name,
                    actor=actor,
                    at=record.made_at,
                    details=(
                        ("sha256", file.sha256),
                        ("format", record.format),
                        ("licenses", str(len(record.licenses))),
                        ("undeclared", str(record.undeclared)),
                    ),
                )
            )
        return WrittenRights(path=path, rights_path=target, record=record)

    def read(self, path: Path, *, needs_file: bool = True, cancel: CancelToken | None = None) -> ReadRights:
        """Read the record of a file (or the record itself), and hold the file against it.

        A file without a record gives none. Raises UserInputError: there is no such record (``rights.none``),
        it is damaged or newer (``rights.…``), the file that it belongs to is not there and ``needs_file``
        (``rights.no_file``).
        """
        from ...rights.sidecar import ENDING, MAX_BYTES, name_for, parse

        is_record = path.name.endswith(ENDING) and len(path.name) > len(ENDING)
        rights_path = path if is_record else path.with_name(name_for(path.name))
        try:
            with rights_path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            if not is_record and path.is_file():
                return ReadRights(path=path, rights_path=rights_path, record=None)
            raise UserInputError(
                f"{(rights_path if is_record else path).name} is not there.",
                code="rights.none",
            ) from None
        except OSError as error:
            raise UserInputError(
                f"{rights_path.name} cannot be read: {error.strerror or error}.", code="rights.unreadable"
            ) from error
        record = parse(data, name=rights_path.name)
        model = rights_path.with_name(rights_path.name.removesuffix(ENDING)) if is_record else path
        if not model.is_file() and record.file is not None and _is_plain(record.file.name):
            model = rights_path.with_name(record.file.name)
        if not model.is_file() and needs_file:
            raise UserInputError(
                f"{model.name} is not beside its rights file. Put the two into one folder again.",
                code="rights.no_file",
            )
        changed = self._find_changed(record, model, cancel)
        return ReadRights(path=model, rights_path=rights_path, record=record, changed=changed)

    def _find_changed(self, record: RightsRecord, model: Path, cancel: CancelToken | None) -> tuple[str, ...]:
        cancelled = _asks(cancel)
        changed: list[str] = []
        if record.file is None or not _is_as_marked(model, record.file, cancelled):
            changed.append(model.name)
        for mark in record.companions[:MAX_COMPANIONS]:
            inside = None if why_outside(mark.name) else resolve_uri(mark.name, model.parent)
            if inside is None or not _is_as_marked(inside, mark, cancelled):
                changed.append(mark.name)
        return tuple(changed)


def _asks(cancel: CancelToken | None) -> Cancelled:
    return never_cancelled if cancel is None else lambda: cancel.cancelled


def _describe_declared(declaration: Declaration) -> Details:
    """Say of declared content what its author wants said, and nothing of who declared it and why."""
    if declaration.origin not in {Origin.FREE_LICENSE, Origin.PUBLIC_DOMAIN}:
        return Details()
    return Details(
        title=declaration.title,
        author=declaration.author,
        license_label=declaration.license,
        terms_url=declaration.source_url,
    )


def _mark(path: Path, folder: Path, *, cancelled: Cancelled) -> FileMark:
    return FileMark(
        name=path.relative_to(folder).as_posix(),
        size=path.stat().st_size,
        sha256=hash_file(path, cancelled=cancelled),
    )


def _is_as_marked(path: Path, mark: FileMark, cancelled: Cancelled) -> bool:
    try:
        # The size first: a file of another size need not be read.
        return path.stat().st_size == mark.size and hash_file(path, cancelled=cancelled) == mark.sha256
    except OSError:
        stop_if(cancelled)
        return False


def _find_companions(path: Path) -> list[Path]:
    """Return what an exported file refers to beside it: a glTF's buffers and pictures, an OBJ's materials."""
    match path.suffix.lower():
        case ".gltf":
            return _find_gltf_files(path)
        case ".obj":
            materials = path.with_suffix(".mtl")
            return [materials] if materials.is_file() else []
        case _:
            return []


def _find_gltf_files(path: Path) -> list[Path]:
    if path.stat().st_size > MAX_GLTF:
        return []
    try:
        root = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return []
    found: dict[Path, None] = {}
    for uri in _uris(root):
        if uri.startswith("data:") or why_outside(uri):
            continue
        file = resolve_uri(uri, path.parent)
        if file is not None and file.is_file() and len(found) < MAX_COMPANIONS:
            found[path.parent / file.relative_to(path.parent)] = None
    return list(found)


def _uris(root: object) -> Iterator[str]:
    if isinstance(root, dict):
        for key in ("buffers", "images"):
            items = root.get(key)
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict) and isinstance(item.get("uri"), str):
                    yield item["uri"]


def _is_plain(name: str) -> bool:
    return bool(name) and not why_outside(name) and "/" not in name and "\\" not in name


def _write_whole(text: str, target: Path, *, mode: int) -> None:
    """Write beside the final name, then rename. Whoever may read the exported file may read this one."""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).chmod(mode)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserInputError(
            f"The file was exported, but its rights file could not be written: {error.strerror or error}. "
            "Export again to a folder that can be written to.",
            code="rights.write",
        ) from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserInputError(
            f"{path.name} cannot be read after the export: {error.strerror or error}. Its rights file was "
            "not written.",
            code="rights.no_file",
        ) from error
