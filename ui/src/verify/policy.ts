/** Whom to believe, and how many must agree. Source: c2sp.org/tlog-policy. */
import { toHex } from "./bytes";
import { finding, Refused, type Finding } from "./claim";
import { parseKey, type VerifierKey } from "./note";

const NONE = "none";

export interface Witness {
  name: string;
  key: VerifierKey;
  address: string | null;
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

/** Whether every witness of another policy is in this one, and no fewer have to agree. */
export function asksNoLess(policy: Policy, other: Policy): boolean {
  if (other.quorum === null) return true;
  const mine = new Set([...policy.witnesses.values()].map(({ key }) => toHex(key.raw)));
  if (policy.quorum === null || ![...other.witnesses.values()].every(({ key }) => mine.has(toHex(key.raw)))) return false;
  return least(policy, policy.quorum) >= least(other, other.quorum);
}

function least(policy: Policy, name: string): number {
  const group = policy.groups.get(name);
  if (!group) return 1;
  const needs = group.members.map((member) => least(policy, member)).toSorted((one, two) => one - two);
  return needs.slice(0, group.need).reduce((sum, each) => sum + each, 0);
}

/** The latest moment at which enough witnesses had seen it then or later, in seconds; null when too few have seen it. */
export function quorumSeconds(policy: Policy, seen: ReadonlyMap<string, number>, name = policy.quorum): number | null {
  if (name === null) return 0;
  const group = policy.groups.get(name);
  if (!group) return seen.get(name) ?? null;
  const times = group.members.map((member) => quorumSeconds(policy, seen, member)).filter((each) => each !== null);
  return times.toSorted((one, two) => two - one)[group.need - 1] ?? null;
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
    witnesses.set(name, { name, key: parseKey(rest[0] ?? ""), address: rest[1] ?? null });
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

// Which witnesses are not the realm's own, by their names: the rules of audit/src/reelm_audit/independence.py.

/** What a manifest says about whose hosts are whose; docs/spec/manifest.md. */
interface Declared {
  manifest?: {
    operator?: { contact?: string };
    realm?: { public_url?: string };
    pathways?: { base_url?: string }[];
    stores?: { url?: string }[];
  };
}

/** The hosts of the realm: of its log, and of its page, pathways, stores and mail as it declares them. */
export function ownHosts(origin: string, document: string | null): ReadonlySet<string> {
  return new Set([origin, ...declared(document)].map(hostOf).filter((host) => host !== ""));
}

/** The witnesses of a policy that are the realm's own, or that are at no place of their own. */
export function dependent({ witnesses }: Policy, own: ReadonlySet<string>): ReadonlySet<string> {
  const isApart = (host: string): boolean =>
    host !== "" && !isHere(host) && ![...own].some((each) => host === each || host.endsWith(`.${each}`) || each.endsWith(`.${host}`));
  const ours = [...witnesses.values()].filter(({ key, address }) => ![key.name, ...(address ? [address] : [])].every((name) => isApart(hostOf(name))));
  return new Set(ours.map(({ name }) => name));
}

/** The host in an address, an e-mail address, or the name of a key or log. */
export function hostOf(name: string): string {
  const place = name.includes("://") ? name : `https://${name.split("@").at(-1)?.split("/")[0] ?? ""}`;
  const host = URL.canParse(place) ? new URL(place).hostname : "";
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}

/** Whether a host is the machine itself or one of a private network, which names nobody. */
export const isHere = (host: string): boolean =>
  /^(?:.*\.)?localhost$|^(?:0|10|127)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.|^::1?$|^f[cd][0-9a-f]{2}:|^fe[89ab][0-9a-f]:/.test(host);

function declared(document: string | null): string[] {
  try {
    const { manifest } = JSON.parse(document ?? "{}") as Declared;
    const named = [manifest?.operator?.contact, manifest?.realm?.public_url];
    named.push(...(manifest?.pathways ?? []).map((each) => each.base_url), ...(manifest?.stores ?? []).map((each) => each.url));
    return named.filter((each): each is string => typeof each === "string" && !each.startsWith("/"));
  } catch {
    return [];
  }
}
