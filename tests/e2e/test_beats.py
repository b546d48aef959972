"""Unusual files as a browser plays what is made of them: each flash with its beep, in the right colour."""

import asyncio
import base64
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from reelm.media import Media, MediaConfig, plan
from support.machine.determinism import ManualClock, SeededEntropy
from support.media import beats, playback
from support.media.kinds import ODDITIES

# One of each kind that has to do with time or colours.
CHOSEN = (
    "VP8, smaller and back",
    "H.264, upright and then lying",
    "AC-3, 48 and then 44.1 kHz",
    "8 channels, out of order, as the file describes",
    "H.264 with sound",
    "PQ alone",
    "BT.2020",
)
# Steps through the picture frame by frame, as Media Source Extensions play it; decodes the sound at once.
_PLAY = """
async ({ data, codecs, rate, count }) => {
  const once = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const video = document.body.appendChild(document.createElement("video"));
  const presented = () =>
    new Promise((done) => video.requestVideoFrameCallback((_, frame) => done(frame.mediaTime)));
  // A frame that was decoded may not be painted yet, and a canvas would get black of it.
  const first = presented();
  const source = new MediaSource();
  video.muted = true;
  video.src = URL.createObjectURL(source);
  await once(source, "sourceopen");
  const buffer = source.addSourceBuffer(`video/mp4; codecs="${codecs}"`);
  buffer.appendBuffer(bytes);
  await once(buffer, "updateend");
  source.endOfStream();
  await first;
  const [width, height] = [video.videoWidth, video.videoHeight];
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  const at = (down) => [...context.getImageData(width / 2, Math.round(height * down), 1, 1).data].slice(0, 3);
  const frames = [];
  for (let number = 0; number < count; number++) {
    // The first one is there already, and is not presented again.
    const shown = number ? presented() : first;
    video.currentTime = (number + 0.5) / rate;
    const [time] = await Promise.all([shown, once(video, "seeked")]);
    context.drawImage(video, 0, 0);
    frames.push({ time, light: at(0.58)[1], colour: at(0.42) });
  }
  const beeps = [];
  if (codecs.includes("mp4a")) {
    const sound = await new OfflineAudioContext(2, 1, 48000).decodeAudioData(bytes.buffer);
    let last = -1;
    sound.getChannelData(0).forEach((sample, place) => {
      if (Math.abs(sample) <= 0.15) return;
      if (last < 0 || place - last > 12000) beeps.push(place / 48000);
      last = place;
    });
  }
  return { frames, beeps, length: video.duration };
}
"""


def flashes(frames: list[dict[str, Any]]) -> list[float]:
    return [now["time"] for before, now in pairwise(frames) if before["light"] < 128 <= now["light"]]


@pytest.mark.parametrize("what", CHOSEN)
async def test_a_flash_comes_with_its_beep(browser: Browser, tmp_path: Path, what: str) -> None:
    found = (each for each in ODDITIES if each.frozen_seconds in {0.0, 0.5})
    oddity = next(each for each in found if each.what == what)
    media = Media(MediaConfig(spool=tmp_path), clock=ManualClock(), entropy=SeededEntropy())
    source = await asyncio.to_thread(oddity.make)
    made = plan(await media.probe(source))
    (encoded,) = await media.encode(source, made, made.rungs, into=tmp_path, progress=lambda _: None)
    rendition = await media.package(encoded, into=tmp_path)
    plain = b"".join(playback.unseal(rendition.path, rendition.key.reveal(), rendition.pieces))
    page = await browser.new_page()
    given = {"codecs": rendition.codecs, "rate": rendition.frame_rate, "count": made.frame_count}
    seen = await page.evaluate(_PLAY, given | {"data": base64.b64encode(plain).decode()})
    await page.close()
    expected = beats.beats(float(made.duration_seconds))
    assert seen["length"] == pytest.approx(float(made.duration_seconds), abs=0.04)
    lit = [at for at in expected if at > oddity.frozen_seconds]
    assert flashes(seen["frames"]) == pytest.approx(lit, abs=0.04)
    assert seen["beeps"] == pytest.approx(expected if oddity.has_sound else [], abs=0.04)
    for frame in seen["frames"]:
        assert frame["colour"] == pytest.approx(oddity.colour, abs=8)
