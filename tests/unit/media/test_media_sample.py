from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from reelm.media import Cut, Media, MediaConfig, Plan, Probe, Wanted, plan
from reelm.media.cut import WHOLE
from reelm.media.ffmpeg import Effort
from reelm.media.measure import moments_of, sample_in
from reelm.media.rates import Sample
from support.machine.determinism import ManualClock, SeededEntropy
from support.media import footage

pytestmark = pytest.mark.slow

STILL = ("-vf", "drawbox=color=gray:t=fill")
NOISY = ("-vf", "noise=alls=60:allf=t")
ACCOUNT = """\
[libx264 @ 0x1] frame I:2     Avg QP:22.04  size: 11338
[libx264 @ 0x1] frame P:34    Avg QP:25.71  size:  2988
[libx264 @ 0x1] mb I  I16..4: 12.3% 70.0% 17.7%
[libx264 @ 0x1] SSIM Mean Y:0.9768119 (16.340db)
"""


async def planned(media: Media, source: Path, cut: Cut = WHOLE) -> Plan:
    return plan(await media.probe(source), cut)


async def sampled(media: Media, source: Path) -> Sample:
    found = await media.sample(source, await planned(media, source))
    assert found is not None
    return found


async def test_a_plain_picture_takes_few_bits_and_noise_takes_many(media: Media) -> None:
    still = await sampled(media, footage.clip(name="still.mp4", seconds=1.5, extra=STILL))
    noisy = await sampled(media, footage.clip(name="noisy.mp4", seconds=1.5, extra=NOISY))
    assert still.bits_per_second * 10 < noisy.bits_per_second
    assert still.likeness_db > noisy.likeness_db


async def test_a_second_try_finds_the_same(media: Media) -> None:
    source = footage.clip(name="noisy.mp4", seconds=1.5, extra=NOISY)
    assert await sampled(media, source) == await sampled(media, source)


async def test_what_takes_too_long_to_sample_gets_the_usual_rate_factors(tmp_path: Path) -> None:
    effort = Effort(base_seconds=0.01, seconds_per_second=0.0)
    media = Media(MediaConfig(spool=tmp_path, effort=effort), clock=ManualClock(), entropy=SeededEntropy())
    source = footage.clip()
    assert await media.sample(source, await planned(media, source)) is None


async def test_what_cannot_be_decoded_gets_the_usual_rate_factors(media: Media, tmp_path: Path) -> None:
    made = await planned(media, footage.clip())
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    assert await media.sample(broken, made) is None


async def test_moments_lie_in_what_is_taken(media: Media) -> None:
    made = await planned(media, footage.clip(seconds=3.0), Cut(start_ms=1000, end_ms=2000))
    first, last = moments_of(made).at_seconds
    assert 1.0 < first < 1.5 < last < 1.7


async def test_a_clip_shorter_than_its_moments_is_sampled_whole(media: Media) -> None:
    made = await planned(media, footage.clip(seconds=0.4))
    found = moments_of(made)
    assert found.at_seconds == pytest.approx((0.0, 0.2))
    assert found.frames == 6


async def test_the_encoder_s_last_word_counts(media: Media) -> None:
    made = await planned(media, footage.clip())
    lie = "title: frame I:1 Avg QP:1 size: 99999999 SSIM Mean Y:0.9 (99.0db)\n"
    assert sample_in(lie + ACCOUNT, made) == sample_in(ACCOUNT, made)
    assert sample_in(ACCOUNT, made) == Sample(round((11338 / 2 + 2988 * 29.5) * 8), 16.34)


@pytest.mark.parametrize(
    "account", ["", ACCOUNT.replace("SSIM", "PSNR"), ACCOUNT.replace("frame I", "frame B")]
)
async def test_an_account_that_lacks_something_is_no_sample(media: Media, account: str) -> None:
    assert sample_in(account, await planned(media, footage.clip())) is None


async def test_all_rungs_of_a_sampled_clip_change_together(media: Media) -> None:
    probe = await media.probe(footage.clip(name="large.mp4", size="720x1280", seconds=0.4))
    assert [rung.crf for rung in plan(probe).rungs] == [24, 24]
    easy = plan(replace(probe, sample=Sample(bits_per_second=100_000, likeness_db=22.0)))
    assert [rung.crf for rung in easy.rungs] == [26, 26]
    hard = plan(replace(probe, sample=Sample(bits_per_second=3_200_000, likeness_db=15.0)))
    assert [rung.crf for rung in hard.rungs] == [30, 29]
    assert [rung.max_bits_per_second for rung in hard.rungs] == [800_000, 2_000_000]


async def test_an_encoder_elsewhere_makes_the_same_rungs(media: Media) -> None:
    probe = await media.probe(footage.clip(name="large.mp4", size="720x1280", seconds=0.4))
    easy = replace(probe, sample=Sample(bits_per_second=100_000, likeness_db=22.0))
    sent = msgspec.json.encode(Wanted(easy, ("480p", "720p")))
    assert msgspec.json.decode(sent, type=Wanted).plan == plan(easy)


async def test_facts_from_before_there_were_samples_give_the_usual_rungs(media: Media) -> None:
    probe = await media.probe(footage.clip())
    facts = msgspec.to_builtins(probe)
    del facts["sample"]
    assert plan(msgspec.convert(facts, Probe)) == plan(probe)
