/** A log as files that any web server can serve. Source: c2sp.org/tlog-tiles. */
import type { Bytes } from "./bytes";
import { HASH_BYTES, hashesOf, joined, perfect, rootOf, type Range } from "./merkle";
import { Refused } from "./claim";

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

/** Every tile of one level of a tree, one after the other: a log may claim to have any number of entries. */
export function* tilesOf(level: Tile["level"], size: number): Generator<Tile, void> {
  const count = level === "entries" ? size : Math.floor(size / WIDTH ** level);
  const full = Math.floor(count / WIDTH);
  for (let index = 0; index < full; index += 1) yield { level, index, width: WIDTH };
  if (count % WIDTH !== 0) yield { level, index: full, width: count % WIDTH };
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

const OK = 200;
const GONE = 410;
const MISSING = 404;
/** For one file, from the question to its last byte. */
const FILE_MS = 15_000;
/** A bundle of 256 entries of the largest size, and what precedes each. */
const MOST_BYTES = 256 * (2 + 16_384);

/**
 * The files of a log below an address, null for one that is not there.
 *
 * Where nobody answers in time, or with another status, it throws what `fetch` throws then: TypeError or TimeoutError.
 */
export function filesAt(base: string): Files {
  return async (path, signal) => {
    // What must not be cached says so in its answer.
    const limit = AbortSignal.timeout(FILE_MS);
    const response = await fetch(`${base}/${path}`, {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: "omit",
      redirect: "error",
    });
    if (response.status === MISSING || response.status === GONE) return null;
    if (response.status !== OK) throw new TypeError(`the ledger answered ${response.status}`);
    return bounded(response, path);
  };
}

async function bounded(response: Response, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const reader = response.body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MOST_BYTES) {
      await reader.cancel();
      throw new Refused("refused.file-long", { path });
    }
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
