import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { encode } from "../src/verify/bytes";
import { leafHash, rootOf } from "../src/verify/merkle";
import { sweep } from "../src/verify/sweep";
import { filesAt, type Files } from "../src/verify/tiles";

const verdicts = async (files: Files, size: number, budgetMs: number): Promise<Record<string, string>> => {
  const root = rootOf([leafHash(encode("nothing"))]);
  const { claims } = await sweep(files, { origin: "reelm.example/ledger", size, root }, () => undefined, { budgetMs });
  return Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict]));
};

const UNREAD = { "ledger.complete": "not checked", "ledger.tiles": "not checked", "ledger.shape": "not checked", "ledger.time": "not checked" };

test("a size with nothing behind it is found at once, however large", async () => {
  const nothing: Files = () => Promise.resolve(null);
  for (const size of [1_000_000, Number.MAX_SAFE_INTEGER]) {
    assert.deepEqual(await verdicts(nothing, size, 60_000), { ...UNREAD, "ledger.complete": "failed", "ledger.tiles": "failed" });
  }
});

test("a log without an end is given up when the time for it is over, and nothing is said about it", async () => {
  const entry = encode("nothing");
  const one = [0, entry.length, ...entry];
  const bundle = Uint8Array.from({ length: 256 * one.length }, (_, at) => one[at % one.length]!);
  const tile = Uint8Array.from({ length: 256 * 32 }, (_, at) => leafHash(entry)[at % 32]!);
  const endless: Files = async (path, signal) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    signal?.throwIfAborted();
    return path.startsWith("tile/entries/") ? bundle : path.startsWith("tile/0/") ? tile : null;
  };
  const found = await verdicts(endless, Number.MAX_SAFE_INTEGER, 300);
  assert.equal(found["ledger.complete"], "not checked");
  assert.equal(found["ledger.tiles"], "not checked");
});

test("nobody who never answers, or sends a byte now and then, holds the check", async () => {
  const silent: Files = (_, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new TypeError("aborted"))));
  assert.deepEqual(await verdicts(silent, 700, 200), UNREAD);
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Length": "8192" });
    const timer = setInterval(() => response.write("x"), 50);
    response.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await verdicts(filesAt(`http://127.0.0.1:${port}/ledger`), 700, 300), UNREAD);
  server.closeAllConnections();
  server.close();
});
