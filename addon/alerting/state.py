"""What is remembered between two looks; held by :mod:`addon.runtime`, so that nothing else keeps state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from ...core.model.alert import GuardAnswer
    from ...core.model.scene import SceneScan
    from ...core.services.exported import Files, Mark
    from ...core.services.reporting.alert_file import AlertFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Popup:
    """Something to be shown for a moment, as soon as there is a window for it."""

    title: str
    lines: tuple[str, ...]
    icon: str
    has_panel: bool = True
    """The panel of the alerts says more."""


@dataclass(slots=True, kw_only=True)
class StoppedRender:
    """A scene whose settings were changed so that its render ends at once, and what they were."""

    scene: str
    settings: tuple[tuple[str, Any], ...]
    """Paths from the scene and values, in the order in which they are put back."""
    has_engine: bool = False
    """The engine that only says why was registered for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeGltf:
    """How a scene stood before the glTF exporter began."""

    scene: str
    frame: int
    subframe: float
    mode: str


@dataclass(slots=True, kw_only=True)
class Dialog:
    """An export's file dialog that is open, as it was last checked."""

    key: tuple[object, ...]
    """Its operator and those of its options that decide what is written."""
    answer: GuardAnswer | None = None
    """None while it is being judged."""
    narrowed: bool = False
    """"Selected only" was switched on, since the rest may not leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A file that an export's dialog would write, as it stood when it was last drawn."""

    path: Path
    ending: str
    options: dict[str, Any]
    """Those that decide which objects it takes."""


@dataclass(slots=True)
class Written:
    """Which files exporters wrote where we look, as far as is known."""

    folders: dict[Path, Files | None] = field(default_factory=dict)
    """What was in them last; None: they were not looked at yet."""
    bare: dict[Path, Mark] = field(default_factory=dict)
    """What appeared without a rights file; one may still be on its way."""
    told: set[tuple[Path, Mark]] = field(default_factory=set)
    expected: Expected | None = None
    """What the file dialog that was open last would write."""
    next_at: float = 0.0
    """When to look again, on the clock of :func:`time.monotonic`."""
    is_looking: bool = False


@dataclass(slots=True)
class Watching:
    """What alerting remembers. Changed on the main thread; a render's thread only reads ``render``."""

    file: AlertFile | None = None
    """Where the studio's wishes are read, with what was read last."""
    render: GuardAnswer | None = None
    """The last answer for a render of the open file; None: nobody has judged it yet."""
    export: GuardAnswer | None = None
    """The last answer for an export of the whole scene."""
    stopped: StoppedRender | None = None
    popups: list[Popup] = field(default_factory=list)
    dialog: Dialog | None = None
    closing: GuardAnswer | None = None
    """Why the dialogs of exports are about to be closed."""
    before_gltf: BeforeGltf | None = None
    written: Written = field(default_factory=Written)
    saving: SceneScan | None = None
    """The scene as it was read before the save that is going on."""
    has_keys: bool = False
    """The keys that start renders ask us first."""
    files: int = 0
    """How many files were opened so far: an answer about one before is none about this one."""

    def forget_file(self) -> None:
        """Another file was opened."""
        self.files += 1
        self.render = self.export = self.dialog = None
        self.written = Written()
