import { english, finding, type Finding, type FindingKey } from "./finding";

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
