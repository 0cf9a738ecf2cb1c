"""Product feeds: files with a marketplace's products, added and updated here, searched like a marketplace."""

from __future__ import annotations

from pathlib import Path

from ..errors import ClearanceError
from ..feeds.catalogue import FeedInfo, FeedResult
from ..tasks import Task
from .part import SessionPart
from .state import FeedProgress, Phase, Problem


class Feeding(SessionPart):
    """Add, update and remove feeds."""

    def load_feeds(self) -> None:
        """Read which feeds there are, here and now: for a thread that may wait for a file."""
        self.state.feeds = self._services.feeds.list_feeds()
        self._changed()

    def refresh_feeds(self) -> None:
        """Read again which feeds there are."""

        def done(feeds: tuple[FeedInfo, ...]) -> None:
            self.state.feeds = feeds
            self._changed()

        self._tasks.submit(
            "feeds",
            "Reading the feeds",
            lambda _task: self._services.feeds.list_feeds(),
            on_done=done,
            on_error=self._problem,
        )

    def add_feed(self, marketplace: str, path: Path, *, mapping: Path | None = None) -> None:
        """Read a feed for the first time, or again; ``state.feed`` tells how it goes."""
        progress = FeedProgress(marketplace=marketplace, path=path)
        self.state.feed = progress

        def work(task: Task) -> FeedResult:
            return self._services.feeds.add(
                marketplace, path, mapping, cancel=task.token, on_progress=task.report
            )

        def done(result: FeedResult) -> None:
            progress.phase, progress.result, progress.task = Phase.READY, result, None
            self.refresh_feeds()

        def failed(error: ClearanceError) -> None:
            progress.phase, progress.problem, progress.task = Phase.FAILED, Problem.of(error), None
            self._changed()

        progress.task = self._tasks.submit(
            "feeds", f"Reading {path.name}", work, on_done=done, on_error=failed, subject=marketplace
        )
        self._changed()

    def remove_feed(self, marketplace: str, feed_id: int) -> None:
        """Forget a feed; its file stays where it is."""
        self._tasks.submit(
            "feeds",
            "Forgetting a feed",
            lambda _task: self._services.feeds.remove(marketplace, feed_id),
            on_done=lambda _count: self.refresh_feeds(),
            on_error=self._problem,
            subject=marketplace,
        )
