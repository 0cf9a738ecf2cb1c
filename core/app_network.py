"""The part of the composition root that talks to the outside: throttle, retries, tokens, downloads."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass

from .clock import Clock
from .credentials.port import CredentialStore
from .host import Host
from .http.breaker import Breakers
from .http.cancel import Pause
from .http.client import Client
from .http.counting import Whose
from .http.download import Downloader, DownloadPolicy
from .http.exchange import Exchange, Timeouts
from .http.health import HealthLog
from .http.public import PublicFetcher
from .http.routes import Routes
from .http.site import Site
from .http.throttle import Limit, Throttle
from .http.tokens import TokenKeeper
from .http.transport import Transport
from .http.waits import WaitBoard
from .services.health import Health
from .settings import VERSION, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What talks to the outside, over one transport."""

    client: Client
    downloader: Downloader
    tokens: TokenKeeper
    health: Health


def build_network(
    settings: Settings,
    *,
    host: Host,
    clock: Clock,
    pause: Pause,
    transport: Transport,
    credentials: CredentialStore,
) -> Network:
    """Put it together over one transport; makes no connection."""
    routes = Routes(settings.sandbox_url or None)
    user_agent = f"Clearance/{VERSION} (asset licensing for {host.name})"
    timeouts = Timeouts(
        connect_s=settings.connect_timeout_s,
        read_s=settings.read_timeout_s,
        spending_s=settings.purchase_timeout_s,
    )

    def online() -> bool:
        return not settings.offline and host.is_online()

    def limit_for(site: Site) -> Limit:
        per_hour = settings.requests_per_hour.get(site.id, site.requests_per_hour)
        return Limit(per_hour=per_hour, per_second=settings.requests_per_second)

    place = "sandbox" if routes.is_sandbox else ""
    whose = Whose(
        person=settings.user,
        project=settings.project,
        ledger=settings.ledger_url or str(settings.ledger_path),
        place=place,
    )
    log = HealthLog(settings.data_dir / "health.sqlite", place=place, whose=whose)
    breakers, board = Breakers(clock=clock), WaitBoard(clock=clock)
    exchange = Exchange(
        transport=transport,
        routes=routes,
        throttle=Throttle(settings.data_dir / "throttle.sqlite", clock=clock, pause=pause),
        clock=clock,
        pause=pause,
        random=random.SystemRandom().random,
        online=online,
        user_agent=user_agent,
        timeouts=timeouts,
        limit_for=limit_for,
        breakers=breakers,
        health=log,
        board=board,
    )
    tokens = TokenKeeper(
        credentials,
        exchange,
        lock_folder=settings.data_dir / "locks",
        pause=pause,
        random_text=secrets.token_urlsafe,
    )
    public = PublicFetcher(
        transport=transport,
        routes=routes,
        clock=clock,
        pause=pause,
        random=random.SystemRandom().random,
        user_agent=user_agent,
        timeouts=timeouts,
    )
    downloader = Downloader(
        transport=transport,
        routes=routes,
        clock=clock,
        pause=pause,
        random=random.SystemRandom().random,
        online=online,
        user_agent=user_agent,
        timeouts=timeouts,
        policy=DownloadPolicy(max_bytes=settings.max_download_bytes),
        sign_link=tokens.sign_link,
    )
    return Network(
        client=Client(exchange, tokens, public),
        downloader=downloader,
        tokens=tokens,
        health=Health(log=log, breakers=breakers, usage=exchange.usage, board=board, clock=clock),
    )
