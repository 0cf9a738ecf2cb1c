"""From host, method and path to the function that answers; 404 and 405 in the host's own error shape."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .message import Reply, Request, json_reply
from .world import World

Handler = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of one host; named groups of the pattern become keyword arguments of the handler."""

    host: str
    method: str
    pattern: str
    handler: Handler


def dispatch(routes: tuple[Route, ...], world: World, request: Request) -> Reply:
    """Answer a request by its route."""
    method = "GET" if request.method == "HEAD" else request.method
    allowed: set[str] = set()
    for route in routes:
        if route.host != request.host:
            continue
        match = re.fullmatch(route.pattern, request.path)
        if match is None:
            continue
        if route.method == method:
            return route.handler(world, request, **match.groupdict())
        allowed.add(route.method)
    key = "error" if request.host.endswith("cgtrader.com") else "message"
    if allowed:
        return json_reply({key: "Method Not Allowed"}, 405, (("Allow", ", ".join(sorted(allowed))),))
    return json_reply({key: "Not Found"}, 404)
