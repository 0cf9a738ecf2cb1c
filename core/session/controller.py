"""What the user can do, as immediate calls: each starts a task and returns; results change the state.

Main thread only. Nothing here knows a DCC: a host calls these methods from its operators, draws
``state``, and calls ``tasks.drain`` now and then.
"""

from __future__ import annotations

from .accounts import AccountKeys
from .buying import Buying
from .reporting import Reporting
from .searching import Searching


class SessionController(Searching, Buying, Reporting, AccountKeys):
    """One user's session: search, buy, import, report, accounts, over one shared state."""
