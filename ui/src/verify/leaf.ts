/** An entry of a realm's ledger, read as strictly as docs/spec/ledger.md asks. */
import { finding, type Finding } from "./claim";
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

// Whether leaves are dated as they follow each other: the rules of audit/src/reelm_audit/dates.py.

const WAITED_MS = 3_600_000;
export const FUTURE_SECONDS = 300;
const EARLIEST = "2026-01-01T00:00:00.000Z";

export class Dates {
  first = "";
  #latest = "";
  readonly #limit: string;

  /** `limit` is the latest date that a leaf can have. */
  constructor(limit: string) {
    this.#limit = limit;
  }

  /** Takes the next leaf; what is wrong with its date, null when nothing is. */
  take(time: string, entry: number): Finding | null {
    if (time > this.#limit) return finding("found.time.ahead", { entry: String(entry), time });
    if (time < EARLIEST) return finding("found.time.early", { entry: String(entry), time });
    this.first ||= time;
    if (time >= this.#latest) this.#latest = time;
    else if (isLong(time, this.#latest)) return finding("found.time.disordered", { entry: String(entry), time, before: this.#latest });
    return null;
  }
}

const isLong = (early: string, late: string): boolean => Date.parse(late) - Date.parse(early) > WAITED_MS;

/** Why a leaf that was not there at some moment cannot have the date that it has. */
export function backdated(time: string, entry: number, sinceMs: number): Finding | null {
  return sinceMs - Date.parse(time) > WAITED_MS
    ? finding("found.time.backdated", { entry: String(entry), time, when: new Date(sinceMs) })
    : null;
}

export const latestMoment = (nowSeconds: number): string =>
  new Date((nowSeconds + FUTURE_SECONDS) * 1000).toISOString().replace(/\.\d+Z$/, ".999Z");
