/** What a log states about itself, and what witnesses state about it. Sources: c2sp.org/tlog-checkpoint, tlog-cosignature. */
import { encode, fromBase64, isEqual, readNumber, readUint64, toBase64 } from "./bytes";
import { EMPTY_ROOT, HASH_BYTES, type Tree } from "./merkle";
import { ED25519_COSIGNATURE, hasSigned, type Note, type Signature, type VerifierKey } from "./note";
import { Refused } from "./claim";

const LATEST_SECONDS = 2n ** 63n;

export interface Checkpoint extends Tree {
  origin: string;
}

/** @throws Refused when a note's text is not that of a checkpoint. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.slice(0, -1).split("\n");
  const [origin, count, encoded] = lines;
  const size = readNumber(count ?? "");
  const root = fromBase64(encoded ?? "");
  // Lines below the root could say anything, and nobody could check it.
  if (lines.length !== 3 || !origin || lines.some((line) => line === "") || size === null || root?.length !== HASH_BYTES) {
    throw new Refused("refused.no-checkpoint");
  }
  if (size === 0 && !isEqual(root, EMPTY_ROOT)) throw new Refused("refused.empty-root");
  return { origin, size, root };
}

export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${toBase64(root)}\n`;

/** When a cosigner says that it saw it, in seconds since 1970; not verified. */
export function statedSeconds(signature: Signature): number | null {
  const seconds = signature.bytes.length > 8 ? readUint64(signature.bytes) : 0n;
  return seconds > 0n && seconds < LATEST_SECONDS ? Number(seconds) : null;
}

/**
 * When a witness saw this checkpoint, in seconds since 1970; null when its kind of signature cannot be checked here.
 *
 * @throws Refused when the signature is not this witness's.
 */
export async function cosignedSeconds(note: Note, signature: Signature, key: VerifierKey): Promise<number | null> {
  if (key.type !== ED25519_COSIGNATURE) return null;
  const seconds = statedSeconds(signature);
  const message = encode(`cosignature/v1\ntime ${seconds}\n${note.text}`);
  if (seconds === null || !(await hasSigned(key, message, signature.bytes.slice(8)))) {
    throw new Refused("refused.cosignature", { name: key.name });
  }
  return seconds;
}
