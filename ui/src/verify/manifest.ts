/** The realm's manifest, held against its entry and its signatures: docs/spec/manifest.md, "In the ledger". */
import { decode, encode, toHex, type Bytes } from "./bytes";
import { claim, finding, reason, type Claim, type Finding, type Verdict } from "./claim";
import type { Leaf } from "./leaf";
import { canCheckSignatures, hasSigned, isOf, parseKey, parseNote } from "./note";
import { sha256 } from "./sha256";

/** `leaf` is the newest `manifest.publish` of the ledger, null while nobody has looked for it. */
export function judgeRecorded(document: Bytes, leaf: Leaf | null): Claim {
  const digest = toHex(sha256(document));
  if (!leaf) return claim("manifest.recorded", "not published", finding("found.manifest.unrecorded"));
  return leaf.fields["digest"] === digest
    ? claim("manifest.recorded", "proven", finding("found.manifest.recorded", { version: String(leaf.fields["version"]) }))
    : claim("manifest.recorded", "failed", finding("found.manifest.other"));
}

/** Whether enough of its own keys signed it; `lines` are signature lines. */
export async function judgeManifestSigned(document: Bytes, lines: string[]): Promise<Claim> {
  const told = (verdict: Verdict, found: Finding): Claim => claim("manifest.signed", verdict, found);
  try {
    const { manifest } = JSON.parse(decode(document)) as { manifest: { keys?: { key: string }[]; realm: { key_threshold?: number } } };
    const need = manifest.realm.key_threshold ?? 0;
    if (need === 0) return told("not published", finding("found.manifest.keyless"));
    if (!(await canCheckSignatures())) return told("not checked", finding("found.no-ed25519"));
    const text = `reelm/manifest/1\n${decode(document)}\n`;
    const { signatures } = parseNote(encode(`${text}\n${lines.join("\n")}\n`));
    const good = new Set<string>();
    for (const key of (manifest.keys ?? []).map(({ key }) => parseKey(key))) {
      for (const signature of signatures.filter((each) => isOf(each, key))) {
        if (await hasSigned(key, encode(text), signature.bytes)) good.add(toHex(key.raw));
      }
    }
    return told(good.size >= need ? "proven" : "failed", finding("found.manifest.signed", { count: good.size, need }));
  } catch (error) {
    return told("failed", reason(error));
  }
}
