import { untrack } from "svelte";
import { asProblem, type ApiProblem } from "./problem";

export interface Batch<T> {
  items: T[];
  cursor: string | null;
}

type Fetch<T> = (cursor: string | null, signal: AbortSignal) => Promise<Batch<T>>;

/** A list read page by page. Items repeat never: a page that overlaps the last one is merged by id. */
export class Paged<T extends { id: string }> {
  items = $state<T[]>([]);
  state = $state<"idle" | "loading" | "ready" | "failed">("idle");
  problem = $state.raw<ApiProblem | null>(null);
  isComplete = $state(false);
  #cursor: string | null = null;
  #fetch: Fetch<T>;
  #abort = new AbortController();

  constructor(fetch: Fetch<T>) {
    this.#fetch = fetch;
  }

  get isEmpty(): boolean {
    return this.items.length === 0 && this.isComplete;
  }

  /** Reads the next page; does nothing while one is on its way or when there is none. */
  async more(): Promise<void> {
    // Called from effects: asking for more must not make the asker depend on the answer.
    if (untrack(() => this.state === "loading" || this.isComplete)) return;
    this.state = "loading";
    const { signal } = this.#abort;
    try {
      const { items, cursor } = await this.#fetch(this.#cursor, signal);
      if (signal.aborted) return;
      const known = new Set(this.items.map(({ id }) => id));
      this.items.push(...items.filter(({ id }) => !known.has(id)));
      this.#cursor = cursor;
      this.isComplete = cursor === null;
      this.problem = null;
      this.state = "ready";
    } catch (error) {
      if (signal.aborted) return;
      this.problem = asProblem(error);
      this.state = this.problem === null ? "idle" : "failed";
    }
  }

  /** Starts over, keeping `first` at the head. */
  restart(first: T[] = []): Promise<void> {
    this.stop();
    this.items = first;
    this.#cursor = null;
    this.isComplete = false;
    return this.more();
  }

  /** Gives up the page on its way, for leaving. */
  stop(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    if (this.state === "loading") this.state = "idle";
  }

  drop(id: string): void {
    this.items = this.items.filter((item) => item.id !== id);
  }
}
