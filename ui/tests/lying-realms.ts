/** Looks at each ledger of a corpus as the page does, and prints what was found: run by tests/audit/test_corpus.py. */
import { readFileSync } from "node:fs";
import { keeping, readHead, type Kept } from "../src/verify/head";
import type { Claim } from "../src/verify/claim";
import { parseCheckpoint } from "../src/verify/checkpoint";
import { parseNote } from "../src/verify/note";
import { parsePolicy } from "../src/verify/policy";
import { Refused } from "../src/verify/claim";
import { sweep } from "../src/verify/sweep";
import type { Files } from "../src/verify/tiles";

interface Look {
  name: string;
  folder: string;
  /** The sound ledger that was seen before; null at a first visit. */
  before: string | null;
  beforeSeconds: number;
  nowSeconds: number;
  own: string | null;
  hidden: string[];
}

const MOST_BYTES = 256 * (2 + 16_384);

function filesIn(folder: string, hidden: readonly string[] = []): Files {
  return async (path) => {
    if (hidden.includes(path)) throw new TypeError("nobody answers");
    try {
      const bytes = new Uint8Array(readFileSync(`${folder}/${path}`));
      if (bytes.length > MOST_BYTES) throw new Refused("refused.file-long", { path });
      return bytes;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) return null;
      throw error;
    }
  };
}

async function keptOf(folder: string, nowSeconds: number): Promise<Kept | null> {
  const head = await readHead(filesIn(folder), null, { nowSeconds, host: "", visit: 1 });
  return head && keeping(head, null, nowSeconds * 1000, 1);
}

async function look({ folder, before, beforeSeconds, nowSeconds, own, hidden }: Look): Promise<Claim[]> {
  const files = filesIn(folder, hidden);
  const kept = before === null ? null : await keptOf(before, beforeSeconds);
  try {
    const policy = own === null ? null : parsePolicy(own);
    const head = await readHead(files, kept, { nowSeconds, host: "", visit: 2, own: policy });
    if (!head) return [];
    if (head.claims.some(({ id, verdict }) => id === "ledger.signed" && verdict === "failed")) return head.claims;
    const entries = kept && parseCheckpoint(parseNote(new TextEncoder().encode(kept.note)).text).size;
    const seen = kept && entries !== null ? { entries, at: kept.at } : null;
    const swept = await sweep(files, head.checkpoint, () => undefined, { nowSeconds, before: seen });
    return [...head.claims, ...swept.claims];
  } catch (error) {
    // The page shows it in place of the claims: nothing that is signed can be read.
    if (error instanceof Refused) return [{ id: "ledger.signed", what: "wrong", verdict: "failed", findings: [error.finding], says: "", found: error.message }];
    throw error;
  }
}

const looks = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Look[];
const found: Record<string, Record<string, [what: string, verdict: string]>> = {};
for (const each of looks) {
  const claims = await look(each);
  found[each.name] = Object.fromEntries(claims.map(({ id, what, verdict }) => [id, [what, verdict]]));
}
process.stdout.write(JSON.stringify(found));
