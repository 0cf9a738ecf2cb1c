"""Somebody who is new to Clearance, at one marketplace after the other, against the sandbox.

``WALKS`` (in :mod:`walk_table`) says in one entry what is different about a marketplace; everything else
here follows from its ``INFO``. A sentence is always taken as the panels show it.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clearance_package import load
from sandbox_process import Answer, SandboxProcess
from walk_rows import Walk
from web_buyer import Paper, buy_there, open_page, put

from core.app import App, build_app
from core.credentials.lock import lock_file
from core.credentials.session_store import SessionStore
from core.errors import ClearanceError
from core.marketplaces.base import Redirect
from core.model.evidence import WebPurchase
from core.model.grant import Grant
from core.model.listing import ListingRef, SearchQuery
from core.model.money import Money
from core.model.order import Order
from core.session.state import (
    AccountState,
    FeedProgress,
    MarketplaceSearch,
    OrderProgress,
    Problem,
    Selection,
)
from core.settings import Settings

messages = load("addon.messages")

SANDBOX_NAMES = {"consumer_key": "client_id", "consumer_secret": "client_secret"}
"""What the sandbox calls some keys, in the vendor's words, and what they are called here."""
FORMATS = ("glb", "gltf", "obj", "fbx", "blend", "jpg", "png", "hdr", "exr", "mov", "mp4", "wav", "mp3")
PATIENCE_S = 60.0
SIGN_IN_TRIES = 60


class WalkClock:
    """The machine's time, moved forward whenever somebody would sleep for long."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> datetime:
        """Return the moment."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic() + self.ahead_s

    def sleep(self, seconds: float) -> None:
        """Wait a moment; pass a longer time at once."""
        if seconds > 0.05:
            self.ahead_s += seconds
        else:
            time.sleep(seconds)


@dataclass
class WalkHost:
    """A DCC that imports what Blender imports, and opens pages in a browser that is a function."""

    online: bool = True
    opened: list[str] = field(default_factory=list)
    browser: Callable[[str], object] = lambda _url: None
    name: str = "Test 1.0"
    supported_formats: tuple[str, ...] = FORMATS
    newest_blend: tuple[int, int] | None = None

    def is_online(self) -> bool:
        """Say what the test wants."""
        return self.online

    def open_url(self, url: str) -> bool:
        """Note the page and go there."""
        self.opened.append(url)
        self.browser(url)
        return True


