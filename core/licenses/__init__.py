"""The marketplaces' license terms as dated data, one TOML file per marketplace, each fact with its source.

It reads and answers; it judges nothing (that is :mod:`core.policy`) and it never fetches terms.
"""

from __future__ import annotations

from .canonical import canonical_text, parse_text, terms_sha256
from .catalogue import LicenseCatalogue

__all__ = ["LicenseCatalogue", "canonical_text", "parse_text", "terms_sha256"]
