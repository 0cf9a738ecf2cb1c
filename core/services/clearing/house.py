"""A studio's own rules and what was decided about findings: where they are kept, and what holds today.

A file that is damaged is never passed over: unreadable rules stand against everything, unreadable resolutions
resolve nothing, and both are said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import UserInputError
from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue
from ...model.declaration import DECLARED
from ...model.findings import Finding, Severity
from ...model.resolution import Resolution
from ...policy.declared import DECLARED_LICENSES
from ...policy.studio import NO_STUDIO, StudioPolicy
from ...policy.studio_file import parse_studio
from ...settings import Settings
from .resolutions import ResolutionFile

STUDIO_NAME = "studio.toml"
BOOK_NAME = "resolutions.toml"
MAX_RULES_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRules:
    """What the house says beside the licenses: its rules, its decisions, and what is wrong with its files."""

    studio: StudioPolicy = NO_STUDIO
    resolutions: tuple[Resolution, ...] = ()
    notices: tuple[Finding, ...] = ()


NO_HOUSE: HouseRules = HouseRules()


@dataclass(slots=True)
class _Last:
    """The rules as they were read last, so that an unchanged file is not parsed again."""

    text: str = ""
    policy: StudioPolicy = NO_STUDIO


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Reads the house's files and the ledger's resolutions."""

    ledger: Ledger
    catalogue: LicenseCatalogue
    settings: Settings
    _last: _Last = field(default_factory=_Last)

    def about(
        self, subjects: Iterable[str], *, studio: Path | None = None, book: Path | None = None
    ) -> HouseRules:
        """Return what holds for some subjects (grant ids, listings, data-blocks).

        ``studio`` and ``book`` take the place of the house's own files for once. Where those were named by
        hand, UserInputError says what is wrong with them.
        """
        notices: tuple[Finding, ...] = ()
        wanted = frozenset(subjects)
        kept: tuple[Resolution, ...] = ()
        file = ResolutionFile(path=book) if book is not None else self.book()
        if book is not None:
            kept = file.resolutions()
        elif file.path.exists() or self.settings.resolutions_file is not None:
            try:
                kept = file.resolutions(must_exist=True)
            except UserInputError as problem:
                notices = (_unreadable_book(problem),)
        return HouseRules(
            studio=self.read_rules(studio) if studio is not None else self.rules(),
            resolutions=(
                *self.ledger.resolutions_about(wanted),
                *(one for one in kept if one.subject in wanted),
            ),
            notices=notices,
        )

    def rules(self) -> StudioPolicy:
        """Return the studio's rules as they stand; ``problem`` says why they cannot be read."""
        named = self.settings.studio_rules
        path = named or self.settings.data_dir / STUDIO_NAME
        try:
            if named is None and not path.exists():
                return NO_STUDIO
            return self.read_rules(path)
        except (UserInputError, OSError) as problem:
            return StudioPolicy(name=path.name, problem=str(problem))

    def read_rules(self, path: Path) -> StudioPolicy:
        """Read one file of rules; raise UserInputError that names the place of what is wrong."""
        text = read_text(path)
        last = self._last
        if text == last.text and last.policy is not NO_STUDIO:
            return last.policy
        policy = self.parse_rules(text, name=str(path))
        last.text, last.policy = text, policy
        return policy

    def parse_rules(self, text: str, *, name: str) -> StudioPolicy:
        """Read rules, with the licenses and marketplaces that there are."""
        return parse_studio(
            text,
            name=name,
            marketplaces=(*self.catalogue.marketplaces, DECLARED),
            licenses={*(terms.license_id for terms in self.catalogue.all()), *DECLARED_LICENSES},
        )

    def book(self) -> ResolutionFile:
        """Return the file with resolutions beside those in the ledger; it may not be there."""
        return ResolutionFile(path=self.settings.resolutions_file or self.settings.data_dir / BOOK_NAME)


def read_text(path: Path) -> str:
    """Read a file that people write; raise UserInputError when that cannot be done."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_RULES_BYTES + 1)
        if len(data) > MAX_RULES_BYTES:
            raise UserInputError(
                f"{path} is larger than {MAX_RULES_BYTES // 1024**2} MB; that is no file of rules.",
                code="policy.unreadable",
            )
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserInputError(f"{path} cannot be read: {error}.", code="policy.unreadable") from error


def _unreadable_book(problem: UserInputError) -> Finding:
    return Finding(
        rule="policy.resolutions_unreadable",
        severity=Severity.HINT,
        message=f"The file with resolutions cannot be read, so none of them counts: {problem}",
        how_to_fix="Mend the file (“clearance policy check FILE” names the place).",
        final=True,
    )
