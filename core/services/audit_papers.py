"""What leaves the house of the audit: signed checkpoints, proofs of single purchases, an auditor's copy.

It reads; the audit itself is written by whoever changes something.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..audit.chain import canonical_bytes, read_entries
from ..audit.proofs import EntryProof, prove, read_copy
from ..audit.signing import SignedCheckpoint, is_signed, make_key, sign
from ..audit.verify import ChainReport, verify
from ..clock import Clock
from ..credentials.port import CredentialStore
from ..errors import AuditError, UserInputError
from ..ledger.port import Ledger

SECRET_OF = "audit"  # noqa: S105 - the name of a place
FIELD = "signing-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPapers:
    """Makes them. ``ledger_name`` tells ledgers apart in what is signed: a path or an address."""

    ledger: Ledger
    credentials: CredentialStore
    clock: Clock
    ledger_name: str

    def verify(
        self, kept: Iterable[SignedCheckpoint] = (), *, key: str = "", copy: Iterable[str] | None = None
    ) -> ChainReport:
        """Verify the audit, or an auditor's ``copy`` of it, also against checkpoints kept elsewhere.

        Raises AuditError for a checkpoint that was not signed with ``key`` (empty: with its own), and for a
        line of the copy that is no entry.
        """
        checkpoints = []
        for signed in kept:
            if not is_signed(signed, public_key=key or signed.public_key):
                raise AuditError(
                    "The checkpoint was not signed with this key, so it proves nothing.",
                    code="audit.not_signed",
                )
            checkpoints.append(signed.checkpoint)
        if copy is None:
            return self.ledger.verify_audit(checkpoints)
        return verify(read_copy(copy), checkpoints=checkpoints)

    def checkpoint(self) -> SignedCheckpoint:
        """Verify the audit, note its size and root here, and return that signed.

        The key is made at the first time and stays in the keyring. Raises AuditError when the audit is not
        whole: what is signed has been looked at.
        """
        report = self.ledger.verify_audit()
        if not report.ok:
            raise AuditError(
                f"The audit is not whole, so nothing was signed: {report.problems[0].message}",
                code="audit.broken",
            )
        checkpoint = self.ledger.write_checkpoint(at=self.clock.now())
        secret = self.credentials.read(SECRET_OF, FIELD)
        if secret is None:
            secret = make_key()
            self.credentials.write(SECRET_OF, FIELD, secret)
        return sign(checkpoint, ledger=self.ledger_name, secret=secret)

    def prove(self, subject: str) -> tuple[EntryProof, ...]:
        """Prove every entry about a subject: an order, a grant, a quote, or an entry's own number.

        Raises UserInputError when the audit has nothing about it.
        """
        # Read twice rather than held: an audit can have millions of entries.
        wanted = [
            entry.sequence
            for entry in read_entries(self.ledger)
            if subject in {entry.event.subject, str(entry.sequence)}
            or any(value == subject for _, value in entry.event.details)
        ]
        if not wanted:
            raise UserInputError(
                f"The audit has nothing about {subject!r}. Give an order's or license's id, as `clearance "
                "orders` and `clearance library` show it.",
                code="audit.nothing_about",
            )
        return prove(read_entries(self.ledger), wanted)

    def lines(self) -> Iterator[str]:
        """Yield all entries as lines of JSON: the bytes that were hashed, and the hash."""
        for entry in read_entries(self.ledger):
            text = canonical_bytes(entry.event, sequence=entry.sequence, prev_sha256=entry.prev_sha256)
            facts = {**json.loads(text), "entry_sha256": entry.entry_sha256}
            yield json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
