import type { Clip } from "../lib/contract";
import type { Engine } from "./engine";
import { explain, UNDECODABLE, UNSUPPORTED, type Fault, type PlayFailure } from "./failure";
import { Watch } from "./watch";

export type PlayerState = "idle" | "loading" | "ready" | "playing" | "paused" | "failed";

/** What is not needed for the clip swiped to waits until the swipe has come to rest. */
export const SETTLE_MS = 200;
const SLOW_MS = 400;
/** How much of a clip to hold: all of it while watched, the first moments while it waits beside. */
const WATCHED_SECONDS = 30;
const WAITING_SECONDS = 2;
/** Where a waiting clip stands: just before its second frame, so that a swipe shows movement at once. */
const PARKED_SECONDS = 0.03;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

type Engines = typeof import("./engine");

/** The streaming library arrives while the feed and the first poster do, instead of before them. */
let engines: Engines | null = null;
const loadEngines = async (): Promise<Engines> => (engines ??= await import("./engine"));
void loadEngines().catch(() => {}); // Asked for again, and explained, when there is a clip to play.

/** One <video> and what feeds it. Recycled: `open` gives it another clip, the element stays. */
export class Player {
  clip = $state.raw<Clip | null>(null);
  state = $state<PlayerState>("idle");
  /** The first picture is on screen; until then the poster stays. */
  isShown = $state(false);
  isSlow = $state(false);
  failure = $state.raw<PlayFailure | null>(null);
  /** Sound was wanted and the browser allowed none. */
  isSilenced = $state(false);
  /** The words that are spoken now, where the viewer wants to read them. */
  cue = $state("");
  position = $state(0);
  duration = $state(0);
  #video: HTMLVideoElement | null = null;
  #engine: Engine | null = null;
  #isCurrent = false;
  #wantsPlay = false;
  #attempt = 0;
  #hasRecovered = false;
  #slowTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watch = new Watch();
  #onFed: (() => void) | null = null;

