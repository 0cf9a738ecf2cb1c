"""The operators: immediate (submit and finish), commits (import and stamp), and dialogs. None is modal."""

from __future__ import annotations


def classes() -> tuple[type, ...]:
    """Return every operator class, in the order in which they are registered."""
    from . import (
        account,
        alerts,
        buy,
        decide,
        download,
        export,
        feeds,
        finance,
        history,
        import_asset,
        invoices,
        own_invoices,
        payments,
        pickup,
        quality,
        recognize,
        refund,
        report,
        requests,
        search,
        seats,
        tools,
        use,
        web_purchase,
    )

    return (
        *search.CLASSES,
        *buy.CLASSES,
        *download.CLASSES,
        *web_purchase.CLASSES,
        *pickup.CLASSES,
        *history.CLASSES,
        *feeds.CLASSES,
        *refund.CLASSES,
        *import_asset.CLASSES,
        *quality.CLASSES,
        *report.CLASSES,
        *decide.CLASSES,
        *requests.CLASSES,
        *recognize.CLASSES,
        *export.CLASSES,
        *account.CLASSES,
        *alerts.CLASSES,
        *seats.CLASSES,
        *finance.CLASSES,
        *payments.CLASSES,
        *invoices.CLASSES,
        *own_invoices.CLASSES,
        *tools.CLASSES,
        *use.CLASSES,
    )
