import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ApiProblem, failureDetail, problemFrom } from "../src/lib/problem";
import { bytes, decimals, exact } from "../src/lib/format";
import { LANGUAGES, messages, negotiate, pieces, said, t, type Catalogue, type Message } from "../src/lib/messages.svelte";
import { pseudo } from "../src/lib/pseudo";

const SOURCE = new URL("../src/", import.meta.url);
const MESSAGES = new URL("../messages/", import.meta.url);
/** Compressed. */
const MOST_BYTES = 8_000;
const PARTS = ["", "proof/", "verify/"];

const read = (name: string): Catalogue => JSON.parse(readFileSync(new URL(`${name}.json`, MESSAGES), "utf8")) as Catalogue;
const whole = (language: string): Catalogue => Object.assign({}, ...PARTS.map((part) => read(part + language))) as Catalogue;
const forms = (message: Message | undefined): string[] => (typeof message === "object" ? Object.values(message) : [message ?? ""]);
/** The placeholders and tags of a text, in any order: a language has its own. */
const holes = (text: string): string[] => [...new Set(text.match(/\{\w+\}|<\/?\w+>/g) ?? [])].sort();

const sources = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:svelte|ts)$/.test(name) && !name.endsWith("api.d.ts"))
  .map((name) => readFileSync(new URL(name, SOURCE), "utf8"))
  .join("\n");

test("every language has the keys, the placeholders and the plural forms that it must have", () => {
  for (const language of Object.keys(LANGUAGES)) {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted();
    for (const part of [...PARTS, "shell/"]) {
      const [english, other] = [read(`${part}en`), read(part + language)];
      assert.deepEqual(Object.keys(other).toSorted(), Object.keys(english).toSorted(), `${part}${language}`);
      for (const [key, message] of Object.entries(other)) {
        assert.equal(typeof message, typeof english[key], key);
        if (typeof message === "object") assert.deepEqual(Object.keys(message).toSorted(), categories, key);
        for (const text of forms(message)) assert.deepEqual(holes(text), holes(forms(english[key]).at(-1) ?? ""), key);
        for (const text of forms(message)) assert.ok(text.trim() !== "", key);
      }
    }
  }
});

test("no key is in two parts", () => {
  assert.equal(Object.keys(whole("en")).length, PARTS.flatMap((part) => Object.keys(read(`${part}en`))).length);
});

test("every text is used, and every text that is used exists", () => {
  const keys = Object.keys(whole("en"));
  const made = [...sources.matchAll(/`([a-z][\w-]*\.[^`\s]*\$\{[^`]*)`/g)].map(([, text]) =>
    new RegExp(`^${(text ?? "").split(/\$\{[^}]*\}/).map((part) => part.replaceAll(".", "\\.")).join("[\\w.-]+")}$`),
  );
  const quoted = new Set(sources.match(/"[a-z][\w-]*(?:\.[\w-]+)+"/g));
  assert.deepEqual(keys.filter((key) => !quoted.has(`"${key}"`) && !made.some((pattern) => pattern.test(key))), []);
  const asked = [...sources.matchAll(/(?:\bt\(\s*|<Words key=)"([^"]+)"/g)].map(([, key]) => key ?? "");
  assert.deepEqual(asked.filter((key) => !keys.includes(key)), []);
});

test("a language is chosen, or the first of the browser's that there is", () => {
  assert.equal(negotiate("system", ["fr-FR", "de-AT", "en"]), "de-AT");
  assert.equal(negotiate("system", ["fr"]), "en");
  assert.equal(negotiate("de", ["en-GB", "de-CH"]), "de-CH");
  assert.equal(negotiate("de", ["en-GB"]), "de");
  assert.equal(negotiate("nonsense", ["en-GB"]), "en-GB");
  assert.equal(negotiate("ar", ["en"]), "ar");
});

test("texts, plurals, numbers and units follow the language", async () => {
  const shown = () => [t("count.comments", { count: 1 }), t("count.comments", { count: 1234 }), exact(1234.5), decimals(1.5, 2), bytes(1_500_000)];
  assert.deepEqual(shown(), ["1 comment", "1,234 comments", "1,234.5", "1.50", "1.5 MB"]);
  await messages.use("de", []);
  assert.deepEqual(shown(), ["1 Kommentar", "1.234 Kommentare", "1.234,5", "1,50", "1,5 MB"]);
  assert.equal(said("trust.kept"), null);
  await messages.need("proof");
  assert.equal(said("trust.kept"), "Was gespeichert wird");
  await messages.use("en", []);
  assert.equal(said("trust.kept"), "What is kept");
});

test("what is put into a text is never read as markup or as a placeholder", () => {
  assert.deepEqual(pieces("rail.operator", { operator: "<b>{operator}</b>" }), [
    { tag: "", text: "run by " },
    { tag: "bdi", text: "<b>{operator}</b>" },
  ]);
  assert.equal(t("clip.by", { handle: "{handle}" }), "Clip by @{handle}");
});

test("a problem is told in the realm's words where the catalogue has none", () => {
  const problem = (code: string) => new ApiProblem({ code, title: "T", detail: "D", status: 409, retryable: false, facts: { status: 502 } });
  assert.deepEqual([problem("x.y").title, problem("x.y").detail], ["T", "D"]);
  assert.equal(problem("client.unreadable").title, "This realm answered in an unexpected way");
  assert.match(problem("client.unreadable").detail, /status 502/);
});

test("a problem is told in the chosen language by its code, or else by its status", async () => {
  const facts = { handle: "ann", waiting_bytes: 1_500_000, max_bytes: 2e9, retry_after_seconds: 90 };
  const document = { type: "/x", title: "T", status: 409, detail: "D", retryable: false, facts };
  const told = async (code: string) => problemFrom(409, JSON.stringify({ ...document, code }));
  await messages.use("de", []);
  const [taken, full, often, unknown] = await Promise.all(["social.handle-taken", "media.quota-reached", "base.too-many", "of.tomorrow"].map(told));
  assert.equal(taken?.title, "Der Nutzername ist vergeben");
  assert.match(taken?.detail ?? "", /@ann/);
  assert.match(full?.detail ?? "", /1,5\sMB von 2\sGB/);
  assert.match(often?.detail ?? "", /Warte 1 Min\. 30 s/);
  assert.equal(unknown?.title, "Das passt nicht zu dem, was schon da ist");
  assert.match(failureDetail({ code: "media.unreadable", detail: "D" }), /MP4 mit H\.264/);
  assert.match(failureDetail({ code: "of.tomorrow", detail: "D" }), /Versuch es später/);
  await messages.use("en", []);
  assert.deepEqual([taken?.title, failureDetail({ code: "media.unreadable", detail: "D" })], ["T", "D"]);
});

test("every catalogue is small enough to be fetched when a page is opened", () => {
  for (const name of readdirSync(MESSAGES, { recursive: true, encoding: "utf8" }).filter((each) => each.endsWith(".json"))) {
    assert.ok(gzipSync(readFileSync(new URL(name, MESSAGES)), { level: 9 }).length <= MOST_BYTES, name);
  }
});

test("the texts of the layout tests are longer and keep their placeholders", () => {
  const [english, made] = [whole("en"), pseudo(whole("en"))];
  for (const [key, message] of Object.entries(english)) {
    const [before, after] = [forms(message).at(-1) ?? "", forms(made[key]).at(-1) ?? ""];
    assert.ok(after.length >= before.length * 1.3, key);
    assert.deepEqual(holes(after), holes(before), key);
  }
});
