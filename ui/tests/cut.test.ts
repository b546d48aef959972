import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, endAt, endOf, isTrimmed, startAt, whole } from "../src/post/cut";

test("a file that nobody touched is asked for whole", () => {
  assert.ok(!isTrimmed(whole()));
  assert.deepEqual(asked(whole(), 10), { start_seconds: 0, end_seconds: null, cover_seconds: null, is_muted: false });
});

test("the start and the end keep the least length between them", () => {
  const cut = whole();
  startAt(cut, 9.9, 10, 1);
  assert.equal(cut.start, 9);
  endAt(cut, 2, 10, 1);
  assert.equal(endOf(cut, 10), 10);
  startAt(cut, -3, 10, 1);
  endAt(cut, 4, 10, 1);
  assert.deepEqual([cut.start, cut.end], [0, 4]);
  endAt(cut, 10, 10, 1);
  assert.equal(cut.end, null);
});

test("the cover stays inside of what is kept", () => {
  const cut = { ...whole(), cover: 5 };
  startAt(cut, 6, 10, 1);
  assert.equal(cut.cover, 6);
  cut.cover = 9;
  endAt(cut, 8, 10, 1);
  assert.equal(cut.cover, 8);
});

test("the realm's measure of the file wins over the browser's", () => {
  assert.equal(asked({ ...whole(), end: 9.99 }, 9.98).end_seconds, null);
  assert.equal(asked({ ...whole(), cover: 9.99 }, 9.98).cover_seconds, 9.98);
});
