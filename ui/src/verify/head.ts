/** The newest checkpoint of a log: who signed it, who saw it, and whether it continues what was seen before. */
import { encode, isEqual } from "./bytes";
import { parseCheckpoint, type Checkpoint } from "./checkpoint";
import { finding, reason, Refused, told, type Claim, type Finding } from "./claim";
import { consistencyRanges, isConsistent } from "./merkle";
import { asText, canCheckSignatures, checkSigned, parseKey, parseNote, type Note, type VerifierKey } from "./note";
import { asksNoLess, hostOf, isHere, ownHosts, parsePolicy, type Policy } from "./policy";
import { rangesOf, type Files } from "./tiles";
import { judgeWitnessed, type Cosigned, type Witnessed } from "./witnessed";

/** What this browser keeps of a log between visits. */
export interface Kept {
  /** The signed checkpoint, as it was. */
  note: string;
  /** The log's key at the first visit. */
  key: string;
  /** When it was seen, in milliseconds since 1970. */
  at: number;
  /** When the visit began at which it was seen first; what is kept from before this was told is of an earlier one. */
  first?: number;
  /** The realm's policy of witnesses, as it was; null when there was none. */
  policy?: string | null;
  /** Whether witnesses had cosigned. */
  wasCosigned?: boolean;
}

/** How a log is looked at. */
export interface Looking {
  nowSeconds: number;
  /** The host that it is read from; empty where there is none. */
  host: string;
  /** When this visit began, in milliseconds since 1970. */
  visit: number;
  /** The visitor's own policy: whose cosignatures count. */
  own: Policy | null;
  /** The realm's manifest as it is served. */
  manifest: string | null;
  signal: AbortSignal | null;
}

export interface Head {
  note: Note;
  checkpoint: Checkpoint;
  key: VerifierKey;
  /** The policy that cosignatures are held against: the visitor's, or else the realm's. */
  policy: Policy;
  isNamed: boolean;
  own: ReadonlySet<string>;
  /** The realm's policy, as it is published. */
  published: string | null;
  /** The newest checkpoint that witnesses cosigned. */
  cosigned: Cosigned | null;
  witnesses: Witnessed[];
  claims: Claim[];
}

/** A realm's policy as it is published; `policy` is null when there is none, or it cannot be read. */
interface Offer {
  raw: string | null;
  policy: Policy | null;
  state: "there" | "none" | "unreadable" | "unread";
}

/** What is cosigned, or why it cannot be said: a fault of it, or that nobody answered. */
interface Seen {
  cosigned: Cosigned | null;
  fault: Finding | null;
  isUnread: boolean;
}

const NOBODY: Policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null };

/** The head of a log, null when none is published. @throws Refused when it cannot even be read. */
export async function readHead(files: Files, kept: Kept | null, given: Partial<Looking> = {}): Promise<Head | null> {
  const host = globalThis.location?.hostname ?? "";
  const at: Looking = { nowSeconds: Date.now() / 1000, host, visit: 0, own: null, manifest: null, signal: null, ...given };
  const read: Files = (path) => files(path, at.signal ?? undefined);
  const [offer, newest] = await Promise.all([readOffer(read), read("checkpoint")]);
  if (!newest && kept) throw new Refused("refused.gone");
  if (!newest || (offer.state === "none" && !kept && !at.own)) return null;
  const before = offerOf(kept?.policy ?? null).policy;
  const isLess = before !== null && !(offer.policy && asksNoLess(offer.policy, before));
  const policy = at.own ?? (isLess ? before : offer.policy) ?? NOBODY;
  let { note, checkpoint } = parsed(newest);
  const published = offer.policy?.logs.find(({ name }) => name === checkpoint.origin) ?? offer.policy?.logs[0] ?? null;
  const [named = null, another] = at.own?.logs ?? [];
  const isKeyNamed = named !== null && !another;
  const key = kept ? parseKey(kept.key) : isKeyNamed ? named : published;
  if (!key) throw new Refused("refused.other-log");
  const canCheck = await canCheckSignatures();
  const seen = policy.witnesses.size > 0 ? await readCosigned(read, key, canCheck) : { cosigned: null, fault: null, isUnread: false };
  if (seen.cosigned && seen.cosigned.checkpoint.size > checkpoint.size) {
    // The log has grown in between. What is cosigned is never newer than what is read after it.
    ({ note, checkpoint } = parsed((await read("checkpoint")) ?? newest));
  }
  const isFirst = !kept || kept.first === at.visit;
  const signed = await judgeSigned(note, checkpoint, key, canCheck);
  const claims = [judgeKey(key, published, isFirst, isKeyNamed), judgeAddress(key, at.host, isKeyNamed), judgePolicy(offer, before), signed];
  const own = ownHosts(key.name, at.manifest);
  const head = { note, checkpoint, key, policy, isNamed: at.own !== null, own, published: offer.raw, cosigned: seen.cosigned };
  // Nothing is proven by the name of a log that shows nothing signed; what is wrong with it stays.
  if (signed.verdict === "failed") return { ...head, witnesses: [], claims: claims.filter(({ verdict }) => verdict === "failed") };
  const appended = await judgeAppended(kept, isFirst, head, files);
  const { witnesses, claims: more } = await judgeSeen(head, seen, appended, { at, kept, canCheck });
  return { ...head, witnesses, claims: [...claims, appended, ...more] };
}

