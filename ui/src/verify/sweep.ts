/** Reads every entry of a log and recomputes its root: what an auditor does, in this browser. */
import { isEqual, type Bytes } from "./bytes";
import type { Checkpoint } from "./checkpoint";
import { claim, type Claim } from "./claim";
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

const ENTRIES = "All entries lead to the signed root";
const TILES = "The published hashes are the hashes of the entries";
const LEAVES = "Every entry is a leaf in the published form";

/** @throws what the browser throws when nobody answers. */
export async function sweep(files: Files, checkpoint: Checkpoint, onprogress: OnProgress, signal?: AbortSignal): Promise<Swept> {
  const found = new Finding();
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

class Finding {
  readonly kinds: Record<string, number> = {};
  manifest: Leaf | null = null;
  broken: string | null = null;
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
    if (this.broken !== null) return [claim("sweep.entries", ENTRIES, "failed", this.broken)];
    const isRoot = isEqual(this.#frontier.root, root);
    const removed = this.#pruned > 0 ? ` Of the oldest ${this.#pruned.toLocaleString()} only the hashes are left: the realm says it removed the entries.` : "";
    const entries = isRoot
      ? `${(size - this.#pruned).toLocaleString()} of ${size.toLocaleString()} were read and hashed; together they give exactly the signed root.${removed}`
      : `${size.toLocaleString()} were read and hashed, and they give another root than the signed one: an entry was altered, moved or left out.`;
    const tiles = this.#tiles.length === 0 ? "Every tile was compared." : `Not so in ${this.#tiles.slice(0, 3).join(", ")}.`;
    const leaves =
      this.#unread.length === 0
        ? `${this.#entries.toLocaleString()} were read, of ${Object.keys(this.kinds).length} kinds.`
        : `Not so for number ${this.#unread.slice(0, 3).join(", ")}: the realm put something else on its record.`;
    return [
      claim("sweep.entries", ENTRIES, isRoot ? "proven" : "failed", entries),
      claim("sweep.tiles", TILES, this.#tiles.length === 0 ? "proven" : "failed", tiles),
      claim("sweep.leaves", LEAVES, this.#unread.length === 0 ? "proven" : "failed", leaves),
    ];
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
