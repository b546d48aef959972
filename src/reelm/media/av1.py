"""One more rung in AV1: the picture of the 720p rung in two thirds of its bits, for players that decode it.

It comes last and costs the most, so it is made only where the operator wants it. A player that cannot decode
it reads its codec in the playlist, and never chooses it.
"""

from dataclasses import replace

from reelm.media.model import Plan, Rung

AV1 = "av1"
_LIKE = "720p"
_CRF, _MAX_BITS_PER_SECOND = 35, 1_400_000


def av1_rung(plan: Plan) -> Rung | None:
    """None for a source that is too small for a 720p rung: its rungs are small already."""
    for rung in plan.rungs:
        if rung.name == _LIKE:
            return replace(
                rung,
                name=f"{_LIKE}-{AV1}",
                codec=AV1,
                crf=_CRF,
                max_bits_per_second=_MAX_BITS_PER_SECOND,
            )
    return None


def every_rung(plan: Plan) -> tuple[Rung, ...]:
    """Whatever may be encoded of a source, here or elsewhere."""
    extra = av1_rung(plan)
    return (*plan.rungs, extra) if extra else plan.rungs