/** What to keep after a visit: only what holds, and never in place of something that contradicts it. */
export function keeping(head: Head, before: Kept | null, at: number, visit = at): Kept | null {
  const isGood = head.claims.every(({ verdict }) => verdict !== "failed");
  const isSigned = head.claims.some(({ id, verdict }) => id === "ledger.signed" && verdict === "proven");
  if (!isGood || !isSigned) return before;
  const { note, key, published: policy, cosigned } = head;
  const first = before ? (before.first ?? 0) : visit;
  return { note: note.whole, key: before?.key ?? key.text, at, first, policy, wasCosigned: cosigned !== null };
}

/** Whether a shorter tree is the beginning of a longer one, recomputed from the log's tiles. */
export async function isBeginning(before: Checkpoint, now: Checkpoint, files: Files): Promise<boolean> {
  if (before.origin !== now.origin || before.size > now.size) return false;
  if (before.size === now.size) return isEqual(before.root, now.root);
  if (before.size === 0) return true;
  const root = rangesOf(files, now.size);
  const proof = await Promise.all(consistencyRanges(before.size, [0, now.size]).map(root));
  return isConsistent(before, now, proof);
}

function parsed(bytes: Uint8Array): { note: Note; checkpoint: Checkpoint } {
  const note = parseNote(bytes);
  return { note, checkpoint: parseCheckpoint(note.text) };
}

async function readOffer(read: Files): Promise<Offer> {
  const raw = await answered(() => read("policy"));
  return raw === undefined ? { raw: null, policy: null, state: "unread" } : offerOf(raw && textOf(raw));
}

function offerOf(raw: string | null): Offer {
  if (raw === null) return { raw, policy: null, state: "none" };
  try {
    return { raw, policy: parsePolicy(raw), state: "there" };
  } catch (error) {
    reason(error);
    return { raw, policy: null, state: "unreadable" };
  }
}

async function readCosigned(read: Files, key: VerifierKey, canCheck: boolean): Promise<Seen> {
  const raw = await answered(() => read("checkpoint.cosigned"));
  if (!raw) return { cosigned: null, fault: null, isUnread: raw === undefined };
  try {
    const cosigned = parsed(raw);
    if (canCheck) await checkSigned(cosigned.note, key);
    return { cosigned, fault: null, isUnread: false };
  } catch (error) {
    return { cosigned: null, fault: reason(error), isUnread: false };
  }
}

function judgeKey(key: VerifierKey, published: VerifierKey | null, isFirst: boolean, isNamed: boolean): Claim {
  const { name } = key;
  if (published && published.text !== key.text) return told("ledger.key", "changed", finding("found.key.changed", { name }));
  if (isNamed) return told("ledger.key", "named", finding("found.key.named"));
  return isFirst ? told("ledger.key", "offered", finding("found.key.offered")) : told("ledger.key", "kept", finding("found.key.kept"));
}

function judgeAddress({ name }: VerifierKey, host: string, isNamed: boolean): Claim {
  if (isNamed) return told("ledger.address", "named", finding("found.address.named", { name }));
  if (host === "" || isHere(host)) return told("ledger.address", "copy", finding("found.address.copy", { name }));
  return hostOf(name) === host
    ? told("ledger.address", "same", finding("found.address.same", { name }))
    : told("ledger.address", "other", finding("found.address.other", { name, host }));
}

