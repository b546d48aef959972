/** The newest checkpoint of a log: who signed it, who saw it, and whether it continues what was seen before. */
import { encode, isEqual } from "./bytes";
import { cosignedSeconds, parseCheckpoint, type Checkpoint } from "./checkpoint";
import { claim, finding, type Claim, type Finding, type Verdict } from "./claim";
import { consistencyRanges, isConsistent } from "./merkle";
import { asText, canCheckSignatures, checkSigned, isOf, parseKey, parseNote, type Note, type VerifierKey } from "./note";
import { isMet, parsePolicy, quorumOf, type Policy } from "./policy";
import { Refused } from "./refused";
import { rangesOf, type Files } from "./tiles";

/** What this browser keeps of a log between visits. */
export interface Kept {
  /** The signed checkpoint, as it was. */
  note: string;
  /** The log's key at the first visit. */
  key: string;
  /** When it was seen, in milliseconds since 1970. */
  at: number;
}

export interface Witnessed {
  name: string;
  /** When it last saw the log, in seconds since 1970; null when it did not, or when that cannot be checked here. */
  seconds: number | null;
  state: "agrees" | "silent" | "unchecked";
}

export interface Head {
  note: Note;
  checkpoint: Checkpoint;
  key: VerifierKey;
  policy: Policy;
  /** The newest checkpoint that enough witnesses cosigned. */
  cosigned: { note: Note; checkpoint: Checkpoint } | null;
  witnesses: Witnessed[];
  claims: Claim[];
}

/** The head of a log, null when none is published. @throws Refused when it cannot even be read. */
export async function readHead(files: Files, kept: Kept | null, signal?: AbortSignal): Promise<Head | null> {
  const [rule, newest] = await Promise.all([files("policy", signal), files("checkpoint", signal)]);
  if (!newest || !rule) return null;
  const policy = parsePolicy(asText(rule));
  const seen = policy.witnesses.size > 0 ? await files("checkpoint.cosigned", signal) : null;
  const cosigned = seen ? parsed(seen) : null;
  let { note, checkpoint } = parsed(newest);
  if (cosigned && cosigned.checkpoint.size > checkpoint.size) {
    // The log has grown in between. What is cosigned is never newer than what is read after it.
    ({ note, checkpoint } = parsed((await files("checkpoint", signal)) ?? newest));
  }
  const key = policy.logs.find(({ name }) => name === checkpoint.origin);
  if (!key) throw new Refused("refused.other-log");
  const canCheck = await canCheckSignatures();
  const signed = await judgeSigned(note, key, kept, canCheck);
  const witnessed = await judgeWitnessed({ policy, key, cosigned, checkpoint, files, canCheck });
  const claims = [signed, witnessed.claim, await judgeContinued(kept, checkpoint, files)];
  return { note, checkpoint, key, policy, cosigned, witnesses: witnessed.witnesses, claims };
}

