/** Reads every entry of a log and recomputes its root: what an auditor does, in this browser. */
import { isEqual, type Bytes } from "./bytes";
import type { Checkpoint } from "./checkpoint";
import { claim, finding, type Claim, type Finding } from "./claim";
import { reason } from "./head";
import { readLeaf, type Leaf } from "./leaf";
import { Frontier, leafHash, rootOf } from "./merkle";
import { asText } from "./note";
import { Pruned } from "./refused";
import { pathOf, readEntries, readHashes, tilesOf, WIDTH, type Files, type Tile } from "./tiles";

/** So many files are on their way while one is hashed; browsers open six connections to a host. */
const AHEAD = 12;

export interface Swept {
  claims: Claim[];
  /** How many leaves of each kind there are. */
  kinds: Record<string, number>;
  /** The newest `manifest.publish`. */
  manifest: Leaf | null;
}

export type OnProgress = (done: number, of: number) => void;

/** @throws what the browser throws when nobody answers. */
export async function sweep(files: Files, checkpoint: Checkpoint, onprogress: OnProgress, signal?: AbortSignal): Promise<Swept> {
  const found = new Tally();
  try {
    const read = (tile: Tile): Promise<[Bytes[] | null, Bytes[]]> =>
      Promise.all([readUnlessPruned(files, tile, signal), readHashes(files, { ...tile, level: 0 }, signal)]);
    for await (const [tile, [entries, hashes]] of inOrder(tilesOf("entries", checkpoint.size), read)) {
      found.take(tile, entries, hashes);
      onprogress(tile.index * WIDTH + tile.width, checkpoint.size);
    }
    await found.compareAbove(files, checkpoint.size, signal);
  } catch (error) {
    found.broken = reason(error);
  }
  return { claims: found.claims(checkpoint), kinds: found.kinds, manifest: found.manifest };
}

class Tally {
  readonly kinds: Record<string, number> = {};
  manifest: Leaf | null = null;
  broken: Finding | null = null;
  #entries = 0;
  #pruned = 0;
  #unread: number[] = [];
  #tiles: string[] = [];
  readonly #frontier = new Frontier();
  readonly #above: Bytes[] = [];

  take(tile: Tile, entries: Bytes[] | null, published: Bytes[]): void {
    const hashes = entries?.map(leafHash) ?? published;
    if (!entries) this.#pruned += tile.width;
    if (!hashes.every((hash, at) => isEqual(hash, published[at]!))) this.#tiles.push(pathOf({ ...tile, level: 0 }));
    for (const hash of hashes) this.#frontier.push(hash);
    if (tile.width === WIDTH) this.#above.push(rootOf(hashes));
    for (const [at, entry] of (entries ?? []).entries()) this.#read(tile.index * WIDTH + at, entry);
  }

  /** The tiles above the lowest ones say what follows from those. */
  async compareAbove(files: Files, size: number, signal?: AbortSignal): Promise<void> {
    let below = this.#above;
    for (let level = 1; below.length > 0; level += 1) {
      const next: Bytes[] = [];
      for (const tile of tilesOf(level, size)) {
        const mine = below.slice(tile.index * WIDTH, tile.index * WIDTH + tile.width);
        const published = await readHashes(files, tile, signal);
        if (!mine.every((hash, at) => isEqual(hash, published[at]!))) this.#tiles.push(pathOf(tile));
        if (tile.width === WIDTH) next.push(rootOf(mine));
      }
      below = next;
    }
  }

  claims({ size, root }: Checkpoint): Claim[] {
    if (this.broken !== null) return [claim("sweep.entries", "failed", this.broken)];
    return [
      isEqual(this.#frontier.root, root)
        ? claim("sweep.entries", "proven", finding("found.root", { read: size - this.#pruned, entries: size }), ...this.#removed())
        : claim("sweep.entries", "failed", finding("found.root.other", { entries: size })),
      this.#tiles.length === 0
        ? claim("sweep.tiles", "proven", finding("found.tiles"))
        : claim("sweep.tiles", "failed", finding("found.tiles.not", { paths: this.#tiles.slice(0, 3).join(", ") })),
      this.#unread.length === 0
        ? claim("sweep.leaves", "proven", finding("found.leaves", { entries: this.#entries, kinds: Object.keys(this.kinds).length }))
        : claim("sweep.leaves", "failed", finding("found.leaves.not", { numbers: this.#unread.slice(0, 3).join(", ") })),
    ];
  }

  #removed(): Finding[] {
    return this.#pruned > 0 ? [finding("found.pruned", { entries: this.#pruned })] : [];
  }

  #read(index: number, entry: Bytes): void {
    const leaf = readLeaf(entry);
    this.#entries += 1;
    if (!leaf) {
      this.#unread.push(index);
      return;
    }
    this.kinds[leaf.kind] = (this.kinds[leaf.kind] ?? 0) + 1;
    if (leaf.kind === "manifest.publish") this.manifest = leaf;
  }
}

/** The entries, null when only their hashes are left, which the log has to say of every bundle up to there. */
async function readUnlessPruned(files: Files, tile: Tile, signal?: AbortSignal): Promise<Bytes[] | null> {
  try {
    return await readEntries(files, tile, signal);
  } catch (error) {
    const minimum = error instanceof Pruned ? await files("minimum-index", signal) : null;
    if (minimum && Number(asText(minimum)) >= (tile.index + 1) * WIDTH) return null;
    throw error;
  }
}

/** Reads some ahead, and hands over one after the other. */
async function* inOrder<T>(tiles: Tile[], read: (tile: Tile) => Promise<T>): AsyncGenerator<[Tile, T]> {
  const running: Promise<T>[] = [];
  for (const [at, tile] of tiles.entries()) {
    while (running.length < Math.min(at + AHEAD, tiles.length)) {
      const next = read(tiles[running.length]!);
      next.catch(() => undefined); // it is looked at when its turn comes
      running.push(next);
    }
    yield [tile, await running[at]!];
    delete running[at];
  }
}
