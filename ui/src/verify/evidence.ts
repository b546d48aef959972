/** What two checkpoints show against a log, for others: docs/spec/evidence.md. */
import { encode, isEqual, toBase64 } from "./bytes";
import { parseCheckpoint } from "./checkpoint";
import type { Head, Kept } from "./head";
import { consistencyRanges } from "./merkle";
import { parseNote } from "./note";
import { rangesOf, type Files } from "./tiles";

/** A file for `reelm-audit evidence`, out of what was kept and what is served now. @throws Refused when tiles are missing. */
export async function writeEvidence(kept: Kept, head: Head, files: Files, at: number): Promise<string> {
  const before = parseCheckpoint(parseNote(encode(kept.note)).text);
  const now = head.checkpoint;
  const tiles = rangesOf(files, now.size);
  const isRewrite = before.size > 0 && before.size < now.size;
  const isFork = before.size === now.size && !isEqual(before.root, now.root);
  const offence = isRewrite ? "rewrite" : isFork ? "fork" : before.size > now.size ? "rollback" : "mismatch";
  const proof = isRewrite ? await Promise.all(consistencyRanges(before.size, [0, now.size]).map(tiles)) : [];
  const evidence = {
    format: "reelm-ledger-evidence/1",
    offence,
    key: kept.key,
    first: kept.note,
    second: head.note.whole,
    root: isRewrite ? toBase64(await tiles([0, before.size])) : null,
    proof: proof.map(toBase64),
    testimony: `A browser kept the first on ${new Date(kept.at).toISOString()} and was served the second.`,
    found_seconds: Math.floor(at / 1000),
  };
  return `${JSON.stringify(evidence, null, 1)}\n`;
}
