"""The cart: a request that is still put together. No marketplace is asked, and nobody is asked yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ...clock import Clock
from ...errors import UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerTransaction
from ...marketplaces import registry
from ...model.audit import AuditEvent
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.intended_use import IntendedUse
from ...model.people import Project
from ...policy.roles import Act
from ...policy.use_file import encode_use, parse_use
from ...settings import Settings
from ..steps import FindMarketplace
from .cart_file import MAX_WORD, WantedItem, read_cart
from .request_rules import MAX_ITEMS, check_own, find_items, find_request
from .standing import Standing

MAX_REASON = 1_000
ALONE = "own"
"""The project of who works alone and named none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """Puts requests together."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    settings: Settings
    standing: Standing
    find_marketplace: FindMarketplace = registry.find

    def new(self, use: IntendedUse, *, project_id: str = "", reason: str = "") -> BuyRequest:
        """Begin a request for a project (that of the settings, when none is named).

        Raises NotAllowed, UserInputError when there is no such project.
        """
        wanted = project_id or self.settings.project
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.REQUEST, reader=work)
            project = self._find_project(work, wanted, actor)
            self.standing.require(Act.REQUEST, project_id=project, reader=work)
            request = BuyRequest(
                id=self.ids.new("request"),
                project_id=project,
                requested_by=actor,
                reason=clean_text(reason, limit=MAX_REASON),
                use=encode_use(use),
                state=RequestState.DRAFT,
                created_at=now,
                changed_at=now,
            )
            work.add(request)
            work.record(
                AuditEvent(
                    action="request.draft",
                    subject=request.id,
                    actor=actor,
                    at=now,
                    details=(("project", project),),
                )
            )
        return request

    def change(
        self, request_id: str, *, use: IntendedUse | None = None, reason: str | None = None
    ) -> BuyRequest:
        """Say for what, or why, before anybody is asked."""
        with self.ledger.transaction() as work:
            request = self._own_draft(work, request_id)
            changed = work.change(
                replace(
                    request,
                    use=request.use if use is None else encode_use(use),
                    reason=request.reason if reason is None else clean_text(reason, limit=MAX_REASON),
                    changed_at=self.clock.now(),
                )
            )
            self._note(work, "request.changed", request, ())
        return changed

    def add(self, request_id: str, wanted: Iterable[WantedItem]) -> tuple[RequestItem, ...]:
        """Add listings; all of them, or none.

        Raises UserInputError: not a draft of the user's, too many, one that is in it already, a kind that
        the marketplace does not sell.
        """
        items = tuple(wanted)
        now = self.clock.now()
        with self.ledger.transaction() as work:
            request = self._own_draft(work, request_id)
            there = find_items(work, request_id)
            if len(there) + len(items) > MAX_ITEMS:
                raise UserInputError(
                    f"A request has at most {MAX_ITEMS:,} listings; this would be "
                    f"{len(there) + len(items):,}. Make a second one.",
                    code="request.too_long",
                )
            known = {_key(item) for item in there if item.state is not ItemState.LEFT_OUT}
            added = []
            for position, item in enumerate(items, start=len(there) + 1):
                if item.key in known:
                    raise UserInputError(f"{item.ref} is in this request already.", code="request.twice")
                known.add(item.key)
                added.append(self._make(request, item, position))
            for row in added:
                work.add(row)
            work.change(replace(request, changed_at=now))
            self._note(
                work,
                "request.items_added",
                request,
                (("items", str(len(added))), ("first", str(added[0].ref) if added else "")),
            )
        return tuple(added)

    def import_csv(self, request_id: str, data: bytes) -> tuple[RequestItem, ...]:
        """Add every listing of a CSV file, or none; see :func:`.cart_file.read_cart`."""
        infos = {name: registry.find(name).INFO for name in registry.all_ids()}
        return self.add(request_id, read_cart(data, infos))

    def leave_out(self, request_id: str, positions: Iterable[int]) -> tuple[RequestItem, ...]:
        """Take items out of a cart again; they stay in it as left out."""
        with self.ledger.transaction() as work:
            request = self._own_draft(work, request_id)
            left = leave_out(work, request, positions, at=self.clock.now())
            self._note(work, "request.items_left_out", request, _name_positions(left))
        return left

    def again(self, request_id: str) -> BuyRequest:
        """Begin a new request with what an ended one did not get: what failed or was never bought."""
        request = find_request(self.ledger, request_id)
        if request.state not in (RequestState.DONE, RequestState.DECLINED, RequestState.WITHDRAWN):
            raise UserInputError(
                f"This request is {request.state}; change or submit it itself.", code="request.state"
            )
        missing = find_items(self.ledger, request_id, ItemState.FAILED, ItemState.WAITING)
        if not missing:
            raise UserInputError(
                "Nothing of this request is missing: each item was bought, is owned, or was left out.",
                code="request.nothing_missing",
            )
        use = parse_use(request.use, name="the request's use")
        made = self.new(use, project_id=request.project_id, reason=request.reason)
        self.add(
            made.id,
            (
                WantedItem(
                    ref=item.ref,
                    kind=item.kind,
                    title=item.title,
                    license_label=item.license_label,
                    variant=item.variant,
                )
                for item in missing
            ),
        )
        return made

    def _find_project(self, work: LedgerTransaction, wanted: str, actor: str) -> str:
        """Return the project; who has a ledger of their own needs not to have made it before."""
        shared = self.standing.is_shared(work)
        name = clean_text(wanted, limit=100) or ("" if shared else ALONE)
        if not name:
            raise UserInputError("Say for which project.", code="request.no_project")
        project = work.value(Project, name)
        if project is not None and project.active:
            return project.id
        if project is not None or shared:
            raise UserInputError(
                f"There is no project “{name}” that content is bought for. Ask an admin to add it.",
                code="request.no_project",
                context={"project_id": name},
            )
        work.add(Project(id=name, name=name, created_at=self.clock.now(), created_by=actor))
        return name

    def _own_draft(self, work: LedgerTransaction, request_id: str) -> BuyRequest:
        request = find_request(work, request_id)
        actor = self.standing.require(Act.REQUEST, project_id=request.project_id, reader=work)
        check_own(request, actor)
        if request.state is not RequestState.DRAFT:
            raise UserInputError(
                f"This request is {request.state}; only a draft is changed. Begin a new one.",
                code="request.state",
                context={"request_id": request_id, "state": request.state},
            )
        return request

    def _make(self, request: BuyRequest, wanted: WantedItem, position: int) -> RequestItem:
        info = self.find_marketplace(wanted.ref.marketplace).INFO
        if wanted.kind not in info.kinds:
            raise UserInputError(f"{info.name} sells no {wanted.kind} here.", code="order.kind")
        return RequestItem(
            id=self.ids.new("item"),
            request_id=request.id,
            position=position,
            ref=wanted.ref,
            kind=wanted.kind,
            title=clean_text(wanted.title, limit=300) or str(wanted.ref),
            license_label=clean_text(wanted.license_label, limit=MAX_WORD),
            variant=clean_text(wanted.variant, limit=MAX_WORD),
            state=ItemState.WAITING,
            changed_at=self.clock.now(),
        )

    def _note(
        self,
        work: LedgerTransaction,
        action: str,
        request: BuyRequest,
        details: tuple[tuple[str, str], ...],
    ) -> None:
        event = AuditEvent(
            action=action,
            subject=request.id,
            actor=self.standing.actor,
            at=self.clock.now(),
            details=details,
        )
        work.record(event)


def leave_out(
    work: LedgerTransaction, request: BuyRequest, positions: Iterable[int], *, at: datetime
) -> tuple[RequestItem, ...]:
    """Take items out within a unit of work; raise UserInputError for a position that has none to take out."""
    by_position = {item.position: item for item in find_items(work, request.id)}
    left = []
    for position in dict.fromkeys(positions):
        item = by_position.get(position)
        if item is None or item.state is ItemState.LEFT_OUT:
            raise UserInputError(f"There is no item {position} in this request.", code="request.no_item")
        if item.state in (ItemState.BUYING, ItemState.BOUGHT):
            raise UserInputError(f"Item {position} is {item.state} already.", code="request.item_state")
        left.append(work.change(replace(item, state=ItemState.LEFT_OUT, changed_at=at)))
    if not left:
        raise UserInputError("Say which items, by their numbers.", code="request.no_item")
    return tuple(left)


def _name_positions(items: tuple[RequestItem, ...]) -> tuple[tuple[str, str], ...]:
    return (("items", ", ".join(str(item.position) for item in items)),)


def _key(item: RequestItem) -> tuple[str, ...]:
    return WantedItem(
        ref=item.ref, kind=item.kind, license_label=item.license_label, variant=item.variant
    ).key
