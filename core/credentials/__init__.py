"""Where secrets are kept: the system's keyring, a passphrase file, or nowhere but this session's memory.

Never in plain text on disk, whatever else is there.
"""

from __future__ import annotations

from .open import open_credentials as open_credentials
