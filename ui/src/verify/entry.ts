/** One entry: its receipt, checked, or made here from the log's tiles. */
import { claim, finding, reason, Refused, type Claim, type Finding, type Verdict } from "./claim";
import { isBeginning, type Head } from "./head";
import { readLeaf, type Leaf } from "./leaf";
import { inclusionRanges } from "./merkle";
import { canCheckSignatures, checkSigned, type Note } from "./note";
import type { Checkpoint } from "./checkpoint";
import { isSound, parseReceipt, writeReceipt, type Receipt } from "./receipt";
import { rangesOf, readEntries, WIDTH, type Files } from "./tiles";
import { cosigners, judgeWitnessed } from "./witnessed";

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

async function judgeSignatures({ note, checkpoint }: Receipt, head: Head): Promise<Claim[]> {
  const { key } = head;
  if (checkpoint.origin !== key.name) {
    return [claim("entry.signed", "failed", finding("found.signed.other", { origin: checkpoint.origin, name: key.name }))];
  }
  if (!(await canCheckSignatures())) {
    return [claim("entry.signed", "not checked", finding("found.no-ed25519"))];
  }
  try {
    await checkSigned(note, key);
  } catch (error) {
    return [claim("entry.signed", "failed", reason(error))];
  }
  const signed = claim("entry.signed", "proven", finding("found.signed", { name: key.name, entries: checkpoint.size }));
  return [signed, await judgeCosigned(note, checkpoint, head)];
}

/** Cosignatures of a receipt are worth what those of the newest checkpoint are; one may be older than any of them. */
async function judgeCosigned(note: Note, checkpoint: Checkpoint, head: Head): Promise<Claim> {
  const { policy, isNamed, own } = head;
  try {
    const witnesses = await cosigners(note, policy);
    if (policy.quorum !== null && witnesses.every(({ state }) => state === "silent")) {
      return claim("entry.witnessed", "not published", finding("found.witnessed.early"));
    }
    const looking = { policy, isNamed, own, cosigned: { note, checkpoint }, wasCosigned: true, nowSeconds: 0 };
    const { claims: [shared] } = await judgeWitnessed(looking);
    return shared ? claim("entry.witnessed", shared.verdict, ...shared.findings) : claim("entry.witnessed", "not checked");
  } catch (error) {
    return claim("entry.witnessed", "failed", reason(error));
  }
}

async function judgeStill({ checkpoint }: Receipt, head: Head, files: Files): Promise<Claim> {
  const now = head.checkpoint;
  const told = (verdict: Verdict, found: Finding): Claim => claim("entry.still", verdict, found);
  if (checkpoint.origin !== now.origin) return told("not checked", finding("found.still.elsewhere"));
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
