/** What is claimed and what was found, as keys of ui/messages/verify: a page draws them in the language of its reader. */
import en from "../../messages/verify/en.json";
import verdicts from "./verdicts.json";

export type FindingKey = keyof typeof en;

/** One sentence, or a part of one that is a value of another. */
export interface Finding {
  key: FindingKey;
  values: Readonly<Record<string, string | number | Date | Finding>>;
}

export const finding = (key: FindingKey, values: Finding["values"] = {}): Finding => ({ key, values });

/** Returns the words in English, for whoever calls `/verify.js` without the page. */
export function english(...findings: Finding[]): string {
  return findings.map(sentence).join(" ");
}

function sentence({ key, values }: Finding): string {
  const message = en[key];
  // English has these two forms.
  const text = typeof message === "string" ? message : message[values["count"] === 1 ? "one" : "other"];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name] ?? whole;
    if (typeof value === "string") return value;
    return typeof value === "number" || value instanceof Date ? value.toLocaleString("en") : english(value);
  });
}

/**
 * How far a claim can be believed; the same words as reelm-audit has.
 *
 * `proven`: recomputed here, now. `sampled`: recomputed for a part. `promised`: the realm says so. `failed`: what is
 * published contradicts it. `not published`: there is nothing to check. `not checked`: this browser could not look.
 */
export type Verdict = "proven" | "sampled" | "promised" | "failed" | "not published" | "not checked";

export interface Claim {
  id: ClaimId;
  /** Its row in the table of verdicts; empty for claims that are not about the ledger itself. */
  what: string;
  verdict: Verdict;
  findings: Finding[];
  /** In English, for whoever has no catalogue. */
  says: string;
  found: string;
}

export type ClaimId = FindingKey extends infer Key ? (Key extends `claim.${infer Id}` ? Id : never) : never;

export const claim = (id: ClaimId, verdict: Verdict, ...findings: Finding[]): Claim => ({
  id,
  what: "",
  verdict,
  findings,
  says: english(finding(`claim.${id}`)),
  found: english(...findings),
});

type Table = typeof verdicts;
export type LedgerClaim = keyof Table;

/** A claim about a ledger: code says what was found, and the table that reelm-audit has as well says what it is worth. */
export function told<Id extends LedgerClaim>(id: Id, what: keyof Table[Id]["verdicts"], ...findings: Finding[]): Claim {
  const worth = verdicts[id].verdicts as Record<PropertyKey, string>;
  return { ...claim(id, worth[what] as Verdict, ...findings), what: String(what) };
}

/** Something that was to be checked is not what it claims to be; the message says so in English. */
export class Refused extends Error {
  override name = "Refused";
  readonly finding: Finding;

  constructor(key: FindingKey, values: Finding["values"] = {}) {
    const found = finding(key, values);
    super(english(found));
    this.finding = found;
  }
}

/** Returns why something was refused; whatever else went wrong goes on. */
export function reason(error: unknown): Finding {
  if (error instanceof Refused) return error.finding;
  throw error;
}
