/** An entry of a realm's ledger, read as strictly as docs/spec/ledger.md asks. */
import { asText } from "./note";

const MOST_BYTES = 16_384;
const MEMBERS = "kind,public,realm,time,v";
const COMMITMENT = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

export interface Leaf {
  kind: string;
  realm: string;
  time: string;
  fields: { [name: string]: Json };
  hasPrivate: boolean;
}

/** The leaf, null when it breaks a rule that holds for every kind. */
export function readLeaf(entry: Uint8Array): Leaf | null {
  if (entry.length > MOST_BYTES) return null;
  try {
    const text = asText(entry);
    const value = JSON.parse(text) as Json;
    if (typeof value !== "object" || value === null || Array.isArray(value) || canonical(value) !== text) return null;
    const { private: commitment = null, kind, public: fields, realm, time, v } = value;
    const names = Object.keys(value).filter((name) => name !== "private");
    if (names.join() !== MEMBERS || v !== 1 || typeof kind !== "string" || typeof realm !== "string") return null;
    if (typeof time !== "string" || !TIME.test(time) || Number.isNaN(Date.parse(time))) return null;
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return null;
    if ("private" in value && (typeof commitment !== "string" || !COMMITMENT.test(commitment))) return null;
    return { kind, realm, time, fields, hasPrivate: commitment !== null };
  } catch {
    return null;
  }
}

/** RFC 8785 for what a leaf may hold; the names of members are ASCII. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as Json)}`).join()}}`;
}
