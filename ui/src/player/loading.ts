import Hls, { type HlsConfig, type LoadPolicy } from "hls.js/light";
import { checkedLoader } from "./checked";

/** Answers that no retry will change: gone, withheld, not allowed, not there. */
export const FINAL_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 410, 451]);

/** How much of a clip to hold: all of it while watched, the first moments while it waits below. */
export const WATCHED_SECONDS = 30;
export const WAITING_SECONDS = 2;

const FIRST_ESTIMATE_BITS = 2_000_000;
const STORED = "reelm.bandwidth";

function policy(firstByteMs: number, wholeMs: number, retries: number): LoadPolicy {
  return {
    default: {
      maxTimeToFirstByteMs: firstByteMs,
      maxLoadTimeMs: wholeMs,
      timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: {
        maxNumRetry: retries,
        retryDelayMs: 250,
        maxRetryDelayMs: 1000,
        backoff: "exponential",
        shouldRetry: (_config, _count, _isTimeout, answer, retry) =>
          retry && !FINAL_STATUSES.has(answer?.code ?? 0),
      },
    },
  };
}

/** The last bandwidth seen, so that no clip starts by guessing. Bits per second. */
let estimate = Number(sessionStorage.getItem(STORED)) || FIRST_ESTIMATE_BITS;

export function carry(hls: Hls): void {
  const seen = hls.bandwidthEstimate;
  if (!Number.isFinite(seen) || seen <= 0) return;
  estimate = Math.round(seen);
  sessionStorage.setItem(STORED, String(estimate));
}

export const config = (bufferSeconds: number): Partial<HlsConfig> => ({
  maxBufferLength: bufferSeconds,
  maxMaxBufferLength: bufferSeconds,
  abrEwmaDefaultEstimate: estimate,
  abrEwmaDefaultEstimateMax: 50_000_000,
  testBandwidth: false,
  startLevel: -1, // With testBandwidth off: the level that the carried estimate affords.
  capLevelToPlayerSize: true,
  startFragPrefetch: true,
  fLoader: checkedLoader,
  manifestLoadPolicy: policy(5000, 10_000, 2),
  playlistLoadPolicy: policy(5000, 10_000, 2),
  keyLoadPolicy: policy(5000, 10_000, 2),
  fragLoadPolicy: policy(4000, 15_000, 2),
});
