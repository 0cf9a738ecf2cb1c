"""The rights record as ``<file>.rights.json``: its published form, its schema, and reading it back.

Imports pydantic: load it only to read or write one, and not on a host's main thread. Anybody can write such a
file, so nothing of it is believed before it is checked, and the ledger alone proves a license.

``python -m core.rights.sidecar docs/rights.schema.json`` writes the schema file.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import UserInputError
from ..stamp_format import MAX_CREDIT_LENGTH, MAX_FIELD_LENGTH, Stamp, decode, encode
from .record import UNDECLARED, Content, Details, FileMark, RightsLicense, RightsRecord, Run

SCHEMA = 1
SCHEMA_ID = "https://clearance.invalid/rights.schema.json"
"""An identifier, not an address: ``.invalid`` never resolves (RFC 2606)."""
ENDING = ".rights.json"
MAX_BYTES = 64 * 1024 * 1024
"""A scene of 10,000 objects makes some 3 MB. What is larger than this was not written by us."""
MAX_NAME = 1024

_Name = Annotated[str, Field(max_length=MAX_NAME)]
_Text = Annotated[str, Field(max_length=2000)]
_Field = Annotated[str, Field(max_length=MAX_FIELD_LENGTH)]
_Count = Annotated[int, Field(ge=0, le=2**40)]
_Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToolModel(_Model):
    """What wrote the record."""

    name: str = Field(default="Clearance", max_length=100)
    version: str = Field(max_length=100)


class FileModel(_Model):
    """A file, as it was when the record was written."""

    name: _Name = Field(description="Relative to the folder of the record")
    size: _Count = Field(description="In bytes")
    sha256: _Hash


class LicenseModel(_Model):
    """One license in the file: its stamp, and what the marketplace's own page says."""

    grant_id: _Field = Field(description="Opaque; the ledger of whoever bought it knows the rest")
    marketplace: _Field
    listing_id: _Field
    license_id: _Field
    terms_sha256: _Field = Field(description="Of the reading of the terms that was kept with the purchase")
    credit: str = Field(max_length=MAX_CREDIT_LENGTH, description="The public credit line; may be empty")
    marketplace_name: _Text = ""
    title: _Text = ""
    author: _Text = ""
    license_label: _Text = ""
    terms_url: _Text = ""


class ContentModel(_Model):
    """A data-block of the file that is under a license, at least in part."""

    id_type: str = Field(max_length=63, description="Blender's name for its type, such as MESH")
    name: _Name
    stamp: int | None = Field(ge=0, description="Index of the license that its stamp names; null: no stamp")
    faces: list[tuple[int, _Count, _Count]] = Field(
        default_factory=list,
        max_length=5_000_000,
        description=(
            "For a mesh, from its first face on: [index of the license or -1 for none, number of faces, "
            "number of triangles that these make]"
        ),
    )
    vertices: _Count = 0
    data: _Name = Field(default="", description="For an object: the name of its data")
    alias: _Name = Field(default="", description="For an image: the name of its file")


class RightsModel(_Model):
    """What an exported file is made of, and under which licenses."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, title="Rights of an exported file", populate_by_name=True
    )

    schema_number: int = Field(alias="schema", ge=SCHEMA, le=SCHEMA, description="Number of this schema")
    tool: ToolModel
    host: str = Field(max_length=200)
    made_at: datetime
    format: str = Field(max_length=20, description="The file's ending, without the dot")
    file: FileModel | None = Field(description="null in a record that is inside the file itself")
    companions: list[FileModel] = Field(
        default_factory=list, max_length=100_000, description="What belongs to the file and lies beside it"
    )
    is_merged: bool = Field(
        default=False, description="The file has one mesh for all objects; contents are in its order"
    )
    licenses: list[LicenseModel] = Field(max_length=100_000)
    contents: list[ContentModel] = Field(max_length=1_000_000)
    undeclared: _Count = Field(description="How many more data-blocks of the file nobody declared")
    credits: list[str] = Field(max_length=100_000, description="The credit lines, each once")


def name_for(file_name: str) -> str:
    """Return the name of the record that belongs beside a file."""
    return f"{file_name}{ENDING}"


def render(record: RightsRecord) -> str:
    """Write a record as JSON that follows ``docs/rights.schema.json``."""
    model = _to_model(record)
    return json.dumps(model.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=1) + "\n"


def render_short(record: RightsRecord) -> str:
    """Write a record as one line, for a place inside a file."""
    model = _to_model(record)
    return json.dumps(model.model_dump(mode="json", by_alias=True), ensure_ascii=False, separators=(",", ":"))


def parse(text: str | bytes, *, name: str) -> RightsRecord:
    """Read a record back; raise UserInputError (``rights.…``) for anything that is not one.

    ``name`` is what the error calls it.
    """
    if len(text) > MAX_BYTES:
        raise _refuse(name, "it is larger than such a file can be")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _refuse(name, "it is not JSON") from None
    if not isinstance(data, dict):
        raise _refuse(name, "it is not JSON of the right form")
    number = data.get("schema")
    if isinstance(number, int) and not isinstance(number, bool) and number > SCHEMA:
        raise UserInputError(
            f"{name} was written by a newer Clearance; update the extension. Nothing was changed.",
            code="rights.newer",
            context={"schema": min(number, 2**31)},
        )
    try:
        return _from_model(RightsModel.model_validate_json(text, strict=True))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"][:4])
        raise _refuse(name, f"{place}: {first['msg']}"[:300] if place else str(first["msg"])[:300]) from None


def make_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of :func:`render`'s output."""
    schema = RightsModel.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}


