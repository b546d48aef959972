/** The tree of RFC 6962: roots, and what proves a leaf or a continuation. Checks follow RFC 9162, section 2.1. */
import { isEqual, type Bytes } from "./bytes";
import { sha256 } from "./sha256";

export const HASH_BYTES = 32;
export const EMPTY_ROOT = sha256(new Uint8Array());

/** How many leaves, and their root. */
export interface Tree {
  size: number;
  root: Uint8Array;
}

/** Leaves from `start` up to and without `end`. */
export type Range = readonly [start: number, end: number];

const pair = new Uint8Array(1 + 2 * HASH_BYTES);

export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  pair[0] = 1;
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256(pair);
}

let leaf = new Uint8Array(4096);

export function leafHash(entry: Uint8Array): Bytes {
  if (leaf.length <= entry.length) leaf = new Uint8Array(2 * entry.length);
  leaf[0] = 0;
  leaf.set(entry, 1);
  return sha256(leaf.subarray(0, 1 + entry.length));
}

/** The largest power of two below `size`, for size of 2 and more. Numbers are too large for bit operators. */
export function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

/** Grows by one leaf hash at a time and keeps only the roots of its full subtrees, the widest first. */
export class Frontier {
  size = 0;
  readonly #roots: Bytes[] = [];

  push(hash: Bytes): void {
    let top = hash;
    for (let size = this.size; isOdd(size); size = half(size)) top = nodeHash(this.#roots.pop()!, top);
    this.#roots.push(top);
    this.size += 1;
  }

  get root(): Bytes {
    return this.#roots.reduceRight<Bytes | null>((right, left) => (right ? nodeHash(left, right) : left), null) ?? EMPTY_ROOT;
  }
}

export function rootOf(hashes: Iterable<Bytes>): Bytes {
  const frontier = new Frontier();
  for (const hash of hashes) frontier.push(hash);
  return frontier.root;
}

/** Whether the proof leads from a leaf's hash to the root (RFC 9162, 2.1.3.2). */
export function isIncluded(hash: Uint8Array, index: number, proof: readonly Uint8Array[], tree: Tree): boolean {
  if (index >= tree.size) return false;
  let at = index;
  let last = tree.size - 1;
  let found = hash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      found = nodeHash(sibling, found);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      found = nodeHash(found, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && isEqual(found, tree.root);
}

/** Whether the proof shows that `now` only continues `before`, which is not empty (RFC 9162, 2.1.4.2). */
export function isConsistent(before: Tree, now: Tree, proof: readonly Uint8Array[]): boolean {
  if (before.size === now.size) return proof.length === 0 && isEqual(before.root, now.root);
  if (before.size === 0 || before.size > now.size) return false;
  let at = before.size - 1;
  let last = now.size - 1;
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  const [first, ...rest] = at === 0 ? [before.root, ...proof] : proof;
  if (!first) return false;
  let old = first;
  let found = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      old = nodeHash(sibling, old);
      found = nodeHash(sibling, found);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      found = nodeHash(found, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && isEqual(old, before.root) && isEqual(found, now.root);
}

/** The ranges whose roots are the inclusion proof of a leaf, in the proof's order. */
export function inclusionRanges(index: number, [start, end]: Range): Range[] {
  if (end - start <= 1) return [];
  const middle = start + split(end - start);
  return index < middle
    ? [...inclusionRanges(index, [start, middle]), [middle, end]]
    : [...inclusionRanges(index, [middle, end]), [start, middle]];
}

/** The ranges whose roots are the consistency proof from `old` leaves on, in the proof's order. */
export function consistencyRanges(old: number, [start, end]: Range, isWhole = true): Range[] {
  if (old === end) return isWhole ? [] : [[start, end]];
  const middle = start + split(end - start);
  return old <= middle
    ? [...consistencyRanges(old, [start, middle], isWhole), [middle, end]]
    : [...consistencyRanges(old, [middle, end], false), [start, middle]];
}

/** A range cut into full subtrees, the widest first, each as its height and its place in that height. */
export function perfect([start, end]: Range): { height: number; place: number }[] {
  const found = [];
  for (let at = start; at < end; ) {
    let [height, width] = [0, 1];
    while (at % (2 * width) === 0 && at + 2 * width <= end) [height, width] = [height + 1, 2 * width];
    found.push({ height, place: at / width });
    at += width;
  }
  return found;
}

/** The root of a range out of its full subtrees, the widest first. */
export function joined(roots: readonly Bytes[]): Bytes {
  return roots.reduceRight((right, left) => nodeHash(left, right));
}

export const hashesOf = (bytes: Bytes): Bytes[] =>
  Array.from({ length: bytes.length / HASH_BYTES }, (_, at) => bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES));
