/**
 * SHA-256 (FIPS 180-4) without waiting. The browser's own is asynchronous: for a hundred thousand entries of
 * a few hundred bytes it takes two to three times as long as this one, also when many are asked for at once.
 */
import type { Bytes } from "./bytes";

const BLOCK = 64;

/** The first 32 bits of the fractional parts of roots of the first primes; exact, since floats have 52. */
function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate += 1) {
    let isPrime = true;
    for (let by = 2; by * by <= candidate; by += 1) isPrime &&= candidate % by !== 0;
    if (isPrime) found.push(((root(candidate) % 1) * 2 ** 32) >>> 0);
  }
  return Uint32Array.from(found);
}

const START = Int32Array.from(fractions(8, Math.sqrt));
const ROUND = Int32Array.from(fractions(64, Math.cbrt));
const words = new Int32Array(64);
const state = new Int32Array(8);
const tail = new Uint8Array(2 * BLOCK);

function mix(bytes: Uint8Array, at: number): void {
  for (let t = 0; t < 16; t += 1, at += 4) {
    words[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < 64; t += 1) {
    const x = words[t - 15]!;
    const y = words[t - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[t] = (words[t - 16]! + s0 + words[t - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < 64; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[t]! + words[t]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
  state[5] = (state[5]! + f) | 0;
  state[6] = (state[6]! + g) | 0;
  state[7] = (state[7]! + h) | 0;
}

export function sha256(bytes: Uint8Array): Bytes {
  const { length } = bytes;
  const whole = length - (length % BLOCK);
  state.set(START);
  for (let at = 0; at < whole; at += BLOCK) mix(bytes, at);
  const rest = length - whole;
  const end = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
  tail.fill(0);
  tail.set(bytes.subarray(whole));
  tail[rest] = 0x80;
  for (let at = 1, bits = length * 8; bits > 0; at += 1, bits = Math.floor(bits / 256)) tail[end - at] = bits % 256;
  for (let at = 0; at < end; at += BLOCK) mix(tail, at);
  const digest = new Uint8Array(32);
  for (let at = 0; at < 32; at += 1) digest[at] = state[at >> 2]! >>> (24 - 8 * (at & 3));
  return digest;
}
