"""How loud and how fine all sound is that is served, whichever transcoder made it. Pure."""

LOUDNESS_LUFS = -16.0
"""Integrated loudness of what is served: what streaming on telephones aims at (AES TD1008)."""

PEAK_DB = -1.5
"""What no sample is above: encoders go beyond it a little."""

SAMPLE_RATE = 48_000
BITS_PER_S = 128_000
