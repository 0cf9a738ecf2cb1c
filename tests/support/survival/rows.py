# SPDX-License-Identifier: GPL-3.0-or-later
"""All rows, in the order of the table."""

from __future__ import annotations

from survival import (
    rows_converting,
    rows_copies,
    rows_editing,
    rows_files,
    rows_kept,
    rows_linking,
    rows_media,
    rows_merging,
    rows_modifiers,
    rows_surfaces,
    rows_tampering,
    table,
)

SECTIONS = (
    rows_files.SECTION,
    rows_linking.SECTION,
    rows_copies.SECTION,
    rows_merging.SECTION,
    rows_editing.SECTION,
    rows_modifiers.SECTION,
    rows_converting.SECTION,
    rows_surfaces.SECTION,
    rows_surfaces.RENDERED,
    rows_media.SECTION,
    rows_tampering.SECTION,
    rows_kept.SECTION,
)
ROWS = sorted(table.ROWS, key=lambda row: SECTIONS.index(row.section))
