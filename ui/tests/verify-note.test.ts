import assert from "node:assert/strict";
import { before, test } from "node:test";
import { concat, encode, fromBase64, readNumber, toBase64, toHex, type Bytes } from "../src/verify/bytes";
import { checkpointText, cosignedSeconds, parseCheckpoint } from "../src/verify/checkpoint";
import { leafHash, rootOf } from "../src/verify/merkle";
import { canCheckSignatures, checkSigned, ED25519, ED25519_COSIGNATURE, parseKey, parseNote, withSignatures } from "../src/verify/note";
import { isSound, parseReceipt, writeReceipt } from "../src/verify/receipt";
import { Refused } from "../src/verify/claim";
import { sha256 } from "../src/verify/sha256";

/** Somebody who signs, with the key that they publish. */
async function signer(name: string, type: number) {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const material = concat(Uint8Array.of(type), new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)));
  const id = sha256(concat(encode(`${name}\n`), material)).slice(0, 4);
  const sign = async (message: string): Promise<Bytes> =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, encode(message)));
  return { key: parseKey(`${name}+${toHex(id)}+${toBase64(material)}`), sign };
}

const ENTRIES = ["zero", "one", "two"].map(encode);
const HASHES = ENTRIES.map(leafHash);
const TEXT = checkpointText({ origin: "log.example", size: 3, root: rootOf(HASHES) });
let log: Awaited<ReturnType<typeof signer>>;

before(async () => {
  log = await signer("log.example", ED25519);
});

async function signed(text: string) {
  const bytes = await log.sign(text);
  return withSignatures({ text, signatures: [], whole: "" }, [{ name: log.key.name, keyId: log.key.id, bytes }]);
}

test("a note is read as it was written, and believed by its signature alone", async () => {
  assert.ok(await canCheckSignatures());
  const note = parseNote(encode((await signed(TEXT)).whole));
  assert.equal(note.text, TEXT);
  await checkSigned(note, log.key);
  const altered = parseNote(encode(note.whole.replace("\n3\n", "\n4\n")));
  await assert.rejects(checkSigned(altered, log.key), Refused);
  const stranger = await signer("log.example", ED25519);
  await assert.rejects(checkSigned(note, stranger.key), Refused);
});

test("what is no note is refused", () => {
  for (const text of ["", "text", "text\n", "text\n\n", "text\n\nname key\n", "te\u0001xt\n\n\u2014 a AAAAAAAA\n"]) {
    assert.throws(() => parseNote(encode(text)), Refused, JSON.stringify(text));
  }
  assert.throws(() => parseNote(Uint8Array.of(0xff, 0xfe)), Refused);
});

test("a key whose id does not belong to it is refused", () => {
  const text = log.key.text;
  assert.equal(parseKey(text).name, "log.example");
  assert.throws(() => parseKey(text.replace("log.", "lag.")), Refused);
  assert.throws(() => parseKey("log.example"), Refused);
});

test("a checkpoint states a size and a root, exactly written", () => {
  assert.deepEqual(parseCheckpoint(TEXT), { origin: "log.example", size: 3, root: rootOf(HASHES) });
  for (const size of ["03", "-3", "3.0", "", "0", "99999999999999999"]) {
    assert.throws(() => parseCheckpoint(TEXT.replace("\n3\n", `\n${size}\n`)), Refused, size);
  }
});

test("a witness tells when it saw the checkpoint, under its signature", async () => {
  const witness = await signer("witness.example", ED25519_COSIGNATURE);
  const note = await signed(TEXT);
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, 1_700_000_000n);
  const made = await witness.sign(`cosignature/v1\ntime 1700000000\n${TEXT}`);
  const signature = { name: witness.key.name, keyId: witness.key.id, bytes: concat(time, made) };
  assert.equal(await cosignedSeconds(note, signature, witness.key), 1_700_000_000);
  new DataView(time.buffer).setBigUint64(0, 1_800_000_000n);
  const later = { ...signature, bytes: concat(time, made) };
  await assert.rejects(cosignedSeconds(note, later, witness.key), Refused);
});

test("a receipt is read as it was written, and leads to its checkpoint", async () => {
  const proof = [HASHES[0], HASHES[2]] as Bytes[];
  const text = writeReceipt({ entry: ENTRIES[1] as Bytes, index: 1, proof, note: await signed(TEXT) });
  const receipt = parseReceipt(encode(text));
  assert.equal(writeReceipt(receipt), text);
  assert.ok(isSound(receipt));
  assert.ok(!isSound({ ...receipt, index: 0 }));
  assert.ok(!isSound({ ...receipt, entry: encode("another") }));
  for (const [from, to] of [["tlog-proof@v1", "tlog-proof@v2"], ["index 1", "index 01"], ["extra ", "extra"]] as const) {
    assert.throws(() => parseReceipt(encode(text.replace(from, to))), Refused, to);
  }
});

test("base64 and numbers have one way to be written", () => {
  assert.deepEqual(fromBase64("AQI="), Uint8Array.of(1, 2));
  for (const text of ["AQI", "AQJ=", " AQI=", "AQ-="]) assert.equal(fromBase64(text), null, text);
  assert.equal(readNumber("9007199254740991"), 2 ** 53 - 1);
  for (const text of ["", "00", "+1", "1e3", "9007199254740992"]) assert.equal(readNumber(text), null, text);
});
