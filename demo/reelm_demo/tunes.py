"""The tunes of the sample clips."""

from reelm_demo.sound import Tune

_AM, _F, _C, _G = (57, 60, 64, 69), (53, 57, 60, 65), (48, 52, 55, 60), (55, 59, 62, 67)
_DM9, _G13, _CMAJ9, _A7 = (50, 57, 60, 64), (55, 59, 64, 65), (48, 55, 59, 62), (57, 61, 64, 67)
_EM, _D, _BM, _A = (52, 55, 59, 64), (50, 54, 57, 62), (47, 50, 54, 59), (45, 49, 52, 57)
_FM7, _EM7, _DM7 = (53, 57, 60, 64), (52, 55, 59, 62), (50, 53, 57, 60)

CALM = Tune(
    bpm=66, chords=(_FM7, _EM7, _DM7, _CMAJ9), pad=0.75, pluck=0.16, pattern=(0, 2, 14, 1), decay=3, echo=310
)
DRIFT = Tune(bpm=58, chords=(_EM, _C, _G, _D), pad=0.85, bass=0.2, echo=420)
LOFI = Tune(
    bpm=78,
    chords=(_DM9, _G13, _CMAJ9, _A7),
    pad=0.35,
    pluck=0.3,
    bass=0.35,
    kick=0.45,
    hat=0.12,
    pattern=(0, 2, 1, 3, 2, 13),
)
HOUSE = Tune(
    bpm=120,
    chords=(_AM, _F, _C, _G),
    pad=0.3,
    pluck=0.32,
    bass=0.35,
    kick=0.6,
    hat=0.16,
    pattern=(0, 12, 2, 1, 14, 2, 3, 1),
)
ARCADE = Tune(
    bpm=132,
    chords=(_C, _G, _AM, _F),
    pluck=0.45,
    bass=0.3,
    kick=0.35,
    pattern=(0, 1, 2, 12, 2, 1),
    decay=7,
    echo=90,
)
MUSIC_BOX = Tune(
    bpm=84,
    chords=(_G, _EM, _C, _D),
    pluck=0.5,
    pad=0.2,
    pattern=(12, 14, 13, 15, 14, 13),
    decay=3.2,
    echo=240,
)
PULSE = Tune(
    bpm=104,
    chords=(_BM, _G, _D, _A),
    pad=0.5,
    bass=0.45,
    kick=0.5,
    hat=0.08,
    pluck=0.18,
    pattern=(0, 3, 2, 3),
)
WALTZ = Tune(
    bpm=108,
    beats=3,
    chords=(_C, _AM, _FM7, _G),
    pluck=0.42,
    bass=0.25,
    pad=0.25,
    pattern=(0, 2, 3, 2, 13, 2),
    decay=4,
)
