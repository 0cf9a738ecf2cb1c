"""Looks at a scene on load and before save, render and export: alerts, and whether it goes on.

Judging reads the ledger and belongs into a worker. A host that has to know at once asks :meth:`Guard.recall`
first: it knows the answer for exactly the same scene, and touches neither disk nor database.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from ...clock import Clock
from ...ledger.port import Ledger
from ...model.alert import INFORM_ONLY, AlertSettings, GuardAnswer, Occasion
from ...model.findings import Finding, Severity, Verdict
from ...model.intended_use import IntendedUse
from ...model.report import Report
from ...model.scene import SceneScan
from ...policy.compound import WEIGHT
from ...policy.occasion import use_on
from ...policy.wording import shorten
from ...reports.alerts import Moment, find_alerts, name_grants
from ...reports.vanished import NOTHING_SEEN, Change, Key, Seen, look
from ..clearing.circumstances import gather_circumstances, with_ends
from .report import count_grants

GOOD_FOR_S = 120.0
"""How long an answer is good for the same scene; what others book meanwhile counts after that."""
KEPT = 8
"""Answers that are kept: a few occasions and formats of one scene."""
NAMED = 3
"""Obstacles that a sentence names before it counts."""

Judge = Callable[[SceneScan, IntendedUse], Report]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is about to happen with a scene."""

    occasion: Occasion
    use: IntendedUse
    """The production's plan; what of it the occasion asks is decided here."""
    movie: bool = False
    """With a render: it becomes a movie file."""
    of_format: str = ""
    """With an export: the format, such as ``glb``."""
    part: bool = False
    """The scan holds only what is exported: of the rest nothing is said."""

    @property
    def asked(self) -> IntendedUse:
        """The use that licenses are held against."""
        return use_on(self.use, self.occasion, movie=self.movie)


@dataclass(slots=True)
class _Known:
    """An answer, for which scene, until when."""

    scan: SceneScan
    settings: AlertSettings
    answer: GuardAnswer
    until_s: float


@dataclass(slots=True)
class _Memory:
    """What is remembered of the file that is open, and of the last answers."""

    seen: Seen = NOTHING_SEEN
    answers: OrderedDict[tuple[Question, int], _Known] = field(default_factory=OrderedDict)


class Guard:
    """Answers for the scene that is open. Safe to use from several threads."""

    def __init__(
        self,
        *,
        judge: Judge,
        ledger: Ledger,
        clock: Clock,
        read_settings: Callable[[], AlertSettings] = lambda: INFORM_ONLY,
    ) -> None:
        self._judge = judge
        self._ledger = ledger
        self._clock = clock
        self._read_settings = read_settings
        self._memory = _Memory()
        self._lock = threading.Lock()

    def settings(self) -> AlertSettings:
        """Return what the studio wants to be told and to have stopped."""
        return self._read_settings()

    def open_file(self) -> None:
        """Forget the file before: another one was opened."""
        with self._lock:
            self._memory = _Memory()

    def forget_answers(self) -> None:
        """Judge anew next time: grants, rules or decisions have changed."""
        with self._lock:
            self._memory.answers.clear()

    def recall(self, scan: SceneScan, question: Question, settings: AlertSettings) -> GuardAnswer | None:
        """Return the answer for exactly this scene, if it is known and still good. Quick."""
        with self._lock:
            known = self._memory.answers.get((question, _mark(scan)))
        if known is None or known.settings != settings or known.until_s < self._clock.monotonic():
            return None
        # The hash finds it; that it is the same scene is known only by comparing.
        return known.answer if known.scan == scan else None

    def check(
        self, scan: SceneScan, question: Question, settings: AlertSettings | None = None
    ) -> GuardAnswer:
        """Judge a scene. Reads the ledger; raises what reading it raises."""
        settings = self.settings() if settings is None else settings
        memory = self._memory
        change = Change(seen=memory.seen) if question.part else self._look(memory, scan)
        asked = question.asked
        report = self._judge(scan, asked)
        grants = self._ledger.grants_by_id(count_grants(scan))
        around = gather_circumstances(self._ledger, grants, now=report.made_at, with_scenes=False)
        grants = with_ends(grants, around)
        moment = Moment(
            occasion=question.occasion,
            grants=grants,
            expiring_days=settings.expiring_days,
            vanished=change.vanished,
            deleted=change.deleted,
            of_format=question.of_format,
        )
        names = name_grants(report, grants)
        against = stopping(report, settings) if settings.stops(question.occasion) else ()
        answer = GuardAnswer(
            occasion=question.occasion,
            outputs=asked.outputs,
            verdict=report.verdict,
            alerts=find_alerts(report, moment),
            of_format=question.of_format,
            names=names,
        )
        if settings.problem and settings.stops(question.occasion):
            answer = replace(
                answer,
                stopped=True,
                why=f"{_what(question)} was stopped: the studio's rules for alerts cannot be read, so nobody "
                f"knows what they would stop. {settings.problem}",
            )
        elif against:
            answer = replace(
                answer, stopped=True, why=_explain(question, report, against, names), against=against
            )
        with self._lock:
            if memory is self._memory:  # else another file was opened meanwhile
                memory.answers[question, _mark(scan)] = _Known(
                    scan, settings, answer, self._clock.monotonic() + GOOD_FOR_S
                )
                while len(memory.answers) > KEPT:
                    memory.answers.popitem(last=False)
        return answer

    def _look(self, memory: _Memory, scan: SceneScan) -> Change:
        with self._lock:
            change = look(memory.seen, scan)
            memory.seen = change.seen
        return change


