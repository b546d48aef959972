import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { toHex, type Bytes } from "../src/verify/bytes";
import {
  consistencyRanges,
  EMPTY_ROOT,
  Frontier,
  inclusionRanges,
  isConsistent,
  isIncluded,
  joined,
  leafHash,
  nodeHash,
  perfect,
  rootOf,
  split,
} from "../src/verify/merkle";
import { sha256 } from "../src/verify/sha256";

const LEAVES = Array.from({ length: 21 }, (_, at) => leafHash(new TextEncoder().encode(`leaf ${at}`)));

/** The definition of RFC 6962, section 2.1, word for word. */
function naiveRoot(hashes: Bytes[]): Bytes {
  if (hashes.length === 0) return EMPTY_ROOT;
  if (hashes.length === 1) return hashes[0] as Bytes;
  const half = split(hashes.length);
  return nodeHash(naiveRoot(hashes.slice(0, half)), naiveRoot(hashes.slice(half)));
}

const tree = (size: number) => ({ size, root: naiveRoot(LEAVES.slice(0, size)) });
const rootsOf = (ranges: (readonly [number, number])[]) => ranges.map(([start, end]) => naiveRoot(LEAVES.slice(start, end)));

test("SHA-256 is that of the platform for every length around a block", () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000]) {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7) % 256);
    assert.equal(toHex(sha256(bytes)), createHash("sha256").update(bytes).digest("hex"), `${size} bytes`);
  }
});

test("a root is that of the definition, however it is made", () => {
  const frontier = new Frontier();
  for (let size = 0; size <= LEAVES.length; size += 1) {
    assert.deepEqual(rootOf(LEAVES.slice(0, size)), tree(size).root);
    assert.deepEqual(frontier.root, tree(size).root);
    if (size > 0) {
      const parts = perfect([0, size]).map(({ height, place }) => [place * 2 ** height, (place + 1) * 2 ** height] as const);
      assert.deepEqual(joined(rootsOf(parts)), tree(size).root);
    }
    const next = LEAVES[size];
    if (next) frontier.push(next);
  }
});

test("an inclusion proof proves its own leaf and nothing else", () => {
  for (let size = 1; size <= LEAVES.length; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = rootsOf(inclusionRanges(index, [0, size]));
      const hash = LEAVES[index] as Bytes;
      assert.ok(isIncluded(hash, index, proof, tree(size)), `${index} of ${size}`);
      assert.ok(!isIncluded(hash, index + 1, proof, tree(size)));
      assert.ok(!isIncluded(leafHash(new Uint8Array([1])), index, proof, tree(size)));
      assert.ok(!isIncluded(hash, index, [...proof, hash], tree(size)));
      if (proof.length > 0) assert.ok(!isIncluded(hash, index, proof.slice(1), tree(size)));
    }
  }
});

test("a consistency proof proves that one tree continues the other", () => {
  for (let size = 1; size <= LEAVES.length; size += 1) {
    for (let old = 1; old <= size; old += 1) {
      const proof = rootsOf(consistencyRanges(old, [0, size]));
      assert.ok(isConsistent(tree(old), tree(size), proof), `${old} to ${size}`);
      const forged = { size: old, root: leafHash(new Uint8Array([old])) };
      assert.ok(!isConsistent(forged, tree(size), proof));
      assert.ok(!isConsistent(tree(old), tree(size), [...proof, EMPTY_ROOT]));
    }
  }
  assert.ok(!isConsistent(tree(5), tree(4), []), "a tree does not shrink");
});
