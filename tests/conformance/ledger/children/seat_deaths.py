"""Be killed at every boundary of an act, in children of this process; say how many kills there were."""

from __future__ import annotations

import sys

from seat_drill import drill_deaths

place, what = sys.argv[1:]
print(drill_deaths(place, what, first=1), flush=True)
