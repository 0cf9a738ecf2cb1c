"""Deciding about findings and declaring content: written down in the background, stamped by the host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ..errors import ClearanceError
from ..model.declaration import Declaration, Origin
from ..model.resolution import Resolution, ResolutionKind
from ..model.scene import Handle
from ..services.clearing.declare import Declared
from .part import SessionPart
from .state import Phase, Problem

R = TypeVar("R")


class _Listed(NamedTuple):
    resolutions: tuple[Resolution, ...]
    declarations: tuple[Declaration, ...]


class Deciding(SessionPart):
    """Resolve findings, declare and withdraw, and list both.

    ``on_declared`` is called on the main thread with a declaration and the data-blocks that it is for: the
    host writes its stamp on them, in one undo step. ``on_decided`` is called whenever something was decided,
    declared or withdrawn: a report that is shown is then old.
    """

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.on_declared: Callable[[Declared, tuple[Handle, ...]], None] | None = None
        self.on_decided: Callable[[], None] | None = None

    def resolve_finding(
        self,
        subject: str,
        rule: str,
        *,
        kind: ResolutionKind,
        reason: str,
        evidence: Path | None = None,
        until: date | None = None,
        project: str = "",
        terms_sha256: str = "",
    ) -> None:
        """Record what was decided about a finding of the report."""
        self._decide(
            f"Recording the decision about {rule}",
            lambda: self._services.resolutions.resolve(
                subject,
                rule,
                kind=kind,
                reason=reason,
                actor=self._settings.user,
                evidence=evidence,
                until=until,
                project=project,
                terms_sha256=terms_sha256,
            ),
            lambda _resolution: None,
        )

    def declare(
        self,
        handles: tuple[Handle, ...],
        origin: Origin,
        *,
        title: str,
        reason: str,
        author: str = "",
        license: str = "",  # noqa: A002 - the word users know
        source_url: str = "",
        credit: str = "",
        client: str = "",
        project: str = "",
        evidence: Path | None = None,
    ) -> None:
        """Declare data-blocks; ``on_declared`` then gets the stamp to write on them.

        What names no client and no project is for those of this session.
        """
        if origin is Origin.CLIENT:
            client = client or self.state.use.client or self._settings.client
        self._decide(
            f"Declaring {title}",
            lambda: self._services.declarations.declare(
                origin,
                title=title,
                reason=reason,
                actor=self._settings.user,
                author=author,
                license=license,
                source_url=source_url,
                credit=credit,
                client=client,
                project=project or self._settings.project,
                evidence=evidence,
            ),
            lambda declared: self._stamp(declared, handles),
        )

    def declare_again(self, handles: tuple[Handle, ...], declaration_id: str) -> None:
        """Say that more data-blocks are what was declared before."""
        self._decide(
            "Reading the declaration",
            lambda: self._services.declarations.again(declaration_id),
            lambda declared: self._stamp(declared, handles),
        )

    def withdraw_declaration(self, declaration_id: str, *, reason: str) -> None:
        """Note that a declaration holds no more: what carries it is undeclared."""
        self._decide(
            "Withdrawing the declaration",
            lambda: self._services.declarations.withdraw(
                declaration_id, reason=reason, actor=self._settings.user
            ),
            lambda _declaration: None,
        )

    def list_decisions(self) -> None:
        """Read what was decided and declared."""
        services = self._services

        def done(listed: _Listed) -> None:
            self.state.decisions.resolutions, self.state.decisions.declarations = listed

        self._submit(
            "Reading what was decided and declared",
            lambda: _Listed(services.resolutions.resolutions(), services.declarations.list()),
            done,
        )

    def _stamp(self, declared: Declared, handles: tuple[Handle, ...]) -> None:
        if self.on_declared is not None:
            self.on_declared(declared, handles)

    def _decide(self, title: str, work: Callable[[], R], then: Callable[[R], None]) -> None:
        """Do it, and read the lists again; the hook comes last, when the state is what it will be."""
        services = self._services

        def both() -> tuple[R, _Listed]:
            made = work()
            return made, _Listed(services.resolutions.resolutions(), services.declarations.list())

        def done(found: tuple[R, _Listed]) -> None:
            made, listed = found
            self.state.decisions.resolutions, self.state.decisions.declarations = listed
            then(made)
            if self.on_decided is not None:
                self.on_decided()

        self._submit(title, both, done)

    def _submit(self, title: str, work: Callable[[], R], then: Callable[[R], None]) -> None:
        decisions = self.state.decisions
        decisions.phase, decisions.problem = Phase.BUSY, None

        def done(found: R) -> None:
            decisions.phase = Phase.READY
            then(found)
            self._changed()

        def failed(error: ClearanceError) -> None:
            decisions.phase, decisions.problem = Phase.FAILED, Problem.of(error)
            self._changed()

        self._tasks.submit("decisions", title, lambda _task: work(), on_done=done, on_error=failed)
        self._changed()
