import { clips } from "../lib/calls";

/** Shorter glances are not worth a request. */
const WORTH_REPORTING_MS = 250;

/** Counts how long a clip really played, loops included, and reports it once per visit. */
export class Watch {
  #since: number | null = null;
  #total = 0;

  start(): void {
    this.#since ??= performance.now();
  }

  stop(): void {
    if (this.#since === null) return;
    this.#total += performance.now() - this.#since;
    this.#since = null;
  }

  discard(): void {
    this.#since = null;
    this.#total = 0;
  }

  report(clip: string): void {
    this.stop();
    const watched = Math.round(this.#total);
    this.#total = 0;
    if (watched < WORTH_REPORTING_MS) return;
    clips.watched(clip, { watched_ms: watched }).catch(() => {
      // A lost view count is not worth a word to somebody who is already watching the next clip.
    });
  }
}
