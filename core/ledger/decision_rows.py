"""Resolutions, declarations and fingerprints to rows and back, exactly: see :mod:`.rows`."""

from __future__ import annotations

from ..ids import hash_grant_id
from ..model.declaration import Declaration, Origin
from ..model.fingerprint import ContentKind, KnownContent
from ..model.resolution import Resolution, ResolutionKind
from .codecs import Columns, Row, decode_moment, decode_optional, encode_moment, encode_optional


def resolution_columns(resolution: Resolution) -> Columns:
    """Write a resolution."""
    return {
        "id": resolution.id,
        "kind": str(resolution.kind),
        "rule": resolution.rule,
        "subject": resolution.subject,
        "reason": resolution.reason,
        "author": resolution.author,
        "decided_at": encode_moment(resolution.decided_at),
        "evidence_sha256": resolution.evidence_sha256,
        "ends_at": encode_optional(resolution.ends_at),
        "project": resolution.project,
        "terms_sha256": resolution.terms_sha256,
    }


def read_resolution(row: Row) -> Resolution:
    """Read a resolution."""
    return Resolution(
        id=row["id"],
        kind=ResolutionKind(row["kind"]),
        rule=row["rule"],
        subject=row["subject"],
        reason=row["reason"],
        author=row["author"],
        decided_at=decode_moment(row["decided_at"]),
        evidence_sha256=row["evidence_sha256"],
        ends_at=decode_optional(row["ends_at"]),
        project=row["project"],
        terms_sha256=row["terms_sha256"],
    )


def declaration_columns(declaration: Declaration) -> Columns:
    """Write a declaration."""
    return {
        "id": declaration.id,
        "origin": str(declaration.origin),
        "title": declaration.title,
        "declared_by": declaration.declared_by,
        "declared_at": encode_moment(declaration.declared_at),
        "reason": declaration.reason,
        "author": declaration.author,
        "license": declaration.license,
        "source_url": declaration.source_url,
        "credit": declaration.credit,
        "evidence_sha256": declaration.evidence_sha256,
        "project": declaration.project,
        "client": declaration.client,
        "withdrawn_at": encode_optional(declaration.withdrawn_at),
        "face_number": hash_grant_id(declaration.id),
    }


def read_declaration(row: Row) -> Declaration:
    """Read a declaration."""
    return Declaration(
        id=row["id"],
        origin=Origin(row["origin"]),
        title=row["title"],
        declared_by=row["declared_by"],
        declared_at=decode_moment(row["declared_at"]),
        reason=row["reason"],
        author=row["author"],
        license=row["license"],
        source_url=row["source_url"],
        credit=row["credit"],
        evidence_sha256=row["evidence_sha256"],
        project=row["project"],
        client=row["client"],
        withdrawn_at=decode_optional(row["withdrawn_at"]),
    )


def content_columns(content: KnownContent) -> Columns:
    """Write a fingerprint."""
    return {
        "grant_id": content.grant_id,
        "kind": str(content.kind),
        "name": content.name,
        "code": content.code,
    }


def read_content(row: Row) -> KnownContent:
    """Read a fingerprint."""
    return KnownContent(
        grant_id=row["grant_id"], kind=ContentKind(row["kind"]), name=row["name"], code=row["code"]
    )
