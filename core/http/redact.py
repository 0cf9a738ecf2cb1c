"""Takes secrets out of what is shown, logged or raised. Pure.

What is kept is chosen, not what is dropped: of an address the host, of headers a short list. Signed links
carry their secret in the path as often as in the query, so neither is shown unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus, urlsplit

HIDDEN = "<redacted>"

SHOWN_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "accept-ranges", "age", "allow", "cache-control", "connection",
        "content-encoding", "content-length", "content-range", "content-type", "date", "expires",
        "if-range", "last-modified", "range", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
        "retry-after", "server", "transfer-encoding", "user-agent", "vary", "x-error-detail",
        "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
    }
)  # fmt: skip

_URL = re.compile(r"""\b[a-z][a-z0-9+.-]{1,20}://[^\s"'<>\\]+""", re.IGNORECASE)
_SCHEME_VALUE = re.compile(
    r"\b(bearer|basic|token|digest)(\s+)(?!realm\b)[A-Za-z0-9+/=_.~:-]{6,}", re.IGNORECASE
)
_NAMED_VALUE = re.compile(
    r"""(?P<name>["']?[\w.-]*(?:token|secret|passw|signature|api[-_]?key|authorization|credential|cookie|
        access[-_]?key|session|code_verifier|policy|x-amz-\w[\w-]*)[\w.-]*["']?)
        (?P<sep>\s*[=:]\s*)
        (?P<value>"[^"]*"|'[^']*'|[^\s&,;"'}\])]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_SHORTEST_SECRET = 4
"""What is shorter cannot be told from ordinary text."""


def redact_url(url: str, *, keep_path: bool = False) -> str:
    """Keep scheme and host (and, only where the path is known to be harmless, the path)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return HIDDEN
    if not parts.scheme or not host:
        return HIDDEN
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc = f"{netloc}:{port}"
    path = parts.path if keep_path else ("/…" if parts.path.strip("/") or parts.query else parts.path)
    return f"{parts.scheme}://{netloc}{path}{'?…' if keep_path and parts.query else ''}"


def redact_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the values of headers that are known to be harmless."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {name: value if name.lower() in SHOWN_HEADERS else HIDDEN for name, value in pairs}


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Take out the given secrets, in every spelling they travel in, and whatever looks like one."""
    for spelling in sorted(_spellings(secrets), key=len, reverse=True):
        text = text.replace(spelling, HIDDEN)
    text = _URL.sub(lambda match: redact_url(match.group()), text)
    text = _SCHEME_VALUE.sub(rf"\1\2{HIDDEN}", text)
    return _NAMED_VALUE.sub(rf"\g<name>\g<sep>{HIDDEN}", text)


def _spellings(secrets: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for secret in secrets:
        if len(secret) < _SHORTEST_SECRET:
            continue
        escaped = secret.encode("unicode_escape").decode("ascii")
        found |= {
            secret,
            quote(secret, safe=""),
            quote(secret),
            quote_plus(secret),
            escaped,
            repr(secret)[1:-1],
        }
    return {spelling for spelling in found if len(spelling) >= _SHORTEST_SECRET}
