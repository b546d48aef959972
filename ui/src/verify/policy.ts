/** Whom to believe, and how many must agree. Source: c2sp.org/tlog-policy. */
import { finding, type Finding } from "./claim";
import { parseKey, type VerifierKey } from "./note";
import { Refused } from "./refused";

const NONE = "none";

export interface Witness {
  name: string;
  key: VerifierKey;
}

export interface Group {
  need: number;
  members: string[];
}

export interface Policy {
  logs: VerifierKey[];
  witnesses: Map<string, Witness>;
  groups: Map<string, Group>;
  /** Of a witness or a group; null when nobody has to agree. */
  quorum: string | null;
}

/** @throws Refused, with the number of the line. */
export function parsePolicy(text: string): Policy {
  const policy: Policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null };
  let hasQuorum = false;
  for (const [at, line] of text.split("\n").entries()) {
    const [what = "", ...words] = line.trim().split(/[ \t]+/);
    if (what === "" || what.startsWith("#")) continue;
    if (what === "quorum") {
      if (hasQuorum || words.length !== 1) throw wrong(at);
      hasQuorum = true;
    }
    if (!take(policy, what, words)) throw wrong(at);
  }
  if (!hasQuorum) throw new Refused("refused.no-quorum");
  return policy;
}

/** Whether these witnesses are enough, each by its name in the policy. */
export function isMet(policy: Policy, witnessed: ReadonlySet<string>, name = policy.quorum): boolean {
  if (name === null) return true;
  const group = policy.groups.get(name);
  if (!group) return witnessed.has(name);
  return group.members.filter((member) => isMet(policy, witnessed, member)).length >= group.need;
}

/** Returns how many of how many have to agree, where that is all there is to it. */
export function quorumOf(policy: Policy): Finding {
  if (policy.quorum === null) return finding("quorum.none");
  const group = policy.groups.get(policy.quorum);
  if (!group) return finding("quorum.one", { name: policy.quorum });
  const isPlain = group.members.every((member) => policy.witnesses.has(member));
  return finding(isPlain ? "quorum.witnesses" : "quorum.groups", { need: group.need, all: group.members.length });
}

function take(policy: Policy, what: string, words: string[]): boolean {
  const [name = "", ...rest] = words;
  const { witnesses, groups } = policy;
  const isKnown = (each: string): boolean => witnesses.has(each) || groups.has(each);
  const isNew = name !== "" && name !== NONE && !isKnown(name);
  if (what === "log" && name !== "" && rest.length <= 1) return policy.logs.push(parseKey(name)) > 0;
  if (what === "quorum" && (name === NONE || isKnown(name))) {
    policy.quorum = name === NONE ? null : name;
    return true;
  }
  if (what === "witness" && isNew && (rest.length === 1 || rest.length === 2)) {
    witnesses.set(name, { name, key: parseKey(rest[0] ?? "") });
    return true;
  }
  const [count = "", ...members] = rest;
  const need = count === "any" ? 1 : count === "all" ? members.length : /^[1-9][0-9]{0,8}$/.test(count) ? Number(count) : 0;
  const isTaken = members.some((member) => [...groups.values()].some((group) => group.members.includes(member)));
  if (what !== "group" || !isNew || need < 1 || need > members.length || isTaken || !members.every(isKnown)) return false;
  groups.set(name, { need, members });
  return new Set(members).size === members.length;
}

const wrong = (at: number): Refused => new Refused("refused.policy-line", { line: at + 1 });