  /** For `use:`/attachments: takes the element, gives it back on destroy. */
  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    const back = () => this.failure && !this.failure.isFinal && this.retry();
    addEventListener("online", back);
    return () => {
      removeEventListener("online", back);
      this.close();
      this.#video = null;
    };
  }

  /** For attachments: takes the words of a track as they come. The page shows them, so the browser must not. */
  follow(element: HTMLTrackElement): () => void {
    const { track } = element;
    track.mode = "hidden";
    track.oncuechange = () => {
      this.cue = [...(track.activeCues ?? [])].map((cue) => (cue as VTTCue).getCueAsHTML().textContent).join("\n");
    };
    return () => {
      track.oncuechange = null;
      track.mode = "disabled";
      this.cue = "";
    };
  }

  /** Loads a clip's first moments and stays paused at its first frame. */
  open(clip: Clip): void {
    if (this.clip?.id === clip.id && this.state !== "idle") return;
    this.close();
    this.clip = clip;
    this.duration = clip.duration_ms / 1000;
    this.#load();
  }

  /** Lets go of the clip, reporting what was watched of it. */
  close(): void {
    this.leave();
    this.#release();
    this.clip = null;
    this.state = "idle";
    this.#attempt = 0;
    this.#hasRecovered = false;
  }

  /** Makes this the watched clip. `whenFed` runs once when it has enough to let others load. */
  enter(hasSound: boolean, whenFed: () => void): void {
    this.#isCurrent = true;
    if (this.failure && !this.failure.isFinal) return this.retry(hasSound, whenFed);
    this.#onFed = whenFed;
    this.#engine?.watch(WATCHED_SECONDS);
    this.sound(hasSound);
    this.play();
    this.#checkFed();
  }

  /** No longer watched: back to the first frame, report the view. */
  leave(): void {
    if (!this.#isCurrent) return;
    this.#isCurrent = false;
    this.#onFed = null;
    this.pause();
    this.#settleSlow();
    this.#engine?.rest();
    if (this.clip) this.#watch.report(this.clip.id);
    setTimeout(() => this.#rewind(), SETTLE_MS);
  }

  /** Ready to be swiped back to, unless that has happened already. */
  #rewind(): void {
    if (this.#video && !this.#isCurrent && this.state === "paused") this.#video.currentTime = PARKED_SECONDS;
  }

  /** The clip was deleted while it was watched: there is nothing left to report to. */
  abandon(): void {
    this.pause();
    this.#watch.discard();
  }

  report(): void {
    if (this.#isCurrent && this.clip) this.#watch.report(this.clip.id);
  }

  play(): void {
    this.#wantsPlay = true;
    const video = this.#video;
    if (!video || !this.clip || this.state === "failed") return;
    this.#armSlow();
    // Asked before there is a source, browsers disagree on whether sound is allowed: #startEngine asks again.
    if (this.#engine || video.src !== "") video.play().catch((error: unknown) => this.#refused(error));
  }

  pause(): void {
    this.#wantsPlay = false;
    this.#video?.pause();
  }

  toggle(): void {
    if (this.state === "failed") this.retry();
    else if (this.#wantsPlay) {
      this.pause();
      this.state = "paused"; // Also before the first frame: the viewer asked, and sees that it was heard.
    } else this.play();
  }

  sound(on: boolean): void {
    this.isSilenced = false;
    if (this.#video) this.#video.muted = !on;
  }

  seek(seconds: number): void {
    if (this.#video) this.#video.currentTime = seconds;
    this.position = seconds;
  }

  retry(hasSound = !(this.#video?.muted ?? true), whenFed = this.#onFed ?? (() => {})): void {
    if (!this.clip) return;
    this.#release();
    this.#load();
    if (this.#isCurrent) this.enter(hasSound, whenFed);
  }

  /** Seconds into the clip, finer than `position`, for drawing. */
  get now(): number {
    return this.#video?.currentTime ?? 0;
  }

  /** Media element events, wired by Video.svelte. */
  readonly on = {
    loadeddata: () => {
      if (this.state === "loading") {
        this.state = "ready";
        if (!this.#isCurrent && this.#video) this.#video.currentTime = PARKED_SECONDS;
      }
      this.#checkFed();
    },
    playing: () => {
      this.state = "playing";
      this.#attempt = 0;
      this.#settleSlow();
      this.#watch.start();
    },
    pause: () => {
      this.#watch.stop();
      if (this.state === "playing") this.state = "paused";
    },
    waiting: () => {
      this.#watch.stop();
      if (this.#wantsPlay) this.#armSlow();
    },
    timeupdate: () => {
      this.position = this.#video?.currentTime ?? 0;
    },
    durationchange: () => {
      const seconds = this.#video?.duration ?? 0;
      if (Number.isFinite(seconds) && seconds > 0) this.duration = seconds;
    },
    progress: () => this.#checkFed(),
    error: () => {
      if (this.#video?.error && !this.#engine) this.#fail(UNDECODABLE);
    },
  };

  #load(): void {
    const video = this.#video;
    const url = this.clip?.playlist_url;
    if (!video || !url) return;
    this.state = "loading";
    video.requestVideoFrameCallback(() => (this.isShown = true));
    if (engines) this.#startEngine(engines, video, url);
    else void this.#startWhenHere(video, url);
  }

  async #startWhenHere(video: HTMLVideoElement, url: string): Promise<void> {
    try {
      const here = await loadEngines();
      // Swiped on meanwhile: the place may belong to another clip.
      if (this.#video === video && this.clip?.playlist_url === url && !this.#engine) this.#startEngine(here, video, url);
    } catch {
      this.#failed({ kind: "network", status: 0 });
    }
  }

  #startEngine({ start }: Engines, video: HTMLVideoElement, url: string): void {
    this.#engine = start(video, url, WAITING_SECONDS, {
      fed: () => this.#checkFed(),
      failed: (fault) => this.#failed(fault),
    });
    if (this.#isCurrent) this.#engine?.watch(WATCHED_SECONDS);
    if (!this.#engine && video.canPlayType("application/vnd.apple.mpegurl") === "") return this.#fail(UNSUPPORTED);
    if (!this.#engine) video.src = url;
    if (this.#wantsPlay) this.play();
  }

  #failed(fault: Fault): void {
    const failure = explain(fault);
    if (failure === UNDECODABLE && this.#engine && !this.#hasRecovered) {
      this.#hasRecovered = true;
      this.#engine.recover();
    } else this.#fail(failure);
  }

  #fail(failure: PlayFailure): void {
    this.#release();
    this.failure = failure;
    this.state = "failed";
    this.#fed();
    if (!this.#isCurrent || failure.isFinal || failure === UNDECODABLE) return;
    const wait = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)];
    this.#attempt += 1;
    this.#retryTimer = setTimeout(() => this.retry(), wait);
  }

  #refused(error: unknown): void {
    if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || !this.#video) return;
    if (this.#video.muted) {
      // Even silent autoplay is off (power saving): the poster stays and a tap plays.
      this.pause();
      this.#settleSlow();
      this.state = "paused";
      return;
    }
    this.#video.muted = true;
    this.isSilenced = true;
    this.play();
  }

  /** Enough is buffered for neighbours to load without starving this clip. */
  #checkFed(): void {
    const video = this.#video;
    if (!this.#onFed || !video || video.buffered.length === 0) return;
    const end = video.buffered.end(video.buffered.length - 1);
    if (end - video.currentTime < Math.min(WAITING_SECONDS, this.duration - video.currentTime - 0.2)) return;
    this.#fed();
  }

  #fed(): void {
    const fed = this.#onFed;
    this.#onFed = null;
    fed?.();
  }

  #armSlow(): void {
    clearTimeout(this.#slowTimer);
    this.#slowTimer = setTimeout(() => (this.isSlow = this.#wantsPlay), SLOW_MS);
  }

  #settleSlow(): void {
    clearTimeout(this.#slowTimer);
    this.isSlow = false;
  }

  #release(): void {
    clearTimeout(this.#retryTimer);
    this.#settleSlow();
    this.#engine?.destroy();
    this.#engine = null;
    this.failure = null;
    this.isShown = false;
    this.position = 0;
    const video = this.#video;
    if (video?.hasAttribute("src")) {
      video.removeAttribute("src");
      video.load();
    }
  }
}
