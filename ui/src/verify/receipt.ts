/** What proves to anyone that an entry is in a log. Source: c2sp.org/tlog-proof; docs/spec/ledger.md, "Receipt". */
import { encode, fromBase64, readNumber, toBase64, type Bytes } from "./bytes";
import { parseCheckpoint, type Checkpoint } from "./checkpoint";
import { HASH_BYTES, isIncluded, leafHash } from "./merkle";
import { asText, parseNote, type Note } from "./note";
import { Refused } from "./claim";

const MAGIC = "c2sp.org/tlog-proof@v1";
const MOST_BYTES = 256 * 1024;
const MOST_HASHES = 63;

export interface Receipt {
  entry: Bytes;
  index: number;
  proof: Bytes[];
  note: Note;
  checkpoint: Checkpoint;
}

/** @throws Refused when it does not have the form of a receipt; nothing is verified by reading one. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  const text = bytes.length <= MOST_BYTES ? asText(bytes) : "";
  const cut = text.indexOf("\n\n");
  const [magic, extra = "", place = "", ...hashes] = text.slice(0, Math.max(cut, 0)).split("\n");
  const entry = extra.startsWith("extra ") ? fromBase64(extra.slice(6)) : null;
  const index = place.startsWith("index ") ? readNumber(place.slice(6)) : null;
  const proof = hashes.flatMap((line) => fromBase64(line) ?? []);
  const isWhole = proof.length === hashes.length && proof.every(({ length }) => length === HASH_BYTES);
  if (magic !== MAGIC || !entry || index === null || !isWhole || proof.length > MOST_HASHES) {
    throw new Refused("refused.no-receipt");
  }
  const note = parseNote(encode(text.slice(cut + 2)));
  return { entry, index, proof, note, checkpoint: parseCheckpoint(note.text) };
}

export function writeReceipt({ entry, index, proof, note }: Omit<Receipt, "checkpoint">): string {
  const lines = [MAGIC, `extra ${toBase64(entry)}`, `index ${index}`, ...proof.map(toBase64)];
  return `${lines.join("\n")}\n\n${note.whole}`;
}

/** Whether its hashes lead from its entry to its checkpoint, whoever signed that. */
export const isSound = ({ entry, index, proof, checkpoint }: Receipt): boolean =>
  isIncluded(leafHash(entry), index, proof, checkpoint);
