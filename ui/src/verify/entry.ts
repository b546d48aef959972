/** One entry: its receipt, checked, or made here from the log's tiles. */
import { claim, type Claim } from "./claim";
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

const INCLUDED = "This entry is in the log";
const SIGNED = "The realm signed the checkpoint that it is under";
const WITNESSED = "Enough witnesses have seen that checkpoint";
const STILL = "The ledger of today begins with that checkpoint";

/** Checks a receipt file against the head of the log. @throws Refused when it is no receipt. */
export async function checkReceipt(bytes: Uint8Array, head: Head, files: Files): Promise<Checked> {
  const receipt = parseReceipt(bytes);
  const { index, checkpoint } = receipt;
  const found = isSound(receipt)
    ? `The hashes in it lead from entry ${index.toLocaleString()} to the root of ${checkpoint.size.toLocaleString()} entries.`
    : `The hashes do not lead from this entry to the checkpoint: the entry was altered, or the receipt is of another one.`;
  const included = claim("entry.included", INCLUDED, isSound(receipt) ? "proven" : "failed", found);
  const claims = [included, ...(await judgeSignatures(receipt, head)), await judgeStill(receipt, head, files)];
  return { receipt, leaf: readLeaf(receipt.entry), claims };
}

/** The receipt of an entry, out of the log's files. @throws Refused when there is no such entry, or it was removed. */
export async function makeReceipt(index: number, head: Head, files: Files): Promise<string> {
  const { cosigned, checkpoint, note } = head;
  const under = cosigned && cosigned.checkpoint.size > index ? cosigned : { note, checkpoint };
  const { size } = under.checkpoint;
  if (index >= size) {
    throw new Refused(`The ledger has ${size.toLocaleString()} entries, numbered from 0: there is none with number ${index.toLocaleString()}.`);
  }
  const bundle = Math.floor(index / WIDTH);
  const width = Math.min(size - bundle * WIDTH, WIDTH);
  const root = rangesOf(files, size);
  const [entries, proof] = await Promise.all([
    readEntries(files, { level: "entries", index: bundle, width }),
    Promise.all(inclusionRanges(index, [0, size]).map(root)),
  ]);
  const entry = entries[index % WIDTH];
  if (!entry) throw new Refused("The entry is missing in its bundle.");
  return writeReceipt({ entry: entry.slice(), index, proof, note: under.note });
}

async function judgeSignatures({ note, checkpoint }: Receipt, { key, policy }: Head): Promise<Claim[]> {
  if (checkpoint.origin !== key.name) {
    const found = `It is of the log ${checkpoint.origin}, and not of ${key.name}.`;
    return [claim("entry.signed", SIGNED, "failed", found)];
  }
  if (!(await canCheckSignatures())) {
    return [claim("entry.signed", SIGNED, "unchecked", "This browser cannot check Ed25519 signatures.")];
  }
  try {
    await checkSigned(note, key);
  } catch (error) {
    return [claim("entry.signed", SIGNED, "failed", reason(error))];
  }
  const signed = claim("entry.signed", SIGNED, "proven", `The signature of ${key.name} was checked.`);
  try {
    const witnesses = await cosigners(note, policy);
    const { verdict, found } = judgeQuorum(policy, witnesses);
    const isEarly = verdict === "failed" && witnesses.every(({ state }) => state === "silent");
    const early = "It was made before any witness saw it. Fetch it again to get one with cosignatures.";
    return [signed, claim("entry.witnessed", WITNESSED, isEarly ? "absent" : verdict, isEarly ? early : found)];
  } catch (error) {
    return [signed, claim("entry.witnessed", WITNESSED, "failed", reason(error))];
  }
}

async function judgeStill({ checkpoint }: Receipt, head: Head, files: Files): Promise<Claim> {
  const now = head.checkpoint;
  const told = (verdict: Claim["verdict"], found: string): Claim => claim("entry.still", STILL, verdict, found);
  if (checkpoint.origin !== now.origin) return told("unchecked", "It is of another log.");
  if (checkpoint.size > now.size) {
    return told("failed", `The receipt is of ${checkpoint.size.toLocaleString()} entries, and the ledger has ${now.size.toLocaleString()}: it was rolled back.`);
  }
  try {
    return (await isBeginning(checkpoint, now, files))
      ? told("proven", `Recomputed from the tiles: it now has ${now.size.toLocaleString()} entries.`)
      : told("failed", "Its checkpoint is not the beginning of the ledger of now: two histories. Keep this receipt, it is evidence.");
  } catch (error) {
    return told("failed", reason(error));
  }
}
