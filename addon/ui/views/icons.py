"""Which of Blender's own icons stands for what. Pure names; all of them exist in 4.2 to 5.2."""

from __future__ import annotations

from .rows import Tone

TONES = {
    Tone.INFO: "INFO",
    Tone.BUSY: "SORTTIME",
    Tone.GOOD: "CHECKMARK",
    Tone.WARN: "ERROR",
    Tone.BAD: "CANCEL",
}
SEARCH = "VIEWZOOM"
STOP = "X"
IMPORT = "IMPORT"
EXPORT = "EXPORT"
PAGE = "URL"
RETRY = "FILE_REFRESH"
SHOW = "HIDE_OFF"
SELECT = "RESTRICT_SELECT_OFF"
REPORT = "FILE_TICK"
OVERLAY = "OVERLAY"
DECLARE = "GREASEPENCIL"
PREFERENCES = "PREFERENCES"
PICTURE = "IMAGE_DATA"
FILE = "FILE"
