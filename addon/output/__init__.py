"""Which data-blocks reach what is rendered, and which are merely in the file.

The render is that of the active scene as it is set up now: its view layers, or its sequencer where that is
what Blender renders, and the scenes that these show. Nothing is evaluated: what counts is followed from
data-block to data-block. Wherever Blender lets one data-block shape another in a way that is not known here,
both count; a data-block is only said to be out where no way to the picture or the sound was found.
"""

from __future__ import annotations

from .walk import Output, find_output

__all__ = ["Output", "find_output"]
