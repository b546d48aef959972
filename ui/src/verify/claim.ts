/** What is claimed and what was found, as keys of ui/messages/verify: a page draws them in the language of its reader. */
import en from "../../messages/verify/en.json";

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

/** What somebody claims, and what this browser found when it looked. */
export type Verdict = "proven" | "failed" | "absent" | "unchecked";

export interface Claim {
  id: ClaimId;
  /** `absent`: there is nothing published to check. `unchecked`: there is, and this browser cannot check it. */
  verdict: Verdict;
  findings: Finding[];
  /** In English, for whoever has no catalogue. */
  says: string;
  found: string;
}

export type ClaimId = FindingKey extends infer Key ? (Key extends `claim.${infer Id}` ? Id : never) : never;

export const claim = (id: ClaimId, verdict: Verdict, ...findings: Finding[]): Claim => ({
  id,
  verdict,
  findings,
  says: english(finding(`claim.${id}`)),
  found: english(...findings),
});
