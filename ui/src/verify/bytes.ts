export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
/** Refuses what is not UTF-8, and keeps a byte order mark, since both would be other bytes. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const encode = (text: string): Bytes => encoder.encode(text);

/** @throws TypeError when it is not UTF-8. */
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** The bytes, null when this is not exactly how they are written (RFC 4648, section 4). */
export function fromBase64(text: string): Bytes | null {
  try {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return btoa(atob(text)) === text ? bytes : null;
  } catch {
    return null;
  }
}

export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A big-endian unsigned 64-bit number; above 2**53 it is not exact. */
export const readUint64 = (bytes: Uint8Array): bigint => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);

/** A whole number as the formats write one: no sign, no leading zeros, and small enough to be exact; else null. */
export function readNumber(text: string): number | null {
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
