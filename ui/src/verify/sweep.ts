/** Reads every entry of a log and recomputes its root: what an auditor does, in this browser. */
import { isEqual, type Bytes } from "./bytes";
import type { Checkpoint } from "./checkpoint";
import { finding, reason, Refused, told, type Claim, type Finding } from "./claim";
import { backdated, Dates, latestMoment, readLeaf, type Leaf } from "./leaf";
import { Frontier, leafHash, rootOf } from "./merkle";
import { asText } from "./note";
import { pathOf, readEntries, readHashes, tilesOf, WIDTH, type Files, type Tile } from "./tiles";

/** So many files are on their way while one is hashed; browsers open six connections to a host. */
const AHEAD = 12;
/** Nothing more is learned from a log of which so much is missing or wrong. */
const MOST_FAULTS = 64;
const BUDGET_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Swept {
  claims: Claim[];
  /** How many leaves of each kind there are. */
  kinds: Record<string, number>;
  /** The newest `manifest.publish`. */
  manifest: Leaf | null;
}

/** How a log is swept. */
export interface Sweeping {
  nowSeconds: number;
  /** How many entries there were at the last visit, and when that was; null at the first. */
  before: { entries: number; at: number } | null;
  budgetMs: number;
  signal: AbortSignal | null;
}

export type OnProgress = (done: number, of: number) => void;

/** The answer to one question: what was asked for, that it is not there or not of its form, or that nobody answered. */
type Answer<T> = { got: T } | { refused: Finding } | { unread: true };
type Read = [tile: Tile, entries: Answer<Bytes[]>, hashes: Answer<Bytes[]>];

/** @throws DOMException named AbortError when the signal fired. */
export async function sweep(files: Files, checkpoint: Checkpoint, onprogress: OnProgress, given: Partial<Sweeping> = {}): Promise<Swept> {
  const at: Sweeping = { nowSeconds: Date.now() / 1000, before: null, budgetMs: BUDGET_MS, signal: null, ...given };
  const over = AbortSignal.timeout(at.budgetMs);
  const signal = at.signal ? AbortSignal.any([at.signal, over]) : over;
  const read: Files = (path) => files(path, signal);
  const found = new Tally(at);
  let minimum: Promise<number> | null = null;
  const pair = async (tile: Tile): Promise<Read> => {
    const level = { ...tile, level: 0 } as const;
    const [entries, hashes] = await Promise.all([answer(readEntries(read, tile)), answer(readHashes(read, level))]);
    // Asked for only where something is missing: nearly no log has it.
    const isGone = "refused" in entries && entries.refused.key === "refused.file-missing";
    if (isGone) found.minimum = await (minimum ??= minimumOf(read));
    return [tile, entries, hashes];
  };
  for await (const [tile, entries, hashes] of inOrder(tilesOf("entries", checkpoint.size), pair)) {
    at.signal?.throwIfAborted();
    found.take(tile, entries, hashes);
    onprogress(tile.index * WIDTH + tile.width, checkpoint.size);
    if (over.aborted || found.faults >= MOST_FAULTS) {
      found.stop(checkpoint.size);
      break;
    }
  }
  if (!found.isStopped) await found.compareAbove(read, checkpoint.size);
  return { claims: found.claims(checkpoint), kinds: found.kinds, manifest: found.manifest };
}

class Tally {
  readonly kinds: Record<string, number> = {};
  manifest: Leaf | null = null;
  isStopped = false;
  /** Entries below it may be gone; their hashes may not. */
  minimum = 0;
  #read = 0;
  #pruned = 0;
  #unread: Finding | null = null;
  #missing: Finding[] = [];
  #tiles: string[] = [];
  #refused: number[] = [];
  #dates: Finding[] = [];
  readonly #order: Dates;
  readonly #frontier = new Frontier();
  readonly #above: Bytes[] = [];
  #isWhole = true;

  readonly #at: Sweeping;

  constructor(at: Sweeping) {
    this.#at = at;
    this.#order = new Dates(latestMoment(at.nowSeconds));
  }

  get faults(): number {
    return this.#missing.length + this.#tiles.length + (this.#isWhole ? 0 : 1);
  }

