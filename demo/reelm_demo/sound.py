"""Small pieces of music as one expression for ffmpeg's ``aevalsrc``."""

from dataclasses import dataclass

_RATE = 32_000
_A4, _A4_HZ = 69, 440.0


@dataclass(frozen=True, slots=True)
class Tune:
    """What is played.

    Attributes:
        bpm: beats per minute.
        chords: MIDI notes of each chord, repeated in order.
        beats: beats per chord.
        pad, pluck, bass, kick, hat: how loud each voice is; 0 leaves it out.
        pattern: which note of the chord each half beat plucks, counted from 0; 12 more is an octave up.
        decay: how fast a plucked note dies, per second.
        echo: length of the room in milliseconds.
    """

    bpm: float
    chords: tuple[tuple[int, ...], ...]
    beats: int = 4
    pad: float = 0.0
    pluck: float = 0.0
    bass: float = 0.0
    kick: float = 0.0
    hat: float = 0.0
    pattern: tuple[int, ...] = (0, 1, 2, 3)
    decay: float = 5.0
    echo: int = 160


def play(tune: Tune, *, seconds: float) -> str:
    """A chain of audio filters that makes ``tune``, without the label of its output."""
    voices = [voice for voice in (_pad(tune), _pluck(tune), _bass(tune), _kick(tune), _hat(tune)) if voice]
    echo = f"aecho=0.9:0.9:{tune.echo}|{tune.echo * 2 + 13}|{tune.echo * 3 + 31}:0.32|0.2|0.11"
    return (
        f"aevalsrc='{'+'.join(voices)}':s={_RATE}:d={seconds},{echo},aformat=channel_layouts=stereo,"
        f"stereowiden=delay=15:feedback=0.2:crossfeed=0.25:drymix=0.9,alimiter=limit=0.85:level=0,"
        f"afade=in:d=0.15,afade=out:st={seconds - 0.7:.2f}:d=0.7"
    )


def _hz(note: int) -> str:
    return f"{_A4_HZ * 2 ** ((note - _A4) / 12):.2f}"


def _by_chord(tune: Tune, branches: list[str]) -> str:
    """The branch of the chord that sounds now; the others are not computed."""
    length = tune.beats * 60 / tune.bpm
    expression = branches[-1]
    for place in range(len(branches) - 2, -1, -1):
        at = f"mod(t,{length * len(branches):.5f})"
        expression = f"if(lt({at},{length * (place + 1):.5f}),{branches[place]},{expression})"
    return expression


def _pad(tune: Tune) -> str:
    if not tune.pad:
        return ""
    length = tune.beats * 60 / tune.bpm
    swell = f"min(1,6*mod(t,{length:.5f})/{length:.5f})*min(1,10*(1-mod(t,{length:.5f})/{length:.5f}))"
    chords = []
    for chord in tune.chords:
        waves = [f"sin(2*PI*{_hz(note)}*t)+0.4*sin(2*PI*{_hz(note)}*1.004*t+1)" for note in chord]
        chords.append(f"({'+'.join(waves)})")
    return f"{tune.pad / 4:.3f}*{swell}*{_by_chord(tune, chords)}"


def _pluck(tune: Tune) -> str:
    if not tune.pluck:
        return ""
    step = 30 / tune.bpm
    chords = []
    for chord in tune.chords:
        notes = [chord[index % 12 % len(chord)] + 12 * (index // 12) for index in tune.pattern]
        choice = _hz(notes[-1])
        for place in range(len(notes) - 2, -1, -1):
            at = f"mod(t,{step * len(notes):.5f})"
            choice = f"if(lt({at},{step * (place + 1):.5f}),{_hz(notes[place])},{choice})"
        chords.append(choice)
    # Remembered in the expression's own variables: 0 is the time in this note, 1 its frequency.
    tone = "sin(2*PI*ld(1)*ld(0))+0.35*sin(4*PI*ld(1)*ld(0))*exp(-3*ld(0))+0.12*sin(6*PI*ld(1)*ld(0))"
    hold = f"st(0,mod(t,{step:.5f}))*0+st(1,{_by_chord(tune, chords)})*0"
    return f"({hold}+{tune.pluck:.3f}*min(1,400*ld(0))*exp(-{tune.decay}*ld(0))*({tone}))"


def _bass(tune: Tune) -> str:
    if not tune.bass:
        return ""
    beat = 60 / tune.bpm
    roots = [f"{_hz(min(chord) - 12)}" for chord in tune.chords]
    hold = f"st(2,mod(t,{beat:.5f}))*0+st(3,{_by_chord(tune, roots)})*0"
    tone = "sin(2*PI*ld(3)*ld(2))+0.3*sin(4*PI*ld(3)*ld(2))"
    return f"({hold}+{tune.bass:.3f}*min(1,200*ld(2))*exp(-2.2*ld(2))*({tone}))"


def _kick(tune: Tune) -> str:
    if not tune.kick:
        return ""
    beat = 60 / tune.bpm
    thump = "exp(-8*ld(4))*sin(2*PI*(46*ld(4)+4.5*(1-exp(-28*ld(4)))))"
    return f"(st(4,mod(t,{beat:.5f}))*0+{tune.kick:.3f}*{thump})"


def _hat(tune: Tune) -> str:
    if not tune.hat:
        return ""
    beat = 60 / tune.bpm
    return f"{tune.hat:.3f}*(random(5)*2-1)*exp(-60*mod(t+{beat / 2:.5f},{beat:.5f}))"
