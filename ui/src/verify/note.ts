/** Signed notes: a text, and lines that say who signed it. Source: c2sp.org/signed-note. */
import { concat, decode, encode, fromBase64, isEqual, toBase64, toHex, type Bytes } from "./bytes";
import { Refused } from "./claim";
import { sha256 } from "./sha256";

/** What a key signs, by its signature type. */
export const ED25519 = 0x01;
export const ED25519_COSIGNATURE = 0x04;
export const MLDSA44_COSIGNATURE = 0x06;

const KEY_BYTES: Record<number, number> = { [ED25519]: 32, [ED25519_COSIGNATURE]: 32, [MLDSA44_COSIGNATURE]: 1312 };
const MOST_BYTES = 128 * 1024;
const DASH = "\u2014 ";
const SIGNATURE = /^\u2014 ([^\s+]+) ([0-9A-Za-z+/=]+)$/;

export interface VerifierKey {
  name: string;
  id: Bytes;
  type: number;
  raw: Bytes;
  /** As its owner publishes it. */
  text: string;
}

export interface Signature {
  name: string;
  keyId: Bytes;
  bytes: Bytes;
}

export interface Note {
  text: string;
  signatures: Signature[];
  /** All of it, as it was read. */
  whole: string;
}

/** @throws Refused when it is no verifier key, or one of a type that is not known here. */
export function parseKey(text: string): VerifierKey {
  const [, name, hex, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/=]+)$/.exec(text) ?? [];
  const material = fromBase64(encoded ?? "");
  const type = material?.[0];
  if (name === undefined || !material || type === undefined || material.length !== 1 + (KEY_BYTES[type] ?? -1)) {
    throw new Refused("refused.no-key");
  }
  const id = sha256(concat(encode(`${name}\n`), material)).slice(0, 4);
  if (toHex(id) !== hex) throw new Refused("refused.altered-key");
  return { name, id, type, raw: material.slice(1), text };
}

/** @throws Refused when it does not have the form of a signed note. Nothing is verified by reading one. */
export function parseNote(bytes: Uint8Array): Note {
  const whole = bytes.length <= MOST_BYTES ? asText(bytes) : "";
  const cut = whole.lastIndexOf("\n\n");
  if (cut < 0 || !whole.endsWith("\n") || /[\x00-\x09\x0b-\x1f]/.test(whole)) {
    throw new Refused("refused.no-note");
  }
  const signatures = whole.slice(cut + 2, -1).split("\n").map(parseSignature);
  return { text: whole.slice(0, cut + 1), signatures, whole };
}

/** The same note with other signatures under it. */
export function withSignatures(note: Note, signatures: Signature[]): Note {
  const lines = signatures.map(({ name, keyId, bytes }) => `${DASH}${name} ${toBase64(concat(keyId, bytes))}\n`);
  return { text: note.text, signatures, whole: `${note.text}\n${lines.join("")}` };
}

export const isOf = (signature: Signature, key: VerifierKey): boolean =>
  signature.name === key.name && isEqual(signature.keyId, key.id);

/** @throws NotSupportedError, from the browser, when it has no Ed25519. */
export async function hasSigned(key: VerifierKey, message: Bytes, signature: Bytes): Promise<boolean> {
  const made = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, made, signature, message);
}

/** Whether this browser can check Ed25519 signatures at all: only then does a failed check say anything. */
export async function canCheckSignatures(): Promise<boolean> {
  try {
    // The first test vector of RFC 8032 has this public key.
    const key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const raw = Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/** @throws Refused when the key did not sign it, or a signature that claims so is wrong. */
export async function checkSigned(note: Note, key: VerifierKey): Promise<void> {
  const claims = note.signatures.filter((signature) => isOf(signature, key));
  if (claims.length === 0) throw new Refused("refused.unsigned", { name: key.name });
  for (const { bytes } of claims) {
    if (!(await hasSigned(key, encode(note.text), bytes))) throw new Refused("refused.wrong-signature", { name: key.name });
  }
}

function parseSignature(line: string): Signature {
  const [, name, encoded] = SIGNATURE.exec(line) ?? [];
  const bytes = fromBase64(encoded ?? "");
  if (name === undefined || !bytes || bytes.length <= 4) throw new Refused("refused.no-signature");
  return { name, keyId: bytes.slice(0, 4), bytes: bytes.slice(4) };
}

export function asText(bytes: Uint8Array): string {
  try {
    return decode(bytes);
  } catch {
    throw new Refused("refused.no-text");
  }
}