  take(tile: Tile, entries: Answer<Bytes[]>, published: Answer<Bytes[]>): void {
    if ("unread" in entries || "unread" in published) this.#unread ??= finding("found.unanswered");
    const isGone = "refused" in entries && entries.refused.key === "refused.file-missing";
    const isPruned = isGone && this.minimum >= tile.index * WIDTH + tile.width;
    if ("refused" in entries && !isPruned) this.#missing.push(entries.refused);
    if ("refused" in published) this.#tiles.push(pathOf({ ...tile, level: 0 }));
    if (isPruned) this.#pruned += tile.width;
    const mine = "got" in entries ? entries.got.map(leafHash) : null;
    const theirs = "got" in published ? published.got : null;
    if (mine && theirs && !mine.every((hash, at) => isEqual(hash, theirs[at]!))) this.#tiles.push(pathOf({ ...tile, level: 0 }));
    if ("got" in entries) for (const [at, entry] of entries.got.entries()) this.#take(tile.index * WIDTH + at, entry);
    const hashes = mine ?? theirs;
    if (!hashes) this.#isWhole = false;
    if (!hashes || !this.#isWhole) return;
    for (const hash of hashes) this.#frontier.push(hash);
    if (tile.width === WIDTH) this.#above.push(rootOf(hashes));
  }

  /** The rest is not read: the time is over, or too much of it is wrong. */
  stop(entries: number): void {
    if (this.#frontier.size === entries) return;
    this.isStopped = true;
    this.#unread ??= finding("found.stopped", { read: this.#read, entries });
  }

  /** The tiles above the lowest ones say what follows from those. */
  async compareAbove(read: Files, size: number): Promise<void> {
    let below = this.#above;
    for (let level = 1; below.length > 0 && this.#isWhole; level += 1) {
      const next: Bytes[] = [];
      for (const tile of tilesOf(level, size)) {
        const mine = below.slice(tile.index * WIDTH, tile.index * WIDTH + tile.width);
        const published = await answer(readHashes(read, tile));
        if ("unread" in published) this.#unread ??= finding("found.unanswered");
        else if (!("got" in published) || !mine.every((hash, at) => isEqual(hash, published.got[at]!))) this.#tiles.push(pathOf(tile));
        if (tile.width === WIDTH) next.push(rootOf(mine));
      }
      below = next;
    }
  }

  claims({ size, root }: Checkpoint): Claim[] {
    const isSame = this.#isWhole && this.#frontier.size === size && isEqual(this.#frontier.root, root);
    return [this.#complete(size, isSame), this.#judgeTiles(size, isSame), this.#shape(size), this.#time(size)];
  }

  #complete(entries: number, isSame: boolean): Claim {
    const id = "ledger.complete";
    if (this.#missing.length > 0) return told(id, "altered", ...this.#missing.slice(0, 3));
    if (this.#unread) return told(id, "unread", this.#unread);
    if (!isSame) return told(id, "altered", finding("found.complete.other", { entries }));
    if (entries === 0) return told(id, "none", finding("found.none"));
    if (this.#pruned > 0) return this.#removed();
    return told(id, "read", finding("found.complete", { count: entries }));
  }

  #removed(): Claim {
    const count = this.#pruned;
    const days = this.manifest?.fields["retention_days"];
    if (typeof days !== "number") return told("ledger.complete", "undeclared", finding("found.pruned.undeclared", { count }));
    const age = this.#at.nowSeconds * 1000 - Date.parse(this.#order.first);
    if (!(age + DAY_MS >= days * DAY_MS)) return told("ledger.complete", "early", finding("found.pruned.early", { count, days }));
    return told("ledger.complete", "pruned", finding("found.pruned", { count, read: this.#read }));
  }

  #judgeTiles(size: number, isSame: boolean): Claim {
    const id = "ledger.tiles";
    if (this.#tiles.length > 0) return told(id, "altered", finding("found.tiles.not", { paths: this.#tiles.slice(0, 3).join(", ") }));
    if (this.#unread) return told(id, "unread", this.#unread);
    if (size === 0) return told(id, "none", finding("found.none"));
    // Entries that hash to what the tiles have, and to another root than the signed one, speak against both.
    return isSame ? told(id, "read", finding("found.tiles")) : told(id, "altered", finding("found.complete.other", { entries: size }));
  }

  #shape(size: number): Claim {
    const id = "ledger.shape";
    const numbers = this.#refused.slice(0, 3).join(", ");
    if (numbers !== "") return told(id, "refused", finding("found.shape.not", { numbers }));
    if (this.#unread) return told(id, "unread", this.#unread);
    if (size === 0) return told(id, "none", finding("found.none"));
    if (this.#read === 0) return told(id, "unread", finding("found.stopped", { read: 0, entries: size }));
    return told(id, "form", finding("found.shape", { count: this.#read }));
  }

  #time(size: number): Claim {
    const id = "ledger.time";
    if (this.#dates.length > 0) return told(id, "disordered", ...this.#dates.slice(0, 3));
    if (this.#unread) return told(id, "unread", this.#unread);
    if (size === 0) return told(id, "none", finding("found.none"));
    if (this.#read === 0) return told(id, "unread", finding("found.stopped", { read: 0, entries: size }));
    const found = finding("found.time", { count: this.#read });
    return told(id, this.#read < size ? "sampled" : "read", found);
  }

  #take(index: number, entry: Bytes): void {
    const leaf = readLeaf(entry);
    this.#read += 1;
    if (!leaf) {
      this.#refused.push(index);
      return;
    }
    const { before } = this.#at;
    const fault = this.#order.take(leaf.time, index) ?? (before && index >= before.entries ? backdated(leaf.time, index, before.at) : null);
    if (fault) this.#dates.push(fault);
    this.kinds[leaf.kind] = (this.kinds[leaf.kind] ?? 0) + 1;
    if (leaf.kind === "manifest.publish") this.manifest = leaf;
  }
}

async function answer<T>(asked: Promise<T>): Promise<Answer<T>> {
  try {
    return { got: await asked };
  } catch (error) {
    return error instanceof Refused ? { refused: reason(error) } : { unread: true };
  }
}

/** Below which entries may be gone; their hashes may not. */
async function minimumOf(read: Files): Promise<number> {
  const raw = await answer(read("minimum-index"));
  const text = "got" in raw && raw.got ? asText(raw.got).trim() : "0";
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
}

/** Reads some ahead, and hands over one after the other. */
async function* inOrder<T>(tiles: Generator<Tile, void>, read: (tile: Tile) => Promise<T>): AsyncGenerator<T> {
  const running: Promise<T>[] = [];
  for (;;) {
    while (running.length < AHEAD) {
      const next = tiles.next();
      if (next.done) break;
      running.push(read(next.value));
    }
    const first = running.shift();
    if (!first) return;
    yield await first;
  }
}
