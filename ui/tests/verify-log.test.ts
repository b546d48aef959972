import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, encode, toBase64, toHex, type Bytes } from "../src/verify/bytes";
import { canonical, readLeaf } from "../src/verify/leaf";
import { leafHash, rootOf } from "../src/verify/merkle";
import { ED25519_COSIGNATURE } from "../src/verify/note";
import { english } from "../src/verify/claim";
import { isMet, parsePolicy, quorumOf } from "../src/verify/policy";
import { Refused } from "../src/verify/claim";
import { sha256 } from "../src/verify/sha256";
import { pathOf, rangesOf, readEntries, tilesOf, type Files } from "../src/verify/tiles";

function keyText(name: string): string {
  const material = concat(Uint8Array.of(ED25519_COSIGNATURE), sha256(encode(name)));
  return `${name}+${toHex(sha256(concat(encode(`${name}\n`), material)).slice(0, 4))}+${toBase64(material)}`;
}

const WITNESSES = ["a", "b", "c"].map((name) => `witness ${name} ${keyText(`${name}.example`)}\n`).join("");
const POLICY = `${WITNESSES}group two 2 a b c\nquorum two\n`;

test("a quorum is met by as many witnesses as it asks for", () => {
  const policy = parsePolicy(POLICY);
  assert.equal(english(quorumOf(policy)), "2 of 3 witnesses have to agree");
  assert.ok(!isMet(policy, new Set(["a"])));
  assert.ok(isMet(policy, new Set(["a", "c"])));
  assert.ok(isMet(parsePolicy("quorum none\n"), new Set()));
  const nested = parsePolicy(`${WITNESSES}group pair all a b\ngroup some any pair c\nquorum some\n`);
  assert.ok(isMet(nested, new Set(["c"])));
  assert.ok(!isMet(nested, new Set(["a"])));
});

test("a policy that could be read in two ways is refused", () => {
  for (const text of [
    WITNESSES,
    `${POLICY}quorum none\n`,
    `${WITNESSES}quorum d\n`,
    `${WITNESSES}group two 4 a b c\nquorum two\n`,
    `${WITNESSES}group two 1 a a\nquorum two\n`,
    `${WITNESSES}witness a ${keyText("a.example")}\nquorum a\n`,
    `${WITNESSES}unknown word\nquorum a\n`,
  ]) {
    assert.throws(() => parsePolicy(text), Refused, text);
  }
});

test("a leaf is read only as it must be written", () => {
  const value = { kind: "clip.publish", public: { b: 1, a: "é" }, realm: "eu", time: "2026-01-02T03:04:05.678Z", v: 1 };
  const text = canonical(value);
  assert.equal(text, '{"kind":"clip.publish","public":{"a":"é","b":1},"realm":"eu","time":"2026-01-02T03:04:05.678Z","v":1}');
  assert.deepEqual(readLeaf(encode(text))?.fields, { a: "é", b: 1 });
  for (const wrong of [JSON.stringify(value), ` ${text}`, text.replace('"v":1', '"v":2'), text.replace(".678Z", "Z"), "[]", "{"]) {
    assert.equal(readLeaf(encode(wrong)), null, wrong);
  }
});

test("a log's files have the names of the specification", () => {
  assert.equal(pathOf({ level: 0, index: 5, width: 256 }), "tile/0/005");
  assert.equal(pathOf({ level: 1, index: 1234067, width: 8 }), "tile/1/x001/x234/067.p/8");
  assert.equal(pathOf({ level: "entries", index: 0, width: 1 }), "tile/entries/000.p/1");
  assert.deepEqual([...tilesOf(0, 600)].map(pathOf), ["tile/0/000", "tile/0/001", "tile/0/002.p/88"]);
  assert.deepEqual([...tilesOf(1, 600)].map(pathOf), ["tile/1/000.p/2"]);
  assert.deepEqual([...tilesOf(2, 600)], []);
});

/** The files of a log of so many entries. */
function served(count: number): { files: Files; hashes: Bytes[]; names: Map<string, Bytes> } {
  const entries = Array.from({ length: count }, (_, at) => encode(`entry ${at}`));
  const hashes = entries.map(leafHash);
  const names = new Map<string, Bytes>();
  for (const tile of tilesOf(0, count)) names.set(pathOf(tile), concat(...hashes.slice(tile.index * 256, tile.index * 256 + tile.width)));
  for (const tile of tilesOf(1, count)) {
    const roots = Array.from({ length: tile.width }, (_, at) => rootOf(hashes.slice(at * 256, (at + 1) * 256)));
    names.set(pathOf(tile), concat(...roots));
  }
  for (const tile of tilesOf("entries", count)) {
    const held = entries.slice(tile.index * 256, tile.index * 256 + tile.width);
    names.set(pathOf(tile), concat(...held.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry])));
  }
  return { files: async (path) => names.get(path) ?? null, hashes, names };
}

test("roots and entries are read out of the files of a log", async () => {
  const { files, hashes } = served(600);
  const root = rangesOf(files, 600);
  for (const [start, end] of [[0, 600], [0, 512], [256, 512], [512, 600], [599, 600]] as const) {
    assert.deepEqual(await root([start, end]), rootOf(hashes.slice(start, end)), `${start} to ${end}`);
  }
  const last = await readEntries(files, { level: "entries", index: 2, width: 88 });
  assert.equal(last.length, 88);
  assert.deepEqual(last[87], encode("entry 599"));
});

test("a file that was completed meanwhile is read for its beginning", async () => {
  const { files } = served(512);
  const entries = await readEntries(files, { level: "entries", index: 1, width: 88 });
  assert.equal(entries.length, 88);
});

test("a file that is missing or cut off is told", async () => {
  const { files, names } = served(300);
  const tile = { level: "entries", index: 1, width: 44 } as const;
  names.set(pathOf(tile), names.get(pathOf(tile))!.slice(0, -1));
  await assert.rejects(readEntries(files, tile), Refused);
  names.delete(pathOf(tile));
  await assert.rejects(readEntries(files, tile), Refused);
});
