"""Finds out whether a chain of audit entries is whole, and if not, where and what was done to it.

Reads the entries as a stream, once, in constant memory. Never repairs anything.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..errors import AuditError
from ..model.audit import GENESIS_SHA256, AuditEntry
from .chain import hash_entry
from .checkpoints import Checkpoint
from .merkle import Frontier

MAX_PROBLEMS = 100
"""Problems that a report holds; the others are only counted."""

MAX_SHIFT = 256
"""How far an entry that was renumbered is looked for around its place."""

_WINDOW = 16


class Tampering(StrEnum):
    """What was done to the chain."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    """The chain agrees with itself but not with a checkpoint: it was computed anew from some point on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainProblem:
    """One finding. ``first`` to ``last`` are the places (sequence numbers) that it is about."""

    kind: Tampering
    first: int
    last: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a verification found. ``size`` is the number of entries that were read."""

    size: int
    root: str
    head_sha256: str
    """Hash of the last entry; the genesis hash for an empty chain."""
    checkpoints: int = 0
    """How many checkpoints the chain was held against."""
    problems: tuple[ChainProblem, ...] = ()
    problem_count: int = 0
    """All problems, those that are not listed included."""

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return self.problem_count == 0


def verify(
    entries: Iterable[AuditEntry],
    *,
    expected_size: int | None = None,
    expected_root: str | None = None,
    checkpoints: Sequence[Checkpoint] = (),
) -> ChainReport:
    """Check a chain, in the order in which it is handed in.

    At least ``expected_size`` entries must be there, and the first ``expected_size`` (or all, when it is not
    given) must have ``expected_root``. Each checkpoint is such a pair; a chain may be longer than it.
    """
    verifier = _Verifier(expected_size=expected_size, expected_root=expected_root, checkpoints=checkpoints)
    return verifier.run(entries)


class _Verifier:
    """The state of one verification."""

    def __init__(
        self, *, expected_size: int | None, expected_root: str | None, checkpoints: Sequence[Checkpoint]
    ) -> None:
        wanted = [(checkpoint.size, checkpoint.root) for checkpoint in checkpoints]
        if expected_size is not None:
            wanted.append((expected_size, expected_root or ""))
        self._wanted = sorted(wanted)
        self._total_root = expected_root if expected_size is None else None
        self._frontier = Frontier()
        self._head = GENESIS_SHA256
        self._expected = 1
        self._shift = 0
        self._missing: list[tuple[int, int]] = []
        self._hashes: OrderedDict[int, str] = OrderedDict({0: GENESIS_SHA256})
        self._problems: list[ChainProblem] = []
        self._count = 0
        self._passed = 0
        self._agreed = 0

    def run(self, entries: Iterable[AuditEntry]) -> ChainReport:
        """Read everything and report."""
        self._pass_checkpoints()
        for entry in entries:
            self._take(entry)
            self._frontier.append(hash_to_leaf(entry.entry_sha256))
            self._head = entry.entry_sha256
            self._pass_checkpoints()
        self._finish()
        return ChainReport(
            size=self._frontier.size,
            root=self._frontier.root().hex(),
            head_sha256=self._head,
            checkpoints=len(self._wanted),
            problems=tuple(sorted(self._problems, key=lambda problem: (problem.first, problem.kind))),
            problem_count=self._count,
        )

    def _take(self, entry: AuditEntry) -> None:
        """Place one entry: by the number that its hash was made with, if there is one."""
        place = entry.sequence
        number = self._true_number(entry)
        if number is None:
            number = place + self._shift
            if number < self._expected:
                self._report_double(place, number)
                return
            self._report(Tampering.EDITED, place, place, f"Entry {place} is not what was written.")
        elif number < self._expected and not self._fill(number):
            self._report_double(place, number)
        elif number < self._expected:
            self._report(Tampering.REORDERED, number, number, f"Entry {number} is not at its place.")
        if number > self._expected and len(self._missing) < MAX_PROBLEMS:
            self._missing.append((self._expected, number - 1))
        self._check_link(number, entry)
        self._expected = max(self._expected, number + 1)
        self._hashes[number] = entry.entry_sha256
        self._hashes.move_to_end(number)
        while len(self._hashes) > _WINDOW:
            self._hashes.popitem(last=False)

    def _true_number(self, entry: AuditEntry) -> int | None:
        """Return the number with which the entry's hash comes out, or None when it was changed."""
        place = entry.sequence
        for shift in dict.fromkeys((0, self._shift)):
            if _hashes_as(entry, place + shift):
                self._shift = shift
                return place + shift
        if self._count >= MAX_PROBLEMS:
            return None
        for distance in range(1, MAX_SHIFT + 1):
            for shift in (distance, -distance):
                if _hashes_as(entry, place + shift):
                    self._shift = shift
                    return place + shift
        return None

    def _check_link(self, number: int, entry: AuditEntry) -> None:
        before = self._hashes.get(number - 1)
        if before is not None and before != entry.prev_sha256:
            self._report(
                Tampering.EDITED,
                max(number - 1, 1),
                number,
                f"Entry {number} does not follow the entry before it: one of the two was changed."
                if number > 1
                else "Entry 1 is not a beginning.",
            )

    def _fill(self, number: int) -> bool:
        """Take a number out of the missing ones; False when it was not missing."""
        for index, (first, last) in enumerate(self._missing):
            if first <= number <= last:
                rest = [(first, number - 1), (number + 1, last)]
                self._missing[index : index + 1] = [gap for gap in rest if gap[0] <= gap[1]]
                return True
        return False

    def _pass_checkpoints(self) -> None:
        """Hold the chain against those checkpoints whose size it has now."""
        while self._passed < len(self._wanted) and self._wanted[self._passed][0] <= self._frontier.size:
            size, root = self._wanted[self._passed]
            self._passed += 1
            if root and root != self._frontier.root().hex():
                if self._count or self._missing:
                    continue  # what is wrong is known already, and more exactly
                first = min(self._agreed + 1, max(size, 1))
                self._report(
                    Tampering.REWRITTEN,
                    first,
                    max(size, first),
                    f"The first {size} entries are not those of the checkpoint that was taken at {size}.",
                )
            else:
                self._agreed = size

    def _finish(self) -> None:
        for first, last in self._missing:
            what = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
            self._report(Tampering.DELETED, first, last, f"{what} missing.")
        size = self._frontier.size
        largest = self._wanted[-1][0] if self._wanted else 0
        if largest >= self._expected:
            self._report(
                Tampering.TRUNCATED,
                self._expected,
                largest,
                f"The chain ends before entry {self._expected}, but it once had {largest} entries.",
            )
        if self._total_root not in (None, self._frontier.root().hex()) and not self._count:
            self._report(
                Tampering.REWRITTEN,
                1,
                max(size, 1),
                "The entries are not those that the expected root stands for.",
            )

    def _report_double(self, place: int, number: int) -> None:
        self._report(
            Tampering.INSERTED, place, place, f"Entry {place} is one too many: number {number} is taken."
        )

    def _report(self, kind: Tampering, first: int, last: int, message: str) -> None:
        if kind is Tampering.EDITED and any(p.kind is kind and p.last == first for p in self._problems[-1:]):
            return  # the entry after a changed one does not follow it: the same finding again
        self._count += 1
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(ChainProblem(kind=kind, first=first, last=last, message=message))


def _hashes_as(entry: AuditEntry, number: int) -> bool:
    """Tell whether the entry's hash is the one it would have under this number."""
    if number < 1:
        return False
    try:
        return hash_entry(entry.event, sequence=number, prev_sha256=entry.prev_sha256) == entry.entry_sha256
    except AuditError:
        return False


def hash_to_leaf(entry_sha256: str) -> bytes:
    """Return the leaf for an entry's hash: its 32 bytes, or the text itself where it is no such hash."""
    try:
        leaf = bytes.fromhex(entry_sha256)
    except ValueError:
        return entry_sha256.encode("utf-8", "surrogatepass")
    return leaf if leaf.hex() == entry_sha256 else entry_sha256.encode("utf-8", "surrogatepass")
