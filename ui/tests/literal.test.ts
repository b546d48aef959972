import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "svelte/compiler";

const SOURCE = new URL("../src/", import.meta.url);
/** What is the same in every language: names, commands, fields of an answer. */
const EXCEPTIONS = new Set([
  "design/Logo.svelte: Reelm",
  "storage/StoreTable.svelte: bytes_held",
  "storage/StoreTable.svelte: fragments",
  "trust/ManifestInForce.svelte: SHA-256 ",
  "trust/RecordTrust.svelte: reelm-audit ledger ",
  "trust/RecordTrust.svelte: /ledger",
]);
/** Attributes, and properties of our own components, that people read or hear. */
const READ = new Set(["alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "fault", "hint", "label", "own", "placeholder", "text", "title"]);
const TEXTS = new Set(["t", "said", "pieces"]);

type Node = Record<string, unknown> & { type?: string };

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** Yields what is written in a template for people to read, instead of being asked for by its key. */
function* literals(value: unknown, isRead = true): Generator<string> {
  if (Array.isArray(value)) for (const each of value) yield* literals(each, isRead);
  if (!isNode(value) || Array.isArray(value)) return;
  const { type, name } = value;
  if (type === "Comment" || type === "StyleSheet" || type === "BinaryExpression") return;
  if (type === "CallExpression" && isNode(value["callee"]) && TEXTS.has(String(value["callee"]["name"]))) return;
  if (type === "Text" && isRead) yield String(value["data"]);
  if (type === "Literal" && isRead && typeof value["value"] === "string") yield value["value"];
  if (type === "TemplateElement" && isRead && isNode(value["value"])) yield String(value["value"]["cooked"]);
  const isInside = type === "Attribute" ? READ.has(String(name)) : isRead && !/Directive$|Attribute$|^Script$/.test(type ?? "");
  for (const [key, child] of Object.entries(value)) {
    if (key === "metadata" || key === "start" || key === "end" || key === "loc" || (isBlock(type) && key === "expression")) continue;
    yield* literals(child, isInside && !(isBlock(type) && key === "test"));
  }
}

const isBlock = (type: string | undefined): boolean => /Block$|^(?:SnippetBlock|RenderTag|ConstTag|AttachTag)$/.test(type ?? "");

const found = (name: string, source: string): string[] =>
  [...literals(parse(source, { modern: true }).fragment as unknown)].filter((text) => /\p{L}/u.test(text)).map((text) => `${name}: ${text}`);

test("no template says a word that is not in the catalogues", () => {
  const names = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".svelte"));
  const said = names.flatMap((name) => found(name, readFileSync(new URL(name, SOURCE), "utf8")));
  assert.deepEqual(said.filter((each) => !EXCEPTIONS.has(each)), []);
  assert.deepEqual([...EXCEPTIONS].filter((each) => !said.includes(each)), [], "an exception that is no longer needed");
});

test("what the lint is meant to find is found", () => {
  for (const wrong of ["<p>Hello</p>", '<p aria-label="Hello"></p>', "<p>{isOpen ? 'Less' : 'More'}</p>", "<Empty text={`No ${what}`} />"]) {
    assert.notDeepEqual(found("", wrong), [], wrong);
  }
  for (const right of ["<p>{t('a.b')}</p>", '<p class="small">1 · 2</p>', "{#if kind === 'text'}{name}{/if}", "<!-- Hello -->", '<a href="/x" class:isOn={a === "b"}>{t(isOn ? "a" : "b")}</a>']) {
    assert.deepEqual(found("", right), [], right);
  }
});
