import type { Clip } from "../lib/contract";
import { Player, SETTLE_MS } from "./player.svelte";

const SIZE = 3;

/** The viewer asked the browser to save data: nothing is fetched that may never be watched. */
const isSaving = (): boolean =>
  (navigator as Navigator & { connection?: { saveData?: boolean } }).connection?.saveData === true;

/**
 * Three players for any number of clips: the one watched, the next and the previous.
 *
 * The clip at index i always lies on player i % 3, so a swipe moves nothing: the next clip is already loaded and
 * paused at its first frame, and only the player two steps away is given something new.
 */
export class Pool {
  readonly players = Array.from({ length: SIZE }, () => new Player());
  /** The list index that each player stands at. */
  places = $state(Array.from({ length: SIZE }, (_, slot) => slot));
  #clips: readonly Clip[] = [];
  #index = -1;
  #isFed = false;

  at(index: number): Player {
    return this.players[((index % SIZE) + SIZE) % SIZE] as Player;
  }

  /** Makes `clips[index]` the watched clip; safe to call again when the list has grown. */
  show(clips: readonly Clip[], index: number, hasSound: boolean): void {
    this.#clips = clips;
    if (index === this.#index && clips[index]?.id === this.at(index).clip?.id) return this.#fill();
    const left = this.#index >= 0 ? this.at(this.#index) : null;
    this.#index = index;
    const clip = clips[index];
    this.#isFed = !clip;
    if (clip) this.#watch(index, clip, hasSound, left);
    else left?.leave();
    this.#fill();
  }

  #watch(index: number, clip: Clip, hasSound: boolean, left: Player | null): void {
    const player = this.at(index);
    if (left === player) left.leave();
    this.#place(index, clip);
    player.enter(hasSound, () => {
      setTimeout(() => {
        if (this.#index !== index) return;
        this.#isFed = true;
        this.#fill();
      }, SETTLE_MS);
    });
    if (left !== player) left?.leave();
  }

  /** Starts over with another list. */
  clear(): void {
    for (const player of this.players) player.close();
    this.#index = -1;
  }

  report(): void {
    this.at(this.#index).report();
  }

  /** The next clip first: it is the likelier one. */
  #fill(): void {
    if (!this.#isFed || isSaving()) return;
    for (const index of [this.#index + 1, this.#index - 1]) {
      const clip = this.#clips[index];
      if (clip) this.#place(index, clip);
    }
  }

  #place(index: number, clip: Clip): void {
    this.places[((index % SIZE) + SIZE) % SIZE] = index;
    this.at(index).open(clip);
  }
}
