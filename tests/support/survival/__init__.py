# SPDX-License-Identifier: GPL-3.0-or-later
"""The survival table: what people do to a licensed asset in Blender, and what the report says afterwards.

Each row does one thing to assets that the extension itself imported and stamped, and names the data-blocks
that hold licensed content then. The report of the scene as it stands, and of the scene saved and opened
again, must attribute every one of them or say its loss. See `table.py` for the list of rows.
"""
