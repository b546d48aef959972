import type { Json, Leaf } from "../verify";
import { bytes, exact } from "../lib/format";

type Fields = Leaf["fields"];

const text = (value: Json | undefined): string =>
  Array.isArray(value) ? value.map(text).join(", ") : typeof value === "number" ? exact(value) : String(value ?? "?");

const many = (value: Json | undefined, noun: string): string => `${text(value)} ${noun}${value === 1 ? "" : "s"}`;
const size = (value: Json | undefined): string => (typeof value === "number" ? bytes(value) : "an unknown number of bytes");
const shares = (value: Json | undefined): string => (typeof value === "number" ? exact(value / 1e6) : "?");
const day = (value: Json | undefined): string => text(value).slice(0, 10);
const hour = (value: Json | undefined): string => text(value).slice(0, 16).replace("T", " ");
const quoted = (value: Json | undefined): string => `“${text(value)}”`;

/** One sentence for each kind of docs/reference/ledger-kinds.md: what the realm states by such a leaf. */
const SENTENCES: Record<string, (f: Fields) => string> = {
  "manifest.publish": (f) => `Version ${text(f["version"])} of the realm's manifest takes effect.`,
  "key.rotate": (f) => `The realm replaces its ${text(f["use"])} key.`,
  "release.publish": (f) => `Release ${text(f["version"])} exists, with the digests of what it was built from.`,
  "release.deploy": (f) => `The realm begins to run release ${text(f["version"])}.`,
  "staff.grant": (f) => `${text(f["granted_by"])} gives ${text(f["handle"])} the role ${text(f["role"])}.`,
  "staff.revoke": (f) => `${text(f["revoked_by"])} takes ${f["role"] ? `the role ${text(f["role"])}` : "every role"} from ${text(f["handle"])}.`,
  "policy.publish": (f) => `Version ${text(f["version"])} of the rules for staff and for what may leave takes effect.`,
  "access.read": (f) => `${text(f["actor"])} (${text(f["role"])}) looks at somebody's ${text(f["data"])}, for ${quoted(f["purpose"])}.`,
  "access.export": (f) => `${text(f["actor"])} (${text(f["role"])}) takes ${many(f["rows"], "row")} of ${text(f["data"])} away, for ${quoted(f["purpose"])}.`,
  "access.deny": (f) => `${text(f["actor"])} is refused ${quoted(f["action"])}.`,
  "access.emergency": (f) => `${text(f["actor"])} breaks the glass until ${hour(f["expires_at"])} UTC, for ${quoted(f["purpose"])}.`,
  "access.review": (f) => `${text(f["reviewer"])} reviews the emergency of entry ${text(f["emergency"])}: ${text(f["finding"])}.`,
  "flow.intent": (f) => `${size(f["size_bytes"])} of ${text(f["data_class"])} data are about to leave to ${text(f["to"])}, by the flow ${text(f["flow"])}.`,
  "flow.done": (f) => `${size(f["size_bytes"])} were ${text(f["side"])} by the flow ${text(f["flow"])}; the other side is ${text(f["peer"])}.`,
  "flow.deny": (f) => `A transfer to ${text(f["to"])} by the flow ${text(f["flow"])} is refused: ${text(f["reason"])}.`,
  "mod.notice": (f) => `A notice about content comes in, from ${sources(f["source"])}.`,
  "mod.decision": (f) => `Content or an account is restricted: ${quoted(f["explanation"])}`,
  "mod.appeal": () => "Somebody asks to have a decision looked at again.",
  "mod.outcome": (f) => `An appeal is decided by ${text(f["decided_by"])}: ${text(f["outcome"])}.`,
  "rule.publish": (f) => `Version ${text(f["version"])} of the moderation rules takes effect.`,
  "rank.deploy": (f) => `Version ${text(f["version"])} of the ranking model may be loaded.`,
  "rank.param": (f) => `The ranking's ${text(f["name"])} changes from ${shares(f["old_millionths"])} to ${shares(f["new_millionths"])}: ${quoted(f["reason"])}`,
  "incident.open": (f) => `Something is wrong since ${hour(f["impact_started_at"])} UTC: ${quoted(f["summary"])}`,
  "incident.update": (f) => `News of an incident: ${quoted(f["summary"])}`,
  "incident.close": (f) => `An incident is over${f["data_lost"] ? ", and data was lost" : ""}: ${quoted(f["summary"])}`,
  "slo.month": (f) => `In ${text(f["month"]).slice(0, 7)} the objective ${text(f["objective"])} was met ${text(f["good"])} of ${many(f["total"], "time")}.`,
  "drill.result": (f) => `The drill ${text(f["drill"])} ${f["succeeded"] ? "succeeded" : "failed"}.`,
  "erasure.done": (f) => `A person's key was destroyed, as asked on ${day(f["requested_on"])}, with ${many(f["objects"], "object")}.`,
  "export.done": (f) => `A person was handed what the realm has about them (${size(f["size_bytes"])}).`,
  "ad.publish": (f) => `An advertisement may be shown, on behalf of ${text(f["on_behalf_of"])}, paid by ${text(f["payer"])}.`,
  "authority.statement": (f) => `A statement is made to ${text(f["authority"])} about ${quoted(f["subject"])}.`,
  "handover.announce": (f) => `The realm will pass from ${text(f["outgoing"])} to ${text(f["incoming"])} on ${day(f["cut_on"])}.`,
  "handover.cut": () => "The new operator's keys count from here on.",
  "handover.done": () => "The change of operator is finished.",
  "audit.finding": (f) => `${text(f["auditor"])} found something (${text(f["severity"])}) about ${quoted(f["subject"])}.`,
  "canary.hit": (f) => `A planted record was seen where it must never be: ${text(f["place"])}.`,
  "digest.hour": (f) => `${text(f["subject"])}: ${many(f["entries"], "event")} in the hour from ${hour(f["hour"])} UTC, as one digest.`,
};

function sources(value: Json | undefined): string {
  const words: Record<string, string> = {
    viewer: "a viewer",
    "trusted-flagger": "a trusted flagger",
    authority: "an authority",
    realm: "another realm",
    automated: "an automatic check",
  };
  return words[text(value)] ?? text(value);
}

export const isKnown = (kind: string): boolean => Object.hasOwn(SENTENCES, kind);

/** What an entry says, in plain words. */
export function sentence(leaf: Leaf | null): string {
  if (!leaf) return "This entry is not in the published form: it says nothing that can be relied on.";
  const words = SENTENCES[leaf.kind];
  return words && isKnown(leaf.kind) ? words(leaf.fields) : `An entry of a kind that this page does not know: ${leaf.kind}.`;
}
