"""Get a grant's files ready to import: unpacked, checked, the main file chosen, the stamp made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import UserInputError
from ...files.choose import VIDEO_FORMATS
from ...files.disk import never_cancelled
from ...files.lasting import LastingFiles
from ...files.optimize import optimize_textures
from ...files.prepare import ReadyImport, prepare_import
from ...files.store import Store, remove_tree
from ...host import Host, ImportPlan
from ...http.cancel import CancelToken
from ...ledger.port import Ledger
from ...model.grant import Grant, GrantFile
from ...model.listing import MediaKind
from ...model.optimize import AS_IT_CAME, Optimize
from ...stamp_format import Stamp, make_stamp
from .hand_out import HandOut

NOT_PACKABLE = (*VIDEO_FORMATS, "abc")
"""What a scene refers to for good: videos, and Alembic files, whose animation is read from the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedImport:
    """Everything the host needs to import and stamp in one step, with no I/O left but reading the file."""

    plan: ImportPlan
    stamp: Stamp
    grant: Grant
    title: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    """Other files of the delivery that could be imported instead, best first; for ``wanted``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanImport:
    """Prepares imports in a worker."""

    ledger: Ledger
    store: Store
    lasting: LastingFiles
    host: Host
    hand_out: HandOut

    def run(
        self,
        grant_id: str,
        *,
        wanted: str = "",
        optimize: Optimize = AS_IT_CAME,
        cancel: CancelToken | None = None,
    ) -> PreparedImport:
        """Return the plan; raise UserInputError (not here, locked), DownloadRefused or ImportRefused.

        Where the license counts seats, the user has one from now on; NotAllowed or UserInputError otherwise.
        ``wanted`` takes another file of the delivery: one of ``PreparedImport.alternatives``. ``optimize`` is
        done to the copy that is imported.
        """
        files = self.ledger.files(grant_id)
        if not files:
            raise UserInputError(
                "The files of this license are not here yet; download them first.", code="import.not_here"
            )
        grant = self.hand_out.take(grant_id)
        ready = prepare_import(
            self.store,
            grant=grant,
            files=files,
            supported_formats=self.host.supported_formats,
            newest_blend=self.host.newest_blend,
            wanted=wanted,
            cancel=cancel,
        )
        if ready.plan.kind is MediaKind.MODEL and not optimize.is_off:
            ready = _optimize(ready, optimize, cancel)
        return PreparedImport(
            plan=self._keep_for_good(ready, grant=grant, files=files, cancel=cancel),
            stamp=make_stamp(grant),
            grant=grant,
            title=grant.title,
            warnings=ready.warnings,
            alternatives=ready.alternatives,
        )

    def _keep_for_good(
        self, ready: ReadyImport, *, grant: Grant, files: Sequence[GrantFile], cancel: CancelToken | None
    ) -> ImportPlan:
        """Return the plan; one for a file that cannot be packed imports it from a folder that stays."""
        plan = ready.plan
        if plan.format not in NOT_PACKABLE:
            return plan
        try:
            place = self.lasting.keep(
                plan.path,
                grant_id=grant.id,
                files=files,
                endings=(plan.format, *VIDEO_FORMATS),
                cancelled=never_cancelled if cancel is None else lambda: cancel.cancelled,
            )
        finally:
            remove_tree(ready.folder)
        return replace(plan, path=place, keep_files_in=place.parent, folder=None)

    def confirm(self, prepared: PreparedImport) -> None:
        """Make sure that what was prepared may still be imported; raise UserInputError with why not."""
        self.hand_out.take(prepared.grant.id)

    def discard(self, prepared: PreparedImport) -> None:
        """Remove the private folder of an import that is over; what the scene needs was packed, or stays."""
        if prepared.plan.folder is not None:
            remove_tree(prepared.plan.folder)


def _optimize(ready: ReadyImport, optimize: Optimize, cancel: CancelToken | None) -> ReadyImport:
    """Make the copy smaller; where the disk does not let us, it is imported as it came."""
    try:
        done = optimize_textures(
            ready.folder,
            ready.plan.path,
            limit=optimize.texture_limit_px,
            merge=optimize.merge_duplicates,
            cancelled=never_cancelled if cancel is None else lambda: cancel.cancelled,
        )
    except OSError as error:
        note = f"The textures could not be made smaller: {error.strerror or type(error).__name__}."
        return replace(ready, warnings=(*ready.warnings, note))
    except BaseException:
        remove_tree(ready.folder)
        raise
    return replace(
        ready,
        plan=replace(ready.plan, optimize=optimize, same_pictures=done.same),
        warnings=(*ready.warnings, *done.notes(optimize.texture_limit_px)),
    )
