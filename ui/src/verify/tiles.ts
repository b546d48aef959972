/** A log as files that any web server can serve. Source: c2sp.org/tlog-tiles. */
import type { Bytes } from "./bytes";
import { HASH_BYTES, hashesOf, joined, perfect, rootOf, type Range } from "./merkle";
import { Refused } from "./refused";

export const WIDTH = 256;
const HEIGHT = 8;

/** The bytes of a file of the log, null when there is none. */
export type Files = (path: string, signal?: AbortSignal) => Promise<Bytes | null>;

export interface Tile {
  level: number | "entries";
  index: number;
  width: number;
}

export function pathOf({ level, index, width }: Tile): string {
  const digits = String(index).padStart(Math.ceil(Math.max(String(index).length, 1) / 3) * 3, "0");
  const groups = digits.match(/.{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${name}${width < WIDTH ? `.p/${width}` : ""}`;
}

/** Every tile of one level of a tree: how many files, and what the last one holds. */
export function tilesOf(level: Tile["level"], size: number): Tile[] {
  const count = level === "entries" ? size : Math.floor(size / WIDTH ** level);
  const tiles = Array.from({ length: Math.floor(count / WIDTH) }, (_, index) => ({ level, index, width: WIDTH }));
  return count % WIDTH === 0 ? tiles : [...tiles, { level, index: tiles.length, width: count % WIDTH }];
}

/** A tile's bytes; of a partial one that was completed meanwhile, its beginning. */
export async function readTile(files: Files, tile: Tile, signal?: AbortSignal): Promise<Bytes> {
  const found = await files(pathOf(tile), signal);
  const bytes = found ?? (tile.width < WIDTH ? await files(pathOf({ ...tile, width: WIDTH }), signal) : null);
  if (!bytes) throw new Refused("refused.file-missing", { path: pathOf(tile) });
  return bytes;
}

export async function readHashes(files: Files, tile: Tile, signal?: AbortSignal): Promise<Bytes[]> {
  const bytes = await readTile(files, tile, signal);
  if (bytes.length % HASH_BYTES !== 0 || bytes.length < tile.width * HASH_BYTES) {
    throw new Refused("refused.file-length", { path: pathOf(tile) });
  }
  return hashesOf(bytes).slice(0, tile.width);
}

/** The entries of bundle number `index` in a log of this size. */
export async function readEntries(files: Files, tile: Tile, signal?: AbortSignal): Promise<Bytes[]> {
  const bytes = await readTile(files, tile, signal);
  const entries: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + (bytes[at]! << 8) + (bytes[at + 1] ?? 0);
    if (end > bytes.length) throw new Refused("refused.file-cut", { path: pathOf(tile) });
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length < tile.width) throw new Refused("refused.file-few", { path: pathOf(tile) });
  return entries.slice(0, tile.width);
}

/** Reads the roots of ranges of leaves out of the tiles of a tree of this size, each file once. */
export function rangesOf(files: Files, size: number): (range: Range) => Promise<Bytes> {
  const read = new Map<string, Promise<Bytes[]>>();
  const hashes = (tile: Tile): Promise<Bytes[]> => {
    const path = pathOf(tile);
    const found = read.get(path) ?? readHashes(files, tile);
    read.set(path, found);
    return found;
  };
  const node = async ({ height, place }: { height: number; place: number }): Promise<Bytes> => {
    const level = Math.floor(height / HEIGHT);
    const wide = 2 ** (height % HEIGHT);
    const index = Math.floor((place * wide) / WIDTH);
    const width = Math.min(Math.floor(size / WIDTH ** level) - index * WIDTH, WIDTH);
    const start = (place * wide) % WIDTH;
    return rootOf((await hashes({ level, index, width })).slice(start, start + wide));
  };
  return async (range) => joined(await Promise.all(perfect(range).map(node)));
}
