"""All errors of the core, sorted by who can act on them.

Every error says what happened and what to do. ``context`` holds facts for a log or a test (ids, status
codes, sizes) and never a secret: no token, no key, no signed address.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ContextValue = str | int | float | bool | None


class ClearanceError(Exception):
    """Base of every error that Clearance raises on purpose.

    ``code`` is stable and dotted (``marketplace.rate_limited``); the artist's sentence for it lives in the
    add-on. ``retryable`` is true only when doing the same thing again later is safe *and* may help.
    """

    code: str = "clearance"
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retryable: bool | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable
        self.context: Mapping[str, ContextValue] = MappingProxyType(dict(context or {}))

    def __str__(self) -> str:
        return self.message


class UserInputError(ClearanceError):
    """What the user typed, chose or put into a file cannot be used as it is."""

    code = "user_input"


class PolicyError(ClearanceError):
    """The license policy does not let this step happen."""

    code = "policy.denied"


class NotAllowed(ClearanceError):
    """The user's roles or limits in the studio do not let them do this."""

    code = "studio.not_allowed"


class CancelledError(ClearanceError):
    """The user stopped the work; nothing is half done."""

    code = "cancelled"


class OfflineError(ClearanceError):
    """The host forbids network access; no connection was made."""

    code = "offline"


class CredentialStoreError(ClearanceError):
    """The place where keys are kept (keyring, passphrase file) cannot be read or written."""

    code = "credentials"


class MarketplaceError(ClearanceError):
    """A marketplace answered, or failed to answer, in a way that stops the call."""

    code = "marketplace"

    def __init__(
        self,
        message: str,
        *,
        marketplace: str = "",
        status: int | None = None,
        code: str | None = None,
        retryable: bool | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> None:
        super().__init__(
            message,
            code=code,
            retryable=retryable,
            context={**(context or {}), "marketplace": marketplace, "status": status},
        )
        self.marketplace = marketplace
        self.status = status


class CredentialsMissing(MarketplaceError):
    """No key or sign-in is stored for this marketplace, or not of the kind that the call needs."""

    code = "marketplace.credentials_missing"


class CredentialsRejected(MarketplaceError):
    """The marketplace refused the key or the sign-in (401)."""

    code = "marketplace.credentials_rejected"


class AccessDenied(MarketplaceError):
    """The key is good, but this account may not do this (403)."""

    code = "marketplace.access_denied"


class NotFound(MarketplaceError):
    """The listing, order or file does not exist there, or no longer (404, 410)."""

    code = "marketplace.not_found"


class RequestRejected(MarketplaceError):
    """The marketplace says that the request itself is wrong (other 4xx)."""

    code = "marketplace.request_rejected"


class RateLimited(MarketplaceError):
    """Too many requests (429). ``retry_after_s`` is what the vendor said, or None."""

    code = "marketplace.rate_limited"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        marketplace: str = "",
        status: int | None = 429,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(
            message, marketplace=marketplace, status=status, context={"retry_after_s": retry_after_s}
        )
        self.retry_after_s = retry_after_s


class Unavailable(MarketplaceError):
    """The marketplace or the way to it is down (5xx, no connection, a timeout before anything was sent)."""

    code = "marketplace.unavailable"
    retryable = True


class OutcomeUnknown(MarketplaceError):
    """The request was sent and no usable answer came back: it may or may not have taken effect."""

    code = "marketplace.outcome_unknown"


class UnexpectedResponse(MarketplaceError):
    """The answer is not of the documented shape: HTML, cut-off JSON, a missing or wrong-typed field."""

    code = "marketplace.unexpected_response"


class NotSupported(MarketplaceError):
    """This marketplace offers no such step."""

    code = "marketplace.not_supported"


class PriceChanged(MarketplaceError):
    """Price, license or terms differ from what was approved; nothing was bought."""

    code = "marketplace.price_changed"


class PaymentError(ClearanceError):
    """A purchase cannot go on, or did not succeed; the message says whether money moved."""

    code = "payment"


class InsufficientBalance(PaymentError):
    """The subscription, credit or allowance does not cover the cost; nothing was bought."""

    code = "payment.insufficient_balance"


class PurchaseInDoubt(PaymentError):
    """It is not known whether the purchase took effect; reconcile before anything else."""

    code = "payment.in_doubt"


class DownloadError(ClearanceError):
    """A file did not arrive whole, or is not what was promised."""

    code = "download"


class DownloadLinkExpired(DownloadError):
    """The signed link is no longer valid; a fresh one is to be asked for (free of charge)."""

    code = "download.link_expired"
    retryable = True


class DownloadRefused(DownloadError):
    """The file was refused and put aside: wrong content, hostile archive, size or hash mismatch."""

    code = "download.refused"


class SharedStoreError(ClearanceError):
    """The studio's shared store cannot be reached, or what lies there cannot be used."""

    code = "shared_store"


class ObjectMissing(SharedStoreError):
    """The shared store does not have this."""

    code = "shared_store.missing"


class LedgerError(ClearanceError):
    """The ledger cannot be read or written, or would become inconsistent."""

    code = "ledger"


class LedgerConflict(LedgerError):
    """Somebody else changed the row first, or it exists already."""

    code = "ledger.conflict"


class AuditError(ClearanceError):
    """The audit chain does not verify."""

    code = "audit"


class HostError(ClearanceError):
    """The DCC could not do what was asked."""

    code = "host"


class ImportRefused(HostError):
    """The file was not imported: unsafe, damaged, or of a kind that this DCC cannot read."""

    code = "host.import_refused"
