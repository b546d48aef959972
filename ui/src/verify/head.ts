/** The newest checkpoint of a log: who signed it, who saw it, and whether it continues what was seen before. */
import { encode, isEqual } from "./bytes";
import { cosignedSeconds, parseCheckpoint, type Checkpoint } from "./checkpoint";
import { claim, type Claim } from "./claim";
import { consistencyRanges, isConsistent } from "./merkle";
import { asText, canCheckSignatures, checkSigned, isOf, parseKey, parseNote, type Note, type VerifierKey } from "./note";
import { isMet, parsePolicy, quorumWords, type Policy } from "./policy";
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

const SIGNED = "The realm signed this checkpoint";
const WITNESSED = "Enough independent witnesses have seen the same record";
const FRESH = "Enough witnesses have looked within the last three hours";
const CONTINUED = "Nothing that this browser saw before was rewritten";
const NO_ED25519 = "This browser cannot check Ed25519 signatures. Use a newer one, or reelm-audit.";

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
  if (!key) throw new Refused("The checkpoint is of another log than the one whose key the realm publishes.");
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
export function judgeQuorum(policy: Policy, witnesses: Witnessed[]): Pick<Claim, "verdict" | "found"> {
  const of = (...states: Witnessed["state"][]): Set<string> =>
    new Set(witnesses.flatMap(({ name, state }) => (states.includes(state) ? [name] : [])));
  const agreeing = of("agrees");
  const words = `${agreeing.size} of ${witnesses.length} cosigned it; ${quorumWords(policy)}.`;
  if (policy.quorum === null) return { verdict: "absent", found: "The realm names no witness whose agreement it needs." };
  if (isMet(policy, agreeing)) return { verdict: "proven", found: words };
  if (isMet(policy, of("agrees", "unchecked"))) {
    const found = `${words} Others signed with ML-DSA-44, which no browser can check yet: reelm-audit does.`;
    return { verdict: "unchecked", found };
  }
  return { verdict: "failed", found: words };
}

function parsed(bytes: Uint8Array): { note: Note; checkpoint: Checkpoint } {
  const note = parseNote(bytes);
  return { note, checkpoint: parseCheckpoint(note.text) };
}

async function judgeSigned(note: Note, key: VerifierKey, kept: Kept | null, canCheck: boolean): Promise<Claim> {
  if (kept && kept.key !== key.text) {
    const found = `The realm publishes another key than when this browser first saw ${parseKey(kept.key).name}.`;
    return claim("head.signed", SIGNED, "failed", found);
  }
  if (!canCheck) return claim("head.signed", SIGNED, "unchecked", NO_ED25519);
  try {
    await checkSigned(note, key);
  } catch (error) {
    return claim("head.signed", SIGNED, "failed", reason(error));
  }
  const since = kept ? "the key is the one this browser has known since its first visit" : "the key is the one that the realm publishes";
  return claim("head.signed", SIGNED, "proven", `The signature of ${key.name} was checked; ${since}.`);
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
  const told = (verdict: Claim["verdict"], found: string, witnesses = silent): { claim: Claim; witnesses: Witnessed[] } => ({
    claim: claim("head.witnessed", WITNESSED, verdict, found),
    witnesses,
  });
  if (at.policy.quorum === null && silent.length === 0) {
    return told("absent", "The realm names no witness yet: only its own word stands against two histories for two people.");
  }
  if (!at.cosigned) return told("absent", "No checkpoint with enough cosignatures is published yet.");
  if (!at.canCheck) return told("unchecked", NO_ED25519);
  try {
    await checkSigned(at.cosigned.note, at.key);
    const witnesses = await cosigners(at.cosigned.note, at.policy);
    const { verdict, found } = judgeQuorum(at.policy, witnesses);
    if (await isBeginning(at.cosigned.checkpoint, at.checkpoint, at.files)) return told(verdict, found, witnesses);
    return told("failed", "What the witnesses saw is not the beginning of what you are shown: two histories.", witnesses);
  } catch (error) {
    return told("failed", reason(error));
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
  const when = new Date(newest * 1000).toLocaleString();
  return isMet(policy, new Set(names))
    ? claim("head.fresh", FRESH, "proven", `The last look was on ${when}, by the clock of that witness.`)
    : claim("head.fresh", FRESH, "unchecked", `The last look was on ${when}. Either the realm did not reach them since then, or this is an old copy.`);
}

async function judgeContinued(kept: Kept | null, now: Checkpoint, files: Files): Promise<Claim> {
  const told = (verdict: Claim["verdict"], found: string): Claim => claim("head.continued", CONTINUED, verdict, found);
  if (!kept) return told("absent", "This is the first visit: this checkpoint is kept here and compared from now on.");
  const before = parseCheckpoint(parseNote(encode(kept.note)).text);
  const entries = `${before.size.toLocaleString()} entries`;
  const when = new Date(kept.at).toLocaleString();
  if (before.origin !== now.origin) return told("failed", `The log was called ${before.origin} before.`);
  if (before.size > now.size) {
    return told("failed", `This browser saw ${entries} on ${when}, and now there are ${now.size.toLocaleString()}: the record was rolled back.`);
  }
  try {
    if (await isBeginning(before, now, files)) {
      return told("proven", `What this browser saw on ${when} is still the beginning: ${entries}, recomputed from the tiles.`);
    }
  } catch (error) {
    return told("failed", reason(error));
  }
  return told("failed", `The ${entries} that this browser saw on ${when} are not the beginning of this record: it was rewritten.`);
}

/** Why something was refused; whatever else went wrong goes on. */
export function reason(error: unknown): string {
  if (error instanceof Refused) return error.message;
  throw error;
}
