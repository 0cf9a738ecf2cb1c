"""Intended uses that a studio recognizes, to start a use file from. Plans, not advice: check every number."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..model.intended_use import IntendedUse, OutputKind, Purpose

PRESETS: Mapping[str, IntendedUse] = MappingProxyType(
    {
        "film": IntendedUse(
            name="Film",
            outputs=frozenset({OutputKind.VIDEO, OutputKind.RENDER, OutputKind.FILE_SHARE_INTERNAL}),
            media=("cinema", "streaming", "tv"),
            seats=12,
        ),
        "tv_commercial": IntendedUse(
            name="TV commercial",
            outputs=frozenset({OutputKind.VIDEO, OutputKind.RENDER}),
            media=("tv", "web", "social"),
        ),
        "web_ad": IntendedUse(
            name="Web advertisement", outputs=frozenset({OutputKind.RENDER}), media=("web", "social", "email")
        ),
        "archviz_still": IntendedUse(
            name="Architectural still",
            outputs=frozenset({OutputKind.RENDER, OutputKind.PRINT}),
            media=("web", "presentation", "press"),
            print_run=2_000,
        ),
        "game": IntendedUse(
            name="Game",
            outputs=frozenset({OutputKind.INTERACTIVE_PACKED, OutputKind.RENDER, OutputKind.VIDEO}),
            media=("game", "web", "social"),
            protected=True,
        ),
        "product_configurator": IntendedUse(
            name="Product configurator",
            outputs=frozenset({OutputKind.INTERACTIVE_OPEN_FORMAT, OutputKind.RENDER}),
            media=("web", "app"),
        ),
        "editorial_illustration": IntendedUse(
            name="Editorial illustration",
            purpose=Purpose.EDITORIAL,
            outputs=frozenset({OutputKind.RENDER, OutputKind.PRINT}),
            media=("web", "magazine"),
            print_run=50_000,
        ),
        "asset_handover": IntendedUse(
            name="Asset hand-over",
            outputs=frozenset({OutputKind.FILE_SHARE_CONTRACTOR, OutputKind.RENDER}),
            media=("internal",),
        ),
    }
)
