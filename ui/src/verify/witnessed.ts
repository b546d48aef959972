/** The claims that rest on witnesses: the same ledger for everybody, and not an old one. */
import { finding, reason, told, type Claim } from "./claim";
import { cosignedSeconds, type Checkpoint } from "./checkpoint";
import { FUTURE_SECONDS } from "./leaf";
import { isOf, type Note } from "./note";
import { dependent, isMet, quorumOf, quorumSeconds, type Policy } from "./policy";

export interface Witnessed {
  name: string;
  /** When it last saw the log, in seconds since 1970; null when it did not, or when that cannot be checked here. */
  seconds: number | null;
  state: "agrees" | "silent" | "unchecked";
}

export interface Cosigned {
  note: Note;
  checkpoint: Checkpoint;
}

/** What cosignatures are held against. */
export interface Witnessing {
  policy: Policy;
  /** Whether the visitor named the policy; a realm's own choice of witnesses proves less. */
  isNamed: boolean;
  own: ReadonlySet<string>;
  cosigned: Cosigned | null;
  /** Whether there were cosignatures at the last visit. */
  wasCosigned: boolean;
  nowSeconds: number;
}

/** Three hours, as reelm-audit has it: an idle realm has its witnesses look again every hour. */
export const MOST_AGE_SECONDS = 10_800;
export const isFresh = (seconds: number, nowSeconds: number): boolean => nowSeconds - seconds <= MOST_AGE_SECONDS;

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

const unknown = (): Claim => told("ledger.fresh", "unread", finding("found.fresh.unknown"));

/** Shared and fresh, once it is known that there are no two histories. */
export async function judgeWitnessed(at: Witnessing): Promise<{ claims: Claim[]; witnesses: Witnessed[] }> {
  const { policy, cosigned } = at;
  const silent = [...policy.witnesses.keys()].map((name): Witnessed => ({ name, seconds: null, state: "silent" }));
  if (policy.quorum === null) {
    const nobody = finding("found.shared.nobody");
    return { claims: [told("ledger.shared", "nobody", nobody), told("ledger.fresh", "nobody", nobody)], witnesses: silent };
  }
  try {
    const witnesses = cosigned ? await cosigners(cosigned.note, policy) : silent;
    return { claims: judgeQuorum(at, witnesses), witnesses };
  } catch (error) {
    return { claims: [told("ledger.shared", "forged", reason(error)), unknown()], witnesses: silent };
  }
}

function judgeQuorum(at: Witnessing, witnesses: Witnessed[]): Claim[] {
  const { policy, cosigned, isNamed } = at;
  const seen = new Map(witnesses.flatMap(({ name, seconds }) => (seconds === null ? [] : [[name, seconds] as const])));
  const seconds = quorumSeconds(policy, seen);
  const counted = finding("found.shared.counted", { some: seen.size, all: witnesses.length, quorum: quorumOf(policy) });
  if (seconds !== null) return [judgeShared(at, seen), judgeFresh(at, seen, seconds)];
  const possible = new Set(witnesses.flatMap(({ name, state }) => (state === "silent" ? [] : [name])));
  if (isMet(policy, possible)) {
    const mlDsa = finding("found.shared.ml-dsa");
    return [told("ledger.shared", "uncheckable", counted, mlDsa), told("ledger.fresh", "uncheckable", mlDsa)];
  }
  if (!cosigned && !at.wasCosigned && !isNamed) {
    const early = finding("found.shared.not-yet");
    return [told("ledger.shared", "not-yet", early), told("ledger.fresh", "not-yet", early)];
  }
  return [told("ledger.shared", "too-few", counted), unknown()];
}

function worth({ policy, own, isNamed }: Witnessing, seen: ReadonlyMap<string, number>): "own" | "independent" | "chosen" {
  const ours = dependent(policy, own);
  const strangers = new Map([...seen].filter(([name]) => !ours.has(name)));
  if (quorumSeconds(policy, strangers) === null) return "own";
  return isNamed ? "independent" : "chosen";
}

function judgeShared(at: Witnessing, seen: ReadonlyMap<string, number>): Claim {
  const counted = finding("found.shared.counted", { some: seen.size, all: at.policy.witnesses.size, quorum: quorumOf(at.policy) });
  const whose = worth(at, seen);
  if (whose === "own") return told("ledger.shared", "own", counted, finding("found.shared.own"));
  if (whose === "chosen") return told("ledger.shared", "chosen", counted, finding("found.shared.chosen"));
  return told("ledger.shared", "independent", counted, finding("found.shared.independent"));
}

function judgeFresh(at: Witnessing, seen: ReadonlyMap<string, number>, seconds: number): Claim {
  const when = new Date(seconds * 1000);
  if (!isFresh(seconds, at.nowSeconds)) return told("ledger.fresh", "old", finding("found.fresh.old", { when }));
  if (seconds - at.nowSeconds > FUTURE_SECONDS) return told("ledger.fresh", "old", finding("found.fresh.ahead", { when }));
  const whose = worth(at, seen);
  return told("ledger.fresh", whose === "independent" ? "seen" : whose, finding("found.fresh", { when }));
}
