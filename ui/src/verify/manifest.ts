/** The realm's manifest, held against its record and its signatures: docs/spec/manifest.md, "On the record". */
import { decode, encode, toHex, type Bytes } from "./bytes";
import { claim, type Claim } from "./claim";
import { reason } from "./head";
import type { Leaf } from "./leaf";
import { canCheckSignatures, hasSigned, isOf, parseKey, parseNote } from "./note";
import { sha256 } from "./sha256";

const RECORDED = "The manifest that is served is the one on the record";
const SIGNED = "Enough of the keys that the manifest declares have signed it";

/** `leaf` is the newest `manifest.publish` of the ledger, null while nobody has looked for it. */
export function judgeRecorded(document: Bytes, leaf: Leaf | null): Claim {
  const digest = toHex(sha256(document));
  if (!leaf) return claim("manifest.recorded", RECORDED, "absent", "The ledger has no entry that publishes a manifest.");
  const isSame = leaf.fields["digest"] === digest;
  const found = isSame
    ? `Its SHA-256 is the one in the newest entry that publishes a manifest, version ${String(leaf.fields["version"])}.`
    : "Its SHA-256 is another than that of the newest entry that publishes a manifest.";
  return claim("manifest.recorded", RECORDED, isSame ? "proven" : "failed", found);
}

/** Whether enough of its own keys signed it; `lines` are signature lines. */
export async function judgeManifestSigned(document: Bytes, lines: string[]): Promise<Claim> {
  const told = (verdict: Claim["verdict"], found: string): Claim => claim("manifest.signed", SIGNED, verdict, found);
  try {
    const { manifest } = JSON.parse(decode(document)) as { manifest: { keys?: { key: string }[]; realm: { key_threshold?: number } } };
    const need = manifest.realm.key_threshold ?? 0;
    if (need === 0) return told("absent", "It declares no keys: whoever controls the machine can change it, and the record then says so.");
    if (!(await canCheckSignatures())) return told("unchecked", "This browser cannot check Ed25519 signatures.");
    const text = `reelm/manifest/1\n${decode(document)}\n`;
    const { signatures } = parseNote(encode(`${text}\n${lines.join("\n")}\n`));
    const good = new Set<string>();
    for (const key of (manifest.keys ?? []).map(({ key }) => parseKey(key))) {
      for (const signature of signatures.filter((each) => isOf(each, key))) {
        if (await hasSigned(key, encode(text), signature.bytes)) good.add(toHex(key.raw));
      }
    }
    const found = `${good.size} of its keys signed it, and it takes ${need}. Who holds them is what the manifest says.`;
    return told(good.size >= need ? "proven" : "failed", found);
  } catch (error) {
    return told("failed", reason(error));
  }
}