class Walker:
    """The user: has a sandbox full of money, an empty ledger and no key yet."""

    def __init__(
        self, walk: Walk, app: App, host: WalkHost, sandbox: SandboxProcess, clock: WalkClock
    ) -> None:
        self.walk, self.app, self.host, self.sandbox, self.clock = walk, app, host, sandbox, clock
        self.name, self.session, self.state = walk.info.name, app.session, app.session.state
        self.account_keys = {
            SANDBOX_NAMES.get(name, name): value
            for name, value in sandbox.credentials.get(walk.marketplace, {}).items()
        }

    # What the user does

    def wait(self) -> None:
        """Let the workers finish."""
        assert self.app.tasks.wait(timeout_s=PATIENCE_S)

    def enter(self, **keys: str) -> None:
        """Type keys into the preferences."""
        for name, value in keys.items():
            self.session.store_key(self.walk.marketplace, name, value)
        self.wait()

    def good_keys(self) -> dict[str, str]:
        """Return the right keys, as the marketplace handed them out."""
        wanted = self.walk.keys or tuple(str(known.field) for known in self.walk.info.auth.fields)
        return {name: self.account_keys[name] for name in wanted if name in self.account_keys}

    def sign_in(self, *, answer: str = "allow") -> None:
        """Sign in with the browser: over the listener, or by pasting the address on which it ended."""
        auth, ended = self.walk.info.auth, list[str]()

        def browse(url: str) -> None:
            if not ended:
                ended.append(
                    self.sandbox.consent(url, answer=answer, follow=auth.redirect is not Redirect.PASTE)
                )

        self.host.browser = browse
        with ExitStack() as stack:
            if auth.redirect_port:
                stack.enter_context(port_of_this_machine(auth.redirect_port))
            for _ in range(SIGN_IN_TRIES):
                self.session.sign_in(self.walk.marketplace)
                self.wait()
                if self.account.problem is None or self.account.problem.code != "sign_in.no_port":
                    break
                time.sleep(0.5)  # another program of this machine is signing in
        if auth.redirect is Redirect.PASTE:
            self.session.finish_sign_in(self.walk.marketplace, ended[0])
            self.wait()
        self.host.browser = lambda _url: None

    def connect(self) -> None:
        """Do all that is needed to buy."""
        if self.walk.on_website:
            self.add_feed()
        if self.walk.has_keys:
            self.enter(**self.good_keys())
        if self.walk.signs_in:
            self.sign_in()
            assert self.account.problem is None, self.account.problem

    def add_feed(self) -> FeedProgress:
        """Save the product feed that a partner gets, and add it."""
        file = self.folder("feeds") / Path(self.walk.feed).name
        file.write_bytes(self.open_page(f"{self.sandbox.url}{self.walk.feed}").body)
        return self.add_feed_file(file)

    def add_feed_file(self, file: Path) -> FeedProgress:
        """Add a file as a product feed."""
        self.session.add_feed(self.walk.marketplace, file)
        self.wait()
        assert self.state.feed is not None
        return self.state.feed

    def folder(self, name: str) -> Path:
        """Return a folder of the user's own."""
        made = self.app.settings.data_dir.parent / name
        made.mkdir(parents=True, exist_ok=True)
        return made

    def open_page(self, url: str) -> Answer:
        """Open an address in the browser."""
        return open_page(url, self.sandbox)

    def start_website(self, result: Any) -> OrderProgress:
        """Press "Buy on the Website"."""
        self.session.start_web_purchase(result.quote.id, reason="A walk")
        self.wait()
        return self.state.progress[0]

    def buy_there(self, page: str) -> Paper:
        """Buy on the website; save what it gives."""
        papers = self.folder("downloads")
        files = self.cache if self.walk.into_cache else papers
        return buy_there(page, self.sandbox, tier=self.walk.tier, papers=papers, files=files)

    @property
    def cache(self) -> Path:
        """Where the other program keeps what it downloads."""
        return self.folder("editor") / "Asset Store-5.x" / "Publisher" / "Category"

    def put(self, path: Path, content: bytes) -> Path:
        """Put a file somewhere, as if it had come a minute ago."""
        return put(path, content)

    def get(self) -> Any:
        """Go the whole way, from a connection to what a host would import."""
        result = self.quote()
        if self.walk.on_website:
            progress = self.start_website(result)
            paper = self.buy_there(progress.checkout_url)
            assert self.confirm(progress, paper) is None
            row = next(row for row in self.look().rows if row.path == str(paper.file))
            assert row.grant_id == progress.grant_id
            self.take(paper.file, progress.grant_id)
        else:
            noted = [(field.id, field.choices[0]) for field in result.references if field.required]
            progress = self.pay(self.buy(result, references=noted))
        assert (progress.stage, progress.problem) == ("ready", None)
        prepared = self.prepare(progress)
        assert prepared is not None, progress.problem
        return prepared

    def confirm(self, progress: OrderProgress, paper: Paper, **changes: Any) -> Problem | None:
        """Enter what the order's page says; return what is wrong with it, if anything."""
        given = {
            "order_number": paper.order_number,
            "bought_on": paper.bought_on,
            "license_label": paper.license_label,
            "price": Money.parse(*paper.price.split()),
        }
        documents = changes.pop("documents", (paper.invoice,))
        self.session.confirm_web_purchase(
            progress.order_id, WebPurchase(**{**given, **changes}), documents=documents
        )
        self.wait()
        return progress.problem

    def look(self) -> Any:
        """Press "Look for Downloads"; return what the panel shows."""
        self.session.look_for_downloads()
        self.wait()
        return load("addon.ui.views.pickup").view_pickup(self.state, self.session.marketplaces)

    def take(self, path: Path, grant_id: str, **more: Any) -> OrderProgress:
        """Press "Take"."""
        self.session.take_download(path, grant_id, **more)
        self.wait()
        return next(p for p in self.state.progress if p.grant_id == grant_id)

    def test_connection(self) -> AccountState:
        """Press "Test Connection"."""
        self.session.test_connection(self.walk.marketplace)
        self.wait()
        return self.account

    def search(self, words: str = "") -> MarketplaceSearch:
        """Search this marketplace."""
        query = SearchQuery(text=words or self.walk.words, kind=self.walk.kind, per_page=50)
        self.session.search(query, marketplaces=[self.walk.marketplace])
        self.wait()
        found = self.state.searches.get(self.walk.marketplace)
        return MarketplaceSearch() if found is None else found

    def find(self, listing: str = "", words: str = "") -> ListingRef:
        """Search, and return a listing that was found."""
        search = self.search(words)
        assert search.problem is None, search.problem
        ref = ListingRef(marketplace=self.walk.marketplace, id=listing or self.walk.good)
        assert ref in {one.ref for one in self.state.results}
        return ref

    def select(self, ref: ListingRef) -> Selection:
        """Look at a listing's price and license."""
        self.session.select(ref)
        self.wait()
        assert self.state.selection is not None
        return self.state.selection

    def quote(self, listing: str = "", words: str = "") -> Any:
        """Search, select, and return a quote that is good."""
        selection = self.select(self.find(listing, words))
        assert selection.problem is None, selection.problem
        assert selection.result is not None
        assert selection.result.why_not == ""
        return selection.result

    def buy(self, result: Any, **more: Any) -> OrderProgress:
        """Press "Buy"."""
        self.session.buy(result.quote.id, reason="A walk", **more)
        self.wait()
        return self.state.progress[0]

    def pass_time(self, seconds: float) -> None:
        """Wait, here and at the marketplaces."""
        self.clock.ahead_s += seconds
        self.sandbox.advance(seconds)

    def reconcile(self) -> OrderProgress:
        """Press "Check Open Orders"."""
        self.session.reconcile()
        self.wait()
        assert self.state.problem is None
        return self.state.progress[0]

    def prepare(self, progress: OrderProgress) -> Any:
        """Press "Import"; return what the host would be given, None when it is not ready."""
        self.session.prepare_import(progress.grant_id)
        self.wait()
        return self.session.prepared(progress.grant_id)

    def pay(self, progress: OrderProgress) -> OrderProgress:
        """Pay on the marketplace's page where there is one, and say so."""
        if progress.stage == "awaiting_checkout":
            self.sandbox.pay(progress.checkout_url)
            self.session.check_checkout(progress.order_id)
            self.wait()
        return progress

    # What the user sees

    @property
    def account(self) -> AccountState:
        """What the preferences show of this marketplace."""
        return self.state.accounts.get(self.walk.marketplace) or AccountState(
            marketplace=self.walk.marketplace
        )

    def said(self, problem: Problem | ClearanceError | None, *, names: bool = True) -> str:
        """Return what the panels say of a problem; it has to be a sentence that helps."""
        assert problem is not None, "nothing was said"
        sentence: str = messages.tell(problem, where=self.name)
        check_sentence(sentence, names=self.name if names else "")
        return sentence

    # What is true

    @property
    def charges(self) -> int:
        """How often money moved at the marketplace."""
        totals = self.sandbox.books()["totals"].get(self.walk.marketplace, {})
        return int(totals.get("charges", 0))

    def requests(self, what: str = "") -> list[dict[str, Any]]:
        """Return the requests that the sandbox has seen: all, or those of a "METHOD path"."""
        method, _, path = what.partition(" ")
        return self.sandbox.requests(method=method, path_regex=path)

    @property
    def orders(self) -> tuple[Order, ...]:
        """Return the orders in the ledger."""
        return self.app.ledger.orders()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Return the licenses in the ledger."""
        return self.app.ledger.grants()

    def stored_files(self) -> list[Path]:
        """Return everything in the store that counts as delivered."""
        folder = self.app.settings.store_dir / "sha256"
        return [path for path in folder.rglob("*") if path.is_file()]

    def assert_nothing_bought(self) -> None:
        """Nothing was charged, nothing is owned, nothing is open."""
        assert self.charges == 0
        assert self.grants == ()
        assert {order.state.value for order in self.orders} <= {"failed"}


_JARGON = (
    r"\b(?:status|HTTP|code) ?[1-5][0-9][0-9]\b",
    r"\b(?:401|403|404|410|429|500|502|503|504)\b",
    r"\bNone\b|\bnull\b|\bnan\b|\bTrue\b|\bFalse\b|Traceback|Exception",
    r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)*Error\b|\b(?:UserTokenRequired|CredentialsMissing|NotFound|OverageLimit)\w*",
    r"\b[a-z]+_[a-z_]+\b",
    r"[{}\[\]<>\\]|\b0x[0-9a-f]+\b",
    r"\b(?:order|grant|quote|approval|refund)_[0-9a-z]+",
    r"\bUUID\b|\bOAuth\b|\bstdout\b|\berrno\b",
)
_TODO = re.compile(
    r"\b(?:add|agree|allow|ask|buy|change|check|choose|close|compare|confirm|copy|deliver|download|enter|fill|get|"
    r"have it|import|look|name|open|paste|pick|press|read|renew|replace|save|say|search|select|set|sign in|"
    r"start|switch|try|unpack|update|use|wait|write)\b",
    re.IGNORECASE,
)


def check_sentence(sentence: str, *, names: str = "") -> None:
    """Fail unless this is a sentence that a new user can act on. ``names``: what it must name."""
    plain = re.sub(r"https?://\S+|“[^”]*”", "", sentence)
    assert sentence[:1].isupper() or not sentence[:1].isalpha(), sentence
    assert sentence.endswith((".", "?", "!")) or re.search(r"https?://\S+$", sentence), sentence
    assert len(sentence) <= messages.LONGEST, sentence
    assert ".." not in plain and "  " not in sentence, sentence
    for pattern in _JARGON:
        assert not re.search(pattern, plain), f"{pattern}: {sentence}"
    assert _TODO.search(plain), f"what is to be done? {sentence}"
    assert names in sentence, f"who? {sentence}"


@contextmanager
def port_of_this_machine(port: int) -> Iterator[None]:
    """Wait until no other run of these tests uses a port that is the same for everybody."""
    place = Path(tempfile.gettempdir()) / f"clearance-walks-{port}.lock"
    with lock_file(place, clock=WalkClock(), wait=time.sleep, timeout_s=None):
        yield


@contextmanager
def start_walk(walk: Walk, sandbox: SandboxProcess, data_dir: Path, **settings: Any) -> Iterator[Walker]:
    """Build an app without a key for somebody new; every walk has a folder of its own."""
    sandbox.reset()
    sandbox.clear_requests()
    clock, host = WalkClock(), WalkHost()
    given: Any = host
    values: dict[str, Any] = {
        "user": "newcomer",
        "project": "film",
        # A real hour's budget; only the rule for one second is off, which would make the tests wait.
        "requests_per_second": None,
        "settle_s": 60.0,
        "read_timeout_s": 5.0,
        "purchase_timeout_s": 5.0,
        **walk.settings,
        **settings,
    }
    editor = data_dir.parent / "editor"
    values.setdefault("pickup_folders", (data_dir.parent / "downloads",))
    (data_dir.parent / "downloads").mkdir(parents=True, exist_ok=True)
    app = build_app(
        Settings(data_dir=data_dir, sandbox_url=sandbox.url, **values),
        host=given,
        environ={"ASSETSTORE_CACHE_PATH": str(editor)},
        home=data_dir,
        clock=clock,
        credentials=SessionStore(),
    )
    try:
        yield Walker(walk, app, host, sandbox, clock)
    finally:
        sandbox.clear_faults()
        assert app.close()
