"""A short sound, computed here, so that the demo has something to play."""

from __future__ import annotations

import math
import wave
from array import array
from io import BytesIO

RATE = 16_000
NOTES = (523.25, 659.25, 783.99)  # c, e and g, in hertz
SECONDS = 0.6


def chime() -> bytes:
    """Return three rising notes as a WAV file."""
    frames = array("h")
    for note in NOTES:
        for number in range(int(RATE * SECONDS)):
            fading = math.exp(-6 * number / RATE)
            frames.append(int(12_000 * fading * math.sin(2 * math.pi * note * number / RATE)))
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, RATE, len(frames), "NONE", ""))
        sound.writeframes(frames.tobytes())
    return file.getvalue()
