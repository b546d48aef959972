import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pieces } from "../src/clip/caption";
import { faultsOf, isHandle, length } from "../src/lib/faults";
import { ago, apart, bytes, clock, country, spoken } from "../src/lib/format";
import { preferred } from "../src/lib/languages";
import { t } from "../src/lib/messages.svelte";
import { fromField, range, toField } from "../src/lib/moment";
import { ApiProblem, asProblem, problemFrom } from "../src/lib/problem";

const marks = (caption: string) => pieces(caption).filter(({ kind }) => kind !== "text").map(({ kind, target }) => `${kind} ${target}`);

test("a caption is cut into text, tags and mentions, and nothing is lost", () => {
  assert.deepEqual(marks("Look #First, @ann.b! #été_2 a#b &#39; x@y.z."), ["tag first", "mention ann.b", "tag été_2"]);
  for (const caption of ["", "plain", "#a#b", "@ann", "🎈 #مرحبا end", "##", "@@ann @"]) {
    assert.equal(pieces(caption).map(({ text }) => text).join(""), caption);
  }
});

test("what is a tag to the realm is a link, and nothing else", () => {
  const cases = JSON.parse(readFileSync(new URL("../../tests/unit/clips/captions.json", import.meta.url), "utf8")) as {
    caption: string;
    written: string[];
  }[];
  for (const { caption, written } of cases) {
    assert.deepEqual(pieces(caption).filter(({ kind }) => kind === "tag").map(({ text }) => text.slice(1)), written, caption);
  }
});

test("characters are counted as the realm counts them", () => {
  assert.equal(length("  é  "), 1);
  assert.equal(length("e\u0301"), 1);
  assert.equal(length("🎈🎈"), 2);
});

test("a handle is what the realm takes for one", () => {
  for (const handle of ["ann", "Ann_1", "a.b.c", "_a_"]) assert.ok(isHandle(handle), handle);
  for (const handle of ["an", "a..b", ".ann", "ann.", "a b", "___", "é".repeat(4), "a".repeat(25)]) assert.ok(!isHandle(handle), handle);
});

test("a refusal is shown at the field that it names, else above the form", () => {
  const told = (field: string | null) => faultsOf({ detail: "No.", field }, ["handle", "email"]);
  assert.deepEqual(told("handle"), { handle: "No." });
  assert.deepEqual(told("bio"), { form: "No." });
  assert.deepEqual(told(null), { form: "No." });
  assert.deepEqual(faultsOf({ detail: "No." }, ["handle"]), { form: "No." });
  assert.deepEqual(faultsOf(null, ["handle"]), {});
});

test("a problem document keeps its code, its facts and its field", async () => {
  const document = { type: "/x", title: "T", status: 409, code: "social.handle-taken", detail: "D", retryable: false, facts: { n: 1 } };
  const plain = await problemFrom(409, JSON.stringify(document));
  assert.deepEqual([plain.status, plain.code, plain.facts, plain.field], [409, "social.handle-taken", { n: 1 }, null]);
  assert.equal((await problemFrom(409, JSON.stringify({ ...document, field: "handle" }))).field, "handle");
});

test("an answer that is no problem document becomes one", async () => {
  for (const body of ["<html>Bad gateway</html>", "", "null", "{}", '"text"']) {
    const problem = await problemFrom(502, body);
    assert.deepEqual([problem.status, problem.code, problem.retryable], [502, "client.unreadable", true], body);
  }
  assert.equal((await problemFrom(403, "")).retryable, false);
});

test("an abort is no problem, and a fault of ours is thrown on", async () => {
  const problem = await problemFrom(401, "");
  assert.equal(asProblem(problem), problem);
  assert.ok(problem instanceof ApiProblem && problem.needsSignIn);
  assert.equal(asProblem(new DOMException("left", "AbortError")), null);
  assert.throws(() => asProblem(new RangeError("ours")), RangeError);
});

test("lengths of time are told shortly", () => {
  assert.deepEqual([0, 59.9, 60, 3661, Number.NaN, -1].map(clock), ["0:00", "0:59", "1:00", "61:01", "0:00", "0:00"]);
  assert.deepEqual([1, 60, 90, 3600, 5400].map(spoken), ["1 s", "1 min", "1 min 30 s", "1 h 0 min", "1 h 30 min"]);
  const now = Date.parse("2026-06-01T12:00:00Z");
  assert.equal(ago("2026-06-01T11:59:30Z", now), "just now");
  assert.match(ago("2026-06-01T10:00:00Z", now), /2/);
});

test("a length just over a limit does not read like the limit", () => {
  assert.deepEqual(apart(180.06, 180), ["3 min 0.1 s", "3 min"]);
  assert.deepEqual(apart(180.004, 180), ["3 min 0.004 s", "3 min"]);
  assert.deepEqual(apart(0.299, 0.3), ["0.299 s", "0.3 s"]);
  assert.deepEqual(apart(240, 180), ["4 min", "3 min"]);
  assert.deepEqual(apart(3600.5, 3600), ["1 h 0 min 0.5 s", "1 h 0 min 0 s"]);
  assert.deepEqual(apart(59.99, 59.96), ["59.99 s", "59.96 s"]);
});

test("amounts have a unit, and one is not many", () => {
  assert.match(bytes(1_500_000), /^1.5 MB$/);
  assert.match(bytes(12_400_000_000), /^12 GB$/);
  assert.deepEqual([1, 2].map((count) => t("count.likes", { count })), ["1 like", "2 likes"]);
  assert.equal(country("ZZ"), "country not declared");
});

test("subtitles are those of the viewer's languages, or else the first", () => {
  const found = ["de", "pt-BR", "en"].map((language) => ({ language })) as Parameters<typeof preferred>[0];
  assert.equal(preferred(found, ["fr", "en-GB"])?.language, "en");
  assert.equal(preferred(found, ["pt"])?.language, "pt-BR");
  assert.equal(preferred(found, ["ja"])?.language, "de");
  assert.equal(preferred([], ["en"]), null);
});

test("a plan in the hour that comes twice stays where it is when it is saved unchanged", () => {
  const before = process.env["TZ"];
  process.env["TZ"] = "Europe/Berlin";
  try {
    for (const at of ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]) {
      const shown = toField(new Date(at));
      assert.equal(shown, "2026-10-25T02:30");
      assert.equal(fromField(shown, at), at);
      assert.equal(fromField("2026-10-25T04:00", at), "2026-10-25T03:00:00.000Z");
    }
  } finally {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  }
});

test("a time survives its way through the field", () => {
  const at = new Date(2026, 0, 2, 3, 4);
  assert.equal(toField(at), "2026-01-02T03:04");
  assert.equal(fromField(toField(at)), at.toISOString());
  assert.equal(fromField(""), null);
  const { min, max } = range(at.getTime());
  assert.ok(toField(at) < min && min < max);
});
