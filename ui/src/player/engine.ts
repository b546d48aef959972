import Hls, { ErrorDetails, ErrorTypes, type ErrorData, type HlsConfig, type LoadPolicy } from "hls.js/light";
import { checkedLoader } from "./checked";
import { FINAL_STATUSES, type Fault } from "./failure";
import { Joining } from "./joining";

const FIRST_ESTIMATE_BITS = 2_000_000;
const STORED = "reelm.bandwidth";

/** The last bandwidth seen in this visit, so that no clip starts by guessing. Bits per second. */
let estimate = Number(sessionStorage.getItem(STORED)) || FIRST_ESTIMATE_BITS;

function carry(hls: Hls): void {
  const seen = hls.bandwidthEstimate;
  if (!Number.isFinite(seen) || seen <= 0) return;
  estimate = Math.round(seen);
  sessionStorage.setItem(STORED, String(estimate));
}

function policy(firstByteMs: number, wholeMs: number): LoadPolicy {
  return {
    default: {
      maxTimeToFirstByteMs: firstByteMs,
      maxLoadTimeMs: wholeMs,
      timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: {
        maxNumRetry: 2,
        retryDelayMs: 250,
        maxRetryDelayMs: 1000,
        backoff: "exponential",
        shouldRetry: (_config, _count, _isTimeout, answer, retry) => retry && !FINAL_STATUSES.has(answer?.code ?? 0),
      },
    },
  };
}

const config = (seconds: number): Partial<HlsConfig> => ({
  maxBufferLength: seconds,
  maxMaxBufferLength: seconds,
  abrEwmaDefaultEstimate: estimate,
  abrEwmaDefaultEstimateMax: 50_000_000,
  testBandwidth: false,
  startLevel: -1, // With testBandwidth off: the level that the carried estimate affords.
  capLevelToPlayerSize: true,
  startFragPrefetch: true,
  fLoader: checkedLoader,
  manifestLoadPolicy: policy(5000, 10_000),
  playlistLoadPolicy: policy(5000, 10_000),
  keyLoadPolicy: policy(5000, 10_000),
  fragLoadPolicy: policy(4000, 15_000),
});

function faultOf({ type, details, response }: ErrorData): Fault {
  const isMedia = type === ErrorTypes.MEDIA_ERROR || type === ErrorTypes.MUX_ERROR;
  const isCodecs = details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR;
  return { kind: isCodecs ? "codecs" : isMedia ? "media" : "network", status: response?.code ?? 0 };
}

/** What feeds one <video> with one clip. */
export interface Engine {
  /** It is watched: buffer this far ahead from now on, and take in what joins its playlist. */
  watch(seconds: number): void;
  /** Stop fetching what is not asked for yet. */
  rest(): void;
  /** Start over after a decoding error, keeping the place. */
  recover(): void;
  destroy(): void;
}

/** Starts loading; null where the browser has no media source, and only its own player may help. */
export function start(
  video: HTMLVideoElement,
  url: string,
  seconds: number,
  on: { fed: () => void; failed: (fault: Fault) => void },
): Engine | null {
  // Never by canPlayType: Chromium answers "maybe" for HLS and then plays nothing.
  if (!Hls.isSupported()) return null;
  const hls = new Hls(config(seconds));
  const joining = new Joining(hls, config(seconds));
  hls.on(Hls.Events.FRAG_BUFFERED, () => {
    carry(hls);
    on.fed();
  });
  hls.on(Hls.Events.ERROR, (_, data) => data.fatal && on.failed(faultOf(data)));
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    watch(more) {
      hls.config.maxBufferLength = more;
      hls.config.maxMaxBufferLength = more;
      hls.resumeBuffering();
      joining.watch();
    },
    rest() {
      hls.pauseBuffering();
      joining.rest();
    },
    recover: () => hls.recoverMediaError(),
    destroy() {
      joining.rest();
      hls.destroy();
    },
  };
}
