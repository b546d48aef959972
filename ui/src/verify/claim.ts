/** What somebody claims, and what this browser found when it looked. */
export type Verdict = "proven" | "failed" | "absent" | "unchecked";

export interface Claim {
  id: string;
  says: string;
  /** `absent`: there is nothing published to check. `unchecked`: there is, and this browser cannot check it. */
  verdict: Verdict;
  found: string;
}

export const claim = (id: string, says: string, verdict: Verdict, found: string): Claim => ({ id, says, verdict, found });
