"""What the user can do, as immediate calls: each starts a task and returns; results change the state.

Main thread only. Nothing here knows a DCC: a host calls these methods from its operators, draws
``state``, and calls ``tasks.drain`` now and then.
"""

from __future__ import annotations

from .accounts import AccountKeys
from .alerting import Alerting
from .deciding import Deciding
from .exchanging import Exchanging
from .feeding import Feeding
from .invoicing import Invoicing
from .monitoring import Monitoring
from .past_purchases import PastPurchases
from .picking_up import PickingUp
from .recognizing import Recognizing
from .refunding import Refunding
from .reporting import Reporting
from .requesting import Requesting
from .searching import Searching
from .seating import Seating


class SessionController(
    Searching,
    PastPurchases,
    Refunding,
    PickingUp,
    Reporting,
    Deciding,
    Alerting,
    AccountKeys,
    Feeding,
    Monitoring,
    Exchanging,
    Recognizing,
    Requesting,
    Seating,
    Invoicing,
):
    """One user's session: search, buy, pick up, import, give back, report, accounts, over one state."""
