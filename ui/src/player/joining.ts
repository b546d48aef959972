import Hls, { type ErrorData, type HlsConfig, type Level, type ManifestParsedData } from "hls.js/light";
import { FINAL_STATUSES } from "./failure";

/** What the realm says in a playlist that more renditions will join. */
const GROWING = "reelm.is-growing";
const FIRST_LOOK_MS = 1000;
const LAST_LOOK_MS = 15_000;
const SLOWER = 1.5;
/** What stays buffered ahead, beyond the time that fetching a better piece takes. */
const SPARE_SECONDS = 0.5;

/**
 * Gives renditions that are made while a clip plays to the hls.js that plays it.
 *
 * The playlist is read again as long as it says that it grows and the clip is watched, ever more slowly. hls.js
 * reads a playlist only once, so a second one without a video does the reading: it parses, sorts and leaves out
 * what this browser cannot decode.
 */
export class Joining {
  #hls: Hls;
  #config: Partial<HlsConfig>;
  #reader: Hls | null = null;
  #isGrowing = false;
  #isWatched = false;
  /** Something joined, and what is buffered was chosen without it. */
  #isStale = false;
  #waitMs = FIRST_LOOK_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(hls: Hls, config: Partial<HlsConfig>) {
    this.#hls = hls;
    this.#config = { ...config, autoStartLoad: false };
    hls.on(Hls.Events.MANIFEST_PARSED, (_, read) => {
      this.#isGrowing = isGrowing(read);
      this.#arm();
    });
    for (const moment of [Hls.Events.FRAG_CHANGED, Hls.Events.LEVEL_LOADED] as const) {
      hls.on(moment, () => this.#sharpen());
    }
  }

  watch(): void {
    this.#isWatched = true;
    this.#waitMs = FIRST_LOOK_MS;
    this.#arm();
  }

  rest(): void {
    this.#isWatched = false;
    clearTimeout(this.#timer);
    this.#close();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (!this.#isGrowing || !this.#isWatched) return;
    this.#timer = setTimeout(() => this.#look(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * SLOWER, LAST_LOOK_MS);
  }

  #look(): void {
    // A level whose own playlist is on its way has no place among the others yet.
    if (document.hidden || !this.#hls.loadLevelObj?.details) return this.#arm();
    const reader = (this.#reader = new Hls(this.#config));
    reader.on(Hls.Events.MANIFEST_PARSED, (_, read) => this.#take(read));
    reader.on(Hls.Events.ERROR, (_, problem) => problem.fatal && this.#missed(problem));
    reader.loadSource(this.#hls.url ?? "");
  }

  #take(read: ManifestParsedData): void {
    this.#isGrowing = isGrowing(read);
    this.#isStale = join(this.#hls, read.levels) || this.#isStale;
    this.#close();
    this.#arm();
    this.#sharpen();
  }

  /** Tried at every piece, because a clip may have to come round before one is far enough ahead. */
  #sharpen(): void {
    if (this.#isStale && this.#isWatched) this.#isStale = !sharpen(this.#hls);
  }

  #missed({ response }: ErrorData): void {
    if (FINAL_STATUSES.has(response?.code ?? 0)) this.#isGrowing = false;
    this.#close();
    this.#arm();
  }

  #close(): void {
    this.#reader?.destroy();
    this.#reader = null;
  }
}

const isGrowing = ({ sessionData }: ManifestParsedData): boolean => sessionData?.[GROWING]?.VALUE === "YES";

/** Makes `found` the levels of a playing hls.js, if they are not; those it has keep what was loaded of them. */
function join(hls: Hls, found: Level[]): boolean {
  const known = new Map(hls.levels.map((level) => [level.uri, level]));
  const offered = new Set(found.map(({ uri }) => uri));
  const gone = hls.levels.filter(({ uri }) => !offered.has(uri));
  if (gone.length === 0 && found.length === known.size) return false;
  const joined = found.map((level) => known.get(level.uri) ?? level);
  // hls.js counts its levels anew when one is removed, and only then: where none is gone, a double of one is.
  const removed = gone.length > 0 ? gone : found.filter(({ uri }) => known.has(uri)).slice(0, 1);
  hls.trigger(Hls.Events.LEVELS_UPDATED, { levels: [...removed, ...joined] });
  removed.forEach(() => hls.removeLevel(0));
  if (hls.loadLevel === -1) hls.nextLoadLevel = Math.max(hls.nextAutoLevel, 0);
  return true;
}

/** Drops what is buffered of a lesser level from the first piece on that can be here in time; whether it did. */
function sharpen(hls: Hls): boolean {
  const [playing, better] = [hls.levels[hls.currentLevel], hls.levels[hls.nextAutoLevel]];
  if (!playing || !better || playing.height >= better.height) return false;
  hls.nextLoadLevel = hls.nextAutoLevel; // Loads its playlist, and later its pieces.
  const now = hls.media?.currentTime ?? 0;
  const soonest = now + SPARE_SECONDS + hls.ttfbEstimate / 1000;
  const pieces = better.details?.fragments ?? [];
  const first = pieces.find(
    ({ start, duration }) => start >= soonest + (better.maxBitrate * duration) / hls.bandwidthEstimate,
  );
  if (!first) return false;
  // hls.js also drops what was played of the lesser level: the clip's beginning is at hand when it comes round.
  if (pieces[0]) fetch(pieces[0].url).catch(() => {});
  hls.trigger(Hls.Events.BUFFER_FLUSHING, { startOffset: first.start, endOffset: Infinity, type: null });
  return true;
}
