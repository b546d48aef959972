/** One entry: its receipt, checked, or made here from the log's tiles. */
import { claim, finding, type Claim, type Finding, type Verdict } from "./claim";
import { cosigners, isBeginning, judgeQuorum, reason, type Head } from "./head";
import { readLeaf, type Leaf } from "./leaf";
import { inclusionRanges } from "./merkle";
import { canCheckSignatures, checkSigned } from "./note";
import { isSound, parseReceipt, writeReceipt, type Receipt } from "./receipt";
import { Refused } from "./refused";
import { rangesOf, readEntries, WIDTH, type Files } from "./tiles";

export interface Checked {
  receipt: Receipt;
  /** Null when it cannot be read as one. */
  leaf: Leaf | null;
  claims: Claim[];
}

/** Checks a receipt file against the head of the log. @throws Refused when it is no receipt. */
export async function checkReceipt(bytes: Uint8Array, head: Head, files: Files): Promise<Checked> {
  const receipt = parseReceipt(bytes);
  const { index, checkpoint } = receipt;
  const included = isSound(receipt)
    ? claim("entry.included", "proven", finding("found.included", { index, entries: checkpoint.size }))
    : claim("entry.included", "failed", finding("found.included.not"));
  const claims = [included, ...(await judgeSignatures(receipt, head)), await judgeStill(receipt, head, files)];
  return { receipt, leaf: readLeaf(receipt.entry), claims };
}

/** The receipt of an entry, out of the log's files. @throws Refused when there is no such entry, or it was removed. */
export async function makeReceipt(index: number, head: Head, files: Files): Promise<string> {
  const { cosigned, checkpoint, note } = head;
  const under = cosigned && cosigned.checkpoint.size > index ? cosigned : { note, checkpoint };
  const { size } = under.checkpoint;
  if (index >= size) throw new Refused("refused.no-entry", { entries: size, number: index });
  const bundle = Math.floor(index / WIDTH);
  const width = Math.min(size - bundle * WIDTH, WIDTH);
  const root = rangesOf(files, size);
  const [entries, proof] = await Promise.all([
    readEntries(files, { level: "entries", index: bundle, width }),
    Promise.all(inclusionRanges(index, [0, size]).map(root)),
  ]);
  const entry = entries[index % WIDTH];
  if (!entry) throw new Refused("refused.entry-missing");
  return writeReceipt({ entry: entry.slice(), index, proof, note: under.note });
}

async function judgeSignatures({ note, checkpoint }: Receipt, { key, policy }: Head): Promise<Claim[]> {
  if (checkpoint.origin !== key.name) {
    return [claim("entry.signed", "failed", finding("found.signed.other", { origin: checkpoint.origin, name: key.name }))];
  }
  if (!(await canCheckSignatures())) {
    return [claim("entry.signed", "unchecked", finding("found.no-ed25519"))];
  }
  try {
    await checkSigned(note, key);
  } catch (error) {
    return [claim("entry.signed", "failed", reason(error))];
  }
  const signed = claim("entry.signed", "proven", finding("found.signed", { name: key.name }));
  try {
    const witnesses = await cosigners(note, policy);
    const { verdict, findings } = judgeQuorum(policy, witnesses);
    const isEarly = verdict === "failed" && witnesses.every(({ state }) => state === "silent");
    const witnessed = isEarly
      ? claim("entry.witnessed", "absent", finding("found.witnessed.early"))
      : claim("entry.witnessed", verdict, ...findings);
    return [signed, witnessed];
  } catch (error) {
    return [signed, claim("entry.witnessed", "failed", reason(error))];
  }
}

async function judgeStill({ checkpoint }: Receipt, head: Head, files: Files): Promise<Claim> {
  const now = head.checkpoint;
  const told = (verdict: Verdict, found: Finding): Claim => claim("entry.still", verdict, found);
  if (checkpoint.origin !== now.origin) return told("unchecked", finding("found.still.elsewhere"));
  if (checkpoint.size > now.size) {
    return told("failed", finding("found.still.rolled-back", { entries: checkpoint.size, now: now.size }));
  }
  try {
    return (await isBeginning(checkpoint, now, files))
      ? told("proven", finding("found.still", { entries: now.size }))
      : told("failed", finding("found.still.not"));
  } catch (error) {
    return told("failed", reason(error));
  }
}