def render_schema() -> str:
    """Write the schema as it stands in ``docs/rights.schema.json``."""
    return json.dumps(make_schema(), indent=2, sort_keys=True) + "\n"


def _refuse(name: str, why: str) -> UserInputError:
    return UserInputError(
        f"{name} is no rights file that Clearance can read ({why}). Nothing was changed.",
        code="rights.damaged",
    )


def _to_model(record: RightsRecord) -> RightsModel:
    return RightsModel(
        schema_number=SCHEMA,
        tool=ToolModel(version=record.tool_version),
        host=_safe(record.host),
        made_at=record.made_at,
        format=record.format,
        file=_file(record.file) if record.file is not None else None,
        companions=[_file(mark) for mark in record.companions],
        is_merged=record.is_merged,
        licenses=[
            LicenseModel(
                grant_id=each.stamp.grant_id,
                marketplace=each.stamp.marketplace,
                listing_id=each.stamp.listing_id,
                license_id=each.stamp.license_id,
                terms_sha256=each.stamp.terms_sha256,
                credit=each.stamp.credit,
                marketplace_name=_safe(each.details.marketplace_name)[:2000],
                title=_safe(each.details.title)[:2000],
                author=_safe(each.details.author)[:2000],
                license_label=_safe(each.details.license_label)[:2000],
                terms_url=_safe(each.details.terms_url)[:2000],
            )
            for each in record.licenses
        ],
        contents=[
            ContentModel(
                id_type=content.id_type,
                name=_safe(content.name)[:MAX_NAME],
                stamp=content.stamp,
                faces=[(run.license, run.faces, run.triangles) for run in content.runs],
                vertices=content.vertices,
                data=_safe(content.data)[:MAX_NAME],
                alias=_safe(content.alias)[:MAX_NAME],
            )
            for content in record.contents
        ],
        undeclared=record.undeclared,
        credits=list(record.credits),
    )


def _file(mark: FileMark) -> FileModel:
    return FileModel(name=_safe(mark.name), size=mark.size, sha256=mark.sha256)


def _from_model(model: RightsModel) -> RightsRecord:
    licenses = tuple(_read_license(each) for each in model.licenses)
    count = len(licenses)
    for content in model.contents:
        indexes = [index for index, _faces, _triangles in content.faces if index != UNDECLARED]
        if content.stamp is not None:
            indexes.append(content.stamp)
        if any(not 0 <= index < count for index in indexes):
            raise _refuse("The rights file", "it names a license that is not in it")
    return RightsRecord(
        tool_version=model.tool.version,
        host=model.host,
        made_at=model.made_at,
        format=model.format,
        licenses=licenses,
        contents=tuple(
            Content(
                id_type=content.id_type,
                name=content.name,
                stamp=content.stamp,
                runs=tuple(Run(*run) for run in content.faces),
                vertices=content.vertices,
                data=content.data,
                alias=content.alias,
            )
            for content in model.contents
        ),
        undeclared=model.undeclared,
        is_merged=model.is_merged,
        file=_mark(model.file) if model.file is not None else None,
        companions=tuple(_mark(each) for each in model.companions),
    )


def _read_license(model: LicenseModel) -> RightsLicense:
    stamp = Stamp(
        grant_id=model.grant_id,
        marketplace=model.marketplace,
        listing_id=model.listing_id,
        license_id=model.license_id,
        terms_sha256=model.terms_sha256,
        credit=model.credit,
    )
    try:
        # What comes out can be written on data-blocks: it went through the stamp's own checks both ways.
        stamp = decode(encode(stamp))
    except ValueError:
        raise _refuse("The rights file", "one of its licenses is damaged") from None
    return RightsLicense(
        stamp=stamp,
        details=Details(
            marketplace_name=model.marketplace_name,
            title=model.title,
            author=model.author,
            license_label=model.license_label,
            terms_url=model.terms_url,
        ),
    )


def _mark(model: FileModel) -> FileMark:
    return FileMark(name=model.name, size=model.size, sha256=model.sha256)


def _safe(text: str) -> str:
    """Replace lone surrogates (undecodable file names have them), which JSON's UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render_schema(), encoding="utf-8")
