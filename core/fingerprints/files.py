# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file can be recognized by that nothing here can look into: the hash of its bytes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from ..errors import UserInputError

PREFIX = "cf1"
_FORM = re.compile(rf"{PREFIX}:([0-9a-f]{{64}})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFingerprint:
    """One file, byte for byte."""

    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Take it of a file's bytes."""
        return cls(sha256=hashlib.sha256(data).hexdigest())

    def encode(self) -> str:
        """Return the fingerprint as one line of ASCII."""
        return f"{PREFIX}:{self.sha256}"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what :meth:`encode` wrote; UserInputError for anything else."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise UserInputError("This is no fingerprint of a file.", code="fingerprint.unreadable")
        return cls(sha256=match[1])
