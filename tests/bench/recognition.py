"""Measure recognition: 100,000 known fingerprints, and taking them of one large mesh and one large image.

Beside finding one among them: comparing it with each in turn. Beside NumPy: the same measuring without it.
"""

from __future__ import annotations

import io
import math
import random
import statistics
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ledger_values import make_grant
from PIL import Image
from varied_content import make_image, make_mesh

from core.clock import SystemClock
from core.fingerprints import (
    ImageFingerprint,
    MeshFingerprint,
    fingerprint_file,
    fingerprint_mesh,
    moments,
    moments_numpy,
)
from core.fingerprints import images as image_fingerprints
from core.fingerprints import meshes as mesh_fingerprints
from core.ledger.engine import open_ledger
from core.model.fingerprint import ContentKind, KnownContent
from core.model.mesh import MeshArrays
from core.services.reporting.known_content import KeptIndex
from core.services.reporting.recognize import Recognize

Row = tuple[str, str, str, str] | tuple[str, str, str, str, bool]
"""What, ours, beside, ratio, and where there is a bar whether it is met."""
PER_GRANT = 500
MADE = 400
"""So many are really taken; the others are those, changed as much as strangers differ."""


def measure_recognition(folder: Path, runs: int, known: int) -> list[Row]:
    """Fill a ledger with half meshes, half images, and measure."""
    rng = random.Random(1)
    shapes = [shape for seed in range(MADE) if (shape := fingerprint_mesh(*make_mesh(seed))) is not None]
    pictures = [fingerprint_file(encode(make_image(seed))) for seed in range(MADE)]
    with closing(open_ledger(folder / "ledger.sqlite")) as ledger:
        contents = list(make_contents(rng, shapes, pictures, known))
        for number in range(0, known, PER_GRANT):
            grant = make_grant(number)
            own = [replace(one, grant_id=grant.id) for one in contents[number : number + PER_GRANT]]
            with ledger.transaction() as work:
                work.add_grant(grant)
                work.replace_fingerprints(grant.id, own)
        size = (folder / "ledger.sqlite").stat().st_size
        service = Recognize(ledger=ledger, clock=SystemClock(), index=KeptIndex(ledger), name_of=str)
        started = time.perf_counter()
        index = service.index.get()
        built_s = time.perf_counter() - started
        again_s = timed(service.index.get, 20)
        mesh_s = timed(lambda: index.meshes.find(shapes[rng.randrange(len(shapes))]), 200)
        image_s = timed(lambda: index.images.find(pictures[rng.randrange(len(pictures))]), 200)
        every_shape = [shapes[n % len(shapes)] for n in range(known // 2)]
        mesh_all_s = timed(lambda: [mesh_fingerprints.compare(one, shapes[0]) for one in every_shape], 1)
        some = [pictures[n % len(pictures)] for n in range(400)]
        image_all_s = timed(lambda: [image_fingerprints.compare(one, pictures[0]) for one in some], 1)
        image_all_s *= known / 2 / len(some)
    mesh = make_ball(316)
    fast_s = statistics.median(timed(lambda: moments_numpy.measure_mesh(mesh), 1) for _ in range(runs))
    slow_s = timed(lambda: moments.measure_mesh(mesh), 1)
    photo = encode(make_image(3, 4096), "JPEG")
    decode_s = statistics.median(timed(lambda: decode(photo), 1) for _ in range(runs))
    photo_s = statistics.median(timed(lambda: fingerprint_file(photo), 1) for _ in range(runs))
    return [
        (
            f"index of {known:,} fingerprints, from the ledger",
            f"{built_s:.1f} s once, {again_s * 1000:.1f} ms when nothing changed",
            f"{size / known:.0f} bytes each in the ledger",
            "",
        ),
        (
            "find one mesh among them", f"{mesh_s * 1000:.2f} ms",
            f"comparing with each {mesh_all_s * 1000:.0f} ms", f"{mesh_all_s / mesh_s:.0f} × faster",
        ),
        (
            "find one image among them", f"{image_s * 1000:.1f} ms",
            f"comparing with each {image_all_s:.0f} s", f"{image_all_s / image_s:.0f} × faster",
        ),
        (
            "fingerprint of a mesh of 100,000 vertices", f"{fast_s * 1000:.0f} ms",
            f"without NumPy {slow_s * 1000:.0f} ms", f"{slow_s / fast_s:.0f} × faster",
        ),
        (
            "fingerprint of a JPEG of 4096 × 4096", f"{photo_s * 1000:.0f} ms",
            f"decoding it alone {decode_s * 1000:.0f} ms", f"{photo_s / decode_s:.1f} × decoding",
        ),
    ]  # fmt: skip


def timed(work: Callable[[], object], times: int) -> float:
    """Return how long one run takes, of several."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def encode(image: Image.Image, form: str = "PNG") -> bytes:
    """Return an image as a file."""
    data = io.BytesIO()
    image.save(data, form)
    return data.getvalue()


def decode(data: bytes) -> int:
    """Decode an image."""
    with Image.open(io.BytesIO(data)) as opened:
        return len(opened.tobytes())


def make_contents(
    rng: random.Random, shapes: list[MeshFingerprint], pictures: list[ImageFingerprint], known: int
) -> Iterator[KnownContent]:
    """Yield as many fingerprints as wanted, by turns of a mesh and of an image, all different."""
    for number in range(known):
        if number % 2:
            shape = shapes[number // 2 % len(shapes)]
            numbers = tuple(value + rng.uniform(-0.3, 0.3) for value in shape.shape)
            points = tuple(value + rng.uniform(-0.3, 0.3) for value in shape.points)
            code = replace(shape, shape=numbers, points=points).encode()
            yield KnownContent(grant_id="", kind=ContentKind.MESH, name=f"mesh {number}", code=code)
        else:
            picture = pictures[number // 2 % len(pictures)]
            lights = bytearray(picture.lights)
            rng.shuffle(lights)
            changed = replace(
                picture,
                content_sha256=f"{number:064x}",
                lights=bytes(lights),
                frequency_hash=rng.getrandbits(64),
            )
            yield KnownContent(
                grant_id="", kind=ContentKind.IMAGE, name=f"image {number}", code=changed.encode()
            )


def make_ball(count: int) -> MeshArrays:
    """Return a dented ball of count × count vertices."""
    positions, corners = array("f"), array("i")
    for i in range(count):
        for j in range(count):
            rise, turn = math.pi * i / (count - 1), math.tau * j / count
            reach = 1 + 0.2 * math.sin(3 * rise + 1) * math.cos(2 * turn + 0.3)
            positions.extend(
                (
                    reach * math.sin(rise) * math.cos(turn),
                    reach * math.sin(rise) * math.sin(turn),
                    1.3 * reach * math.cos(rise),
                )
            )
    for i in range(count - 1):
        for j in range(count):
            beside = (j + 1) % count
            corners.extend((i * count + j, i * count + beside, (i + 1) * count + beside, (i + 1) * count + j))
    return MeshArrays(positions=positions, corners=corners, sizes=array("i", [4]) * (len(corners) // 4))