/** What to keep after a visit: only what holds, and never in place of something that contradicts it. */
export function keeping(head: Head, before: Kept | null, at: number): Kept | null {
  const isGood = head.claims.every(({ verdict }) => verdict !== "failed");
  const isSigned = head.claims.some(({ id, verdict }) => id === "head.signed" && verdict === "proven");
  return isGood && isSigned ? { note: head.note.whole, key: before?.key ?? head.key.text, at } : before;
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

/** @throws Refused for a wrong signature of a witness that is known. */
export async function cosigners(note: Note, policy: Policy): Promise<Witnessed[]> {
  return Promise.all(
    [...policy.witnesses.values()].map(async ({ name, key }): Promise<Witnessed> => {
      const claimed = note.signatures.filter((signature) => isOf(signature, key));
      if (claimed.length === 0) return { name, seconds: null, state: "silent" };
      const seconds = await Promise.all(claimed.map((signature) => cosignedSeconds(note, signature, key)));
      const known = seconds.filter((each) => each !== null);
      return known.length === 0 ? { name, seconds: null, state: "unchecked" } : { name, seconds: Math.max(...known), state: "agrees" };
    }),
  );
}

/** Whether those that can be checked here are enough, or would be with those that cannot. */
export function judgeQuorum(policy: Policy, witnesses: Witnessed[]): Pick<Claim, "verdict" | "findings"> {
  const of = (...states: Witnessed["state"][]): Set<string> =>
    new Set(witnesses.flatMap(({ name, state }) => (states.includes(state) ? [name] : [])));
  const agreeing = of("agrees");
  const found = finding("found.witnessed", { some: agreeing.size, all: witnesses.length, quorum: quorumOf(policy) });
  if (policy.quorum === null) return { verdict: "absent", findings: [finding("found.witnessed.nobody")] };
  if (isMet(policy, agreeing)) return { verdict: "proven", findings: [found] };
  if (isMet(policy, of("agrees", "unchecked"))) {
    return { verdict: "unchecked", findings: [found, finding("found.witnessed.ml-dsa")] };
  }
  return { verdict: "failed", findings: [found] };
}

function parsed(bytes: Uint8Array): { note: Note; checkpoint: Checkpoint } {
  const note = parseNote(bytes);
  return { note, checkpoint: parseCheckpoint(note.text) };
}

async function judgeSigned(note: Note, key: VerifierKey, kept: Kept | null, canCheck: boolean): Promise<Claim> {
  if (kept && kept.key !== key.text) {
    return claim("head.signed", "failed", finding("found.signed.rekeyed", { name: parseKey(kept.key).name }));
  }
  if (!canCheck) return claim("head.signed", "unchecked", finding("found.no-ed25519"));
  try {
    await checkSigned(note, key);
  } catch (error) {
    return claim("head.signed", "failed", reason(error));
  }
  return claim("head.signed", "proven", finding(kept ? "found.signed.known" : "found.signed.published", { name: key.name }));
}

interface Witnessing {
  policy: Policy;
  key: VerifierKey;
  cosigned: { note: Note; checkpoint: Checkpoint } | null;
  checkpoint: Checkpoint;
  files: Files;
  canCheck: boolean;
}

async function judgeWitnessed(at: Witnessing): Promise<{ claim: Claim; witnesses: Witnessed[] }> {
  const silent = [...at.policy.witnesses.keys()].map((name): Witnessed => ({ name, seconds: null, state: "silent" }));
  const told = (verdict: Verdict, findings: Finding[], witnesses = silent): { claim: Claim; witnesses: Witnessed[] } => ({
    claim: claim("head.witnessed", verdict, ...findings),
    witnesses,
  });
  if (at.policy.quorum === null && silent.length === 0) {
    return told("absent", [finding("found.witnessed.none")]);
  }
  if (!at.cosigned) return told("absent", [finding("found.witnessed.not-yet")]);
  if (!at.canCheck) return told("unchecked", [finding("found.no-ed25519")]);
  try {
    await checkSigned(at.cosigned.note, at.key);
    const witnesses = await cosigners(at.cosigned.note, at.policy);
    const { verdict, findings } = judgeQuorum(at.policy, witnesses);
    if (await isBeginning(at.cosigned.checkpoint, at.checkpoint, at.files)) return told(verdict, findings, witnesses);
    return told("failed", [finding("found.witnessed.forked")], witnesses);
  } catch (error) {
    return told("failed", [reason(error)]);
  }
}

/** Three hours, as reelm-audit has it: an idle realm has its witnesses look again every hour. */
export const isFresh = (seconds: number, nowSeconds: number): boolean => nowSeconds - seconds <= 10_800;

/** Whether what is shown may be an old copy; null where no witness could tell. */
export function judgeFresh({ policy, witnesses }: Head, nowSeconds: number): Claim | null {
  const dated = witnesses.filter(({ seconds }) => seconds !== null);
  if (dated.length === 0) return null;
  const newest = Math.max(...dated.map(({ seconds }) => seconds ?? 0));
  const names = dated.flatMap(({ name, seconds }) => (isFresh(seconds ?? 0, nowSeconds) ? [name] : []));
  const when = new Date(newest * 1000);
  return isMet(policy, new Set(names))
    ? claim("head.fresh", "proven", finding("found.fresh", { when }))
    : claim("head.fresh", "unchecked", finding("found.fresh.old", { when }));
}

async function judgeContinued(kept: Kept | null, now: Checkpoint, files: Files): Promise<Claim> {
  const told = (verdict: Verdict, found: Finding): Claim => claim("head.continued", verdict, found);
  if (!kept) return told("absent", finding("found.continued.first"));
  const before = parseCheckpoint(parseNote(encode(kept.note)).text);
  const seen = { entries: before.size, when: new Date(kept.at) };
  if (before.origin !== now.origin) return told("failed", finding("found.continued.other", { origin: before.origin }));
  if (before.size > now.size) return told("failed", finding("found.continued.rolled-back", { ...seen, now: now.size }));
  try {
    if (await isBeginning(before, now, files)) return told("proven", finding("found.continued", seen));
  } catch (error) {
    return told("failed", reason(error));
  }
  return told("failed", finding("found.continued.rewritten", seen));
}

/** Returns why something was refused; whatever else went wrong goes on. */
export function reason(error: unknown): Finding {
  if (error instanceof Refused) return error.finding;
  throw error;
}