def not_known(question: Question, settings: AlertSettings, why: str) -> GuardAnswer:
    """Answer for a scene that could not be judged: where it can be stopped, it is."""
    stopped = settings.stops(question.occasion)
    return GuardAnswer(
        occasion=question.occasion,
        outputs=question.asked.outputs,
        verdict=Verdict.NEEDS_REVIEW,
        stopped=stopped,
        why=f"{_what(question)} was stopped: {why}" if stopped else "",
        of_format=question.of_format,
    )


def stopping(report: Report, settings: AlertSettings) -> tuple[Finding, ...]:
    """Return the findings that stop a scene, worst first; empty where its verdict is not bad enough."""
    limit = WEIGHT[settings.stop_at]
    if WEIGHT[report.verdict] < limit:
        return ()
    heavy = {Severity.ERROR} if limit > WEIGHT[Verdict.UNDECLARED] else {Severity.ERROR, Severity.WARNING}
    return tuple(one for one in report.findings if one.decides and one.severity in heavy) or tuple(
        one for one in report.findings if one.decides
    )


def _explain(question: Question, report: Report, against: tuple[Finding, ...], names: dict[str, str]) -> str:
    """Write why something was stopped: the worst obstacle in full, the others counted."""
    first = against[0]
    about = dict.fromkeys(one.subject for one in against if one.subject)
    who = names.get(first.subject) or first.subject
    said = f"{who}: {first.message}" if who else first.message
    others = len(about) - (1 if first.subject else 0)
    stand = "part stands" if others == 1 else "parts stand"
    more = f" {others:,} more {stand} against it." if others > 0 else ""
    return f"{_what(question)} was stopped for “{shorten(report.use.name)}”. {said}{more} {first.how_to_fix}"


def _what(question: Question) -> str:
    match question.occasion:
        case Occasion.EXPORT:
            return f"The export as .{question.of_format}" if question.of_format else "The export"
        case Occasion.RENDER:
            return "The render"
        case Occasion.LOAD | Occasion.SAVE:
            return "It"


def take_part(scan: SceneScan, keys: Collection[Key]) -> SceneScan:
    """Return a scan of only those data-blocks, without what is noted of the whole file."""
    return replace(
        scan,
        data_blocks=tuple(one for one in scan.data_blocks if (one.id_type, one.session_uid) in keys),
        register=(),
        quiet={},
    )


def _mark(scan: SceneScan) -> int:
    """Return what finds a scene among others; quick."""
    return hash((scan.data_blocks, scan.register))
