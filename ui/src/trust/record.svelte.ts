import type { Finding, Head, Kept, Leaf, Swept } from "../verify";
import { filesAt, keeping, parseCheckpoint, parseNote, parsePolicy, readEntries, readHead, readLeaf, Refused, sweepBeside, WIDTH } from "../verify";

export const BASE = "/ledger";
export const files = filesAt(BASE);
const STORED = "reelm.ledger";
const WITNESSES = "reelm.witnesses";
/** A sweep of a record in use is behind by a few entries at its end; so is a list that is this old. */
const AGAIN_MS = 4000;
const SHOWN = 8;

export interface Entry {
  index: number;
  leaf: Leaf | null;
}

export type Sweep =
  | { state: "idle" }
  | { state: "running"; done: number; of: number }
  | { state: "done"; swept: Swept; size: number; seconds: number }
  | { state: "stopped" }
  | { state: "unread" };

function stored(): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? "null") as Kept | null;
    return typeof kept?.note === "string" && typeof kept.key === "string" && typeof kept.at === "number" ? kept : null;
  } catch {
    return null; // Storage is blocked, or was written by somebody else.
  }
}

function namedWitnesses(): string {
  try {
    return localStorage.getItem(WITNESSES) ?? "";
  } catch {
    return "";
  }
}

function seenBefore(kept: Kept | null): { entries: number; at: number } | null {
  try {
    return kept && { entries: parseCheckpoint(parseNote(new TextEncoder().encode(kept.note)).text).size, at: kept.at };
  } catch {
    return null;
  }
}

function store(kept: Kept | null): void {
  try {
    if (kept) localStorage.setItem(STORED, JSON.stringify(kept));
    else localStorage.removeItem(STORED);
  } catch {
    // As above: what was seen is known for this visit.
  }
}

/** The public ledger as this browser sees it: its head, its newest entries, and a sweep of all of it. */
export class PublicRecord {
  head = $state.raw<Head | null>(null);
  latest = $state.raw<Entry[]>([]);
  /** What is wrong with the ledger itself. */
  refused = $state.raw<Finding | null>(null);
  isAway = $state(false);
  isRead = $state(false);
  readAt = $state(Date.now());
  sweep = $state.raw<Sweep>({ state: "idle" });
  kept = $state.raw(stored());
  /** The realm's manifest, once it is read: which hosts are its own. */
  manifest: string | null = null;
  /** Whose cosignatures this visitor counts, in the words of a trust policy; empty for the realm's choice. */
  own = $state(namedWitnesses());
  /** What earlier visits left: what is told of this browser's past is told of them. */
  readonly #visit = Date.now();
  readonly #before = seenBefore(this.kept);
  #running: AbortController | null = null;

  /** Reads it now and every few seconds while somebody looks; the way to stop. */
  follow(): () => void {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const again = async (): Promise<void> => {
      if (document.visibilityState === "visible") await this.read(abort.signal);
      if (!abort.signal.aborted) timer = setTimeout(() => void again(), AGAIN_MS);
    };
    void again();
    return () => {
      abort.abort();
      clearTimeout(timer);
      this.stop();
    };
  }

  async read(signal: AbortSignal): Promise<void> {
    try {
      // Without the manifest it is not known which hosts are the realm's own, so nobody is called independent of it.
      const own = this.own === "" || this.manifest === null ? null : parsePolicy(this.own);
      const head = await readHead(files, this.kept, { visit: this.#visit, own, manifest: this.manifest, signal });
      if (head && head.checkpoint.size !== this.head?.checkpoint.size) this.latest = await newest(head, signal);
      this.head = head;
      this.refused = null;
      this.isAway = false;
      if (head) this.#keep(keeping(head, this.kept, Date.now(), this.#visit));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) this.refused = error.finding;
      else this.isAway = true;
    }
    this.readAt = Date.now();
    this.isRead = true;
  }

  async check(): Promise<void> {
    const { head } = this;
    if (!head || this.#running) return;
    const abort = new AbortController();
    this.#running = abort;
    const begun = performance.now();
    const onprogress = (done: number, of: number): void => void (this.sweep = { state: "running", done, of });
    onprogress(0, head.checkpoint.size);
    try {
      const swept = await sweepBeside(BASE, head.checkpoint, onprogress, abort.signal, this.#before);
      this.sweep = { state: "done", swept, size: head.checkpoint.size, seconds: (performance.now() - begun) / 1000 };
    } catch {
      this.sweep = { state: abort.signal.aborted ? "stopped" : "unread" };
    }
    this.#running = null;
  }

  stop(): void {
    this.#running?.abort();
  }

  /** Counts these witnesses from now on; empty for the realm's choice. @throws Refused when it is no policy. */
  count(policy: string): void {
    if (policy !== "") parsePolicy(policy);
    this.own = policy;
    try {
      localStorage.setItem(WITNESSES, policy);
    } catch {
      // Storage is blocked: it holds for this visit.
    }
    void this.read(new AbortController().signal);
  }

  /** Begin anew, as on a first visit. */
  forget(): void {
    this.kept = null;
    store(null);
    void this.read(new AbortController().signal);
  }

  #keep(kept: Kept | null): void {
    if (kept?.note === this.kept?.note) return;
    // The comparison that was just made stays on the page; the next one is with what is kept now.
    this.kept = kept;
    store(kept);
  }
}

async function newest({ checkpoint: { size } }: Head, signal: AbortSignal): Promise<Entry[]> {
  const first = Math.max(0, size - SHOWN);
  const bundles = [...new Set([Math.floor(first / WIDTH), Math.floor(Math.max(0, size - 1) / WIDTH)])];
  const read = size === 0 ? [] : bundles.map((index) =>
    readEntries(files, { level: "entries", index, width: Math.min(size - index * WIDTH, WIDTH) }, signal),
  );
  const entries = (await Promise.all(read)).flat();
  const start = (bundles[0] ?? 0) * WIDTH;
  return entries.map((entry, at) => ({ index: start + at, leaf: readLeaf(entry) })).slice(-SHOWN).reverse();
}
