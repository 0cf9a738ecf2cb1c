"""Sounds by the standard library alone: a WAV file of 16 bits, as a buyer of music or effects gets."""

from __future__ import annotations

import io
import math
import random
import sys
import wave
from array import array

RATE = 22050
_SCALE = (0, 2, 4, 7, 9, 12, 14, 16)
_BASE_HZ = 110.0
_LOUD = 9000


def make_music(*, seconds: float, bpm: int, seed: int, rate: int = RATE) -> bytes:
    """Make a plain tune: one note of a pentatonic scale to each beat, each dying away, in stereo."""
    chance = random.Random(seed)
    count, beat = round(seconds * rate), max(1, round(60 * rate / bpm))
    notes = [_note(chance.choice(_SCALE), beat, rate) for _ in range(min(8, count // beat + 1))]
    order = [chance.randrange(len(notes)) for _ in range(count // beat + 1)]
    tune = array("h")
    for number in order:
        tune.extend(notes[number])
    return encode_sound(tune[:count], channels=2, rate=rate)


def make_effect(*, seconds: float, seed: int, rate: int = RATE) -> bytes:
    """Make a sound effect: noise that swells and dies away, in mono."""
    chance = random.Random(seed)
    count = max(1, round(seconds * rate))
    low, samples = 0.0, array("h")
    for place in range(count):
        low += 0.08 * (chance.uniform(-1.0, 1.0) - low)
        samples.append(round(3 * _LOUD * low * math.sin(math.pi * place / count)))
    return encode_sound(samples, channels=1, rate=rate)


def encode_sound(samples: array[int], *, channels: int, rate: int = RATE) -> bytes:
    """Write samples of 16 bits as WAV; two channels get the same samples."""
    both = samples
    if channels == 2:
        both = array("h", bytes(4 * len(samples)))
        both[0::2] = both[1::2] = samples
    if sys.byteorder == "big":
        both = both[:]
        both.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(both.tobytes())
    return out.getvalue()


def _note(step: int, length: int, rate: int) -> array[int]:
    turn = 2 * math.pi * _BASE_HZ * 2 ** (step / 12) / rate
    fall = 4.0 / length
    return array(
        "h",
        (
            round(
                _LOUD * math.exp(-fall * place) * (math.sin(turn * place) + 0.4 * math.sin(2 * turn * place))
            )
            for place in range(length)
        ),
    )