function judgePolicy(offer: Offer, before: Policy | null): Claim {
  const { policy, state } = offer;
  if (state === "unread") return told("ledger.witnesses", "unread", finding("found.unanswered"));
  if (state === "unreadable") return told("ledger.witnesses", "unreadable", finding("found.witnesses.unreadable"));
  if (before && before.quorum !== null) {
    return policy && asksNoLess(policy, before)
      ? told("ledger.witnesses", "same", finding("found.witnesses.same", { count: before.witnesses.size }))
      : told("ledger.witnesses", "dropped", finding("found.witnesses.dropped"));
  }
  if (!policy || policy.quorum === null) return told("ledger.witnesses", "none", finding("found.witnesses.none"));
  return told("ledger.witnesses", "first", finding("found.witnesses.first", { count: policy.witnesses.size }));
}

async function judgeSigned(note: Note, { origin, size }: Checkpoint, key: VerifierKey, canCheck: boolean): Promise<Claim> {
  const { name } = key;
  if (origin !== name) return told("ledger.signed", "wrong", finding("found.signed.other", { origin, name }));
  if (!canCheck) return told("ledger.signed", "uncheckable", finding("found.no-ed25519"));
  try {
    await checkSigned(note, key);
  } catch (error) {
    return told("ledger.signed", "wrong", reason(error));
  }
  return told("ledger.signed", "holds", finding("found.signed", { name, entries: size }));
}

async function judgeAppended(kept: Kept | null, isFirst: boolean, head: Pick<Head, "checkpoint" | "cosigned">, files: Files): Promise<Claim> {
  const now = head.checkpoint;
  const other = (found: Finding): Claim => told("ledger.appended", "contradicted", found);
  const before = kept && parsed(encode(kept.note)).checkpoint;
  const seen = before && kept && { entries: before.size, when: new Date(kept.at) };
  if (before && before.size > now.size) return other(finding("found.appended.rolled-back", { ...seen, now: now.size }));
  try {
    if (before && !(await isBeginning(before, now, files))) return other(finding("found.appended.rewritten", { ...seen }));
    if (head.cosigned && !(await isBeginning(head.cosigned.checkpoint, now, files))) return other(finding("found.appended.forked"));
  } catch (error) {
    if (error instanceof Refused) return other(error.finding);
    return told("ledger.appended", "unread", finding("found.unanswered"));
  }
  if (!before || !seen || isFirst) return told("ledger.appended", "first", finding("found.appended.first"));
  if (before.size === 0) return told("ledger.appended", "empty", finding("found.appended.empty"));
  return told("ledger.appended", "continued", finding("found.appended", seen));
}

interface Rest {
  at: Looking;
  kept: Kept | null;
  canCheck: boolean;
}

/** Whether everybody is shown the same, and lately: nothing that witnesses say outweighs two histories. */
async function judgeSeen(
  head: Pick<Head, "policy" | "isNamed" | "own" | "cosigned">,
  seen: Seen,
  appended: Claim,
  { at, kept, canCheck }: Rest,
): Promise<{ claims: Claim[]; witnesses: Witnessed[] }> {
  const unknown = told("ledger.fresh", "unread", finding("found.fresh.unknown"));
  const only = (shared: Claim): { claims: Claim[]; witnesses: Witnessed[] } => ({ claims: [shared, unknown], witnesses: [] });
  if (appended.verdict === "failed") return only(told("ledger.shared", "contradicted", finding("found.shared.contradicted")));
  if (seen.isUnread) return only(told("ledger.shared", "unread", finding("found.unanswered")));
  if (seen.fault) return only(told("ledger.shared", "forged", seen.fault));
  if (!canCheck) return only(told("ledger.shared", "uncheckable", finding("found.no-ed25519")));
  return judgeWitnessed({ ...head, wasCosigned: kept?.wasCosigned ?? false, nowSeconds: at.nowSeconds });
}

const textOf = (bytes: Uint8Array): string => {
  try {
    return asText(bytes);
  } catch {
    return "\u0000"; // no policy can hold it
  }
};

/** What was answered; undefined when nobody did. Whoever stopped the looking is told so. */
async function answered<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError")) return undefined;
    throw error;
  }
}
