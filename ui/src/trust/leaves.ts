import type { Json, Leaf } from "../verify";
import { bytes, exact } from "../lib/format";
import { said, t } from "../lib/messages.svelte";

type Fields = Leaf["fields"];

const text = (value: Json | undefined): string =>
  Array.isArray(value) ? value.map(text).join(", ") : typeof value === "number" ? exact(value) : String(value ?? "?");

/** Takes the plural form of a number; of anything else the general one. */
const many = (value: Json | undefined, key: "leaf.rows" | "leaf.times" | "leaf.objects" | "leaf.events"): string =>
  t(key, { count: typeof value === "number" ? value : text(value) });
const size = (value: Json | undefined): string => (typeof value === "number" ? bytes(value) : t("leaf.no-size"));
const shares = (value: Json | undefined): string => (typeof value === "number" ? exact(value / 1e6) : "?");
const day = (value: Json | undefined): string => text(value).slice(0, 10);
const hour = (value: Json | undefined): string => text(value).slice(0, 16).replace("T", " ");

/** One sentence for each kind of docs/reference/ledger-kinds.md: what the realm states by such a leaf. */
const SENTENCES: Record<string, (f: Fields) => string> = {
  "manifest.publish": (f) => t("leaf.manifest.publish", { version: text(f["version"]) }),
  "key.rotate": (f) => t("leaf.key.rotate", { use: word(f["use"]) }),
  "release.publish": (f) => t("leaf.release.publish", { version: text(f["version"]) }),
  "release.deploy": (f) => t("leaf.release.deploy", { version: text(f["version"]) }),
  "staff.grant": (f) => t("leaf.staff.grant", { granted_by: text(f["granted_by"]), handle: text(f["handle"]), role: text(f["role"]) }),
  "staff.revoke": (f) => t(f["role"] ? "leaf.staff.revoke" : "leaf.staff.revoke-all", { revoked_by: text(f["revoked_by"]), handle: text(f["handle"]), role: text(f["role"]) }),
  "policy.publish": (f) => t("leaf.policy.publish", { version: text(f["version"]) }),
  "access.read": (f) => t("leaf.access.read", { actor: text(f["actor"]), role: text(f["role"]), data: text(f["data"]), purpose: text(f["purpose"]) }),
  "access.export": (f) => t("leaf.access.export", { actor: text(f["actor"]), role: text(f["role"]), rows: many(f["rows"], "leaf.rows"), data: text(f["data"]), purpose: text(f["purpose"]) }),
  "access.deny": (f) => t("leaf.access.deny", { actor: text(f["actor"]), action: text(f["action"]) }),
  "access.emergency": (f) => t("leaf.access.emergency", { actor: text(f["actor"]), expires_at: hour(f["expires_at"]), purpose: text(f["purpose"]) }),
  "access.review": (f) => t("leaf.access.review", { reviewer: text(f["reviewer"]), emergency: text(f["emergency"]), finding: word(f["finding"]) }),
  "flow.intent": (f) => t("leaf.flow.intent", { size_bytes: size(f["size_bytes"]), data_class: word(f["data_class"]), to: text(f["to"]), flow: text(f["flow"]) }),
  "flow.done": (f) => t("leaf.flow.done", { size_bytes: size(f["size_bytes"]), side: word(f["side"]), flow: text(f["flow"]), peer: text(f["peer"]) }),
  "flow.deny": (f) => t("leaf.flow.deny", { to: text(f["to"]), flow: text(f["flow"]), reason: text(f["reason"]) }),
  "mod.notice": (f) => t("leaf.mod.notice", { source: word(f["source"]) }),
  "mod.decision": (f) => t("leaf.mod.decision", { explanation: text(f["explanation"]) }),
  "mod.appeal": () => t("leaf.mod.appeal"),
  "mod.outcome": (f) => t("leaf.mod.outcome", { decided_by: text(f["decided_by"]), outcome: word(f["outcome"]) }),
  "rule.publish": (f) => t("leaf.rule.publish", { version: text(f["version"]) }),
  "rank.deploy": (f) => t("leaf.rank.deploy", { version: text(f["version"]) }),
  "rank.param": (f) => t("leaf.rank.param", { name: text(f["name"]), old_millionths: shares(f["old_millionths"]), new_millionths: shares(f["new_millionths"]), reason: text(f["reason"]) }),
  "incident.open": (f) => t("leaf.incident.open", { impact_started_at: hour(f["impact_started_at"]), summary: text(f["summary"]) }),
  "incident.update": (f) => t("leaf.incident.update", { summary: text(f["summary"]) }),
  "incident.close": (f) => t(f["data_lost"] ? "leaf.incident.close-lost" : "leaf.incident.close", { summary: text(f["summary"]) }),
  "slo.month": (f) => t("leaf.slo.month", { month: text(f["month"]).slice(0, 7), objective: text(f["objective"]), good: text(f["good"]), total: many(f["total"], "leaf.times") }),
  "drill.result": (f) => t(f["succeeded"] ? "leaf.drill.succeeded" : "leaf.drill.failed", { drill: text(f["drill"]) }),
  "erasure.done": (f) => t("leaf.erasure.done", { requested_on: day(f["requested_on"]), objects: many(f["objects"], "leaf.objects") }),
  "export.done": (f) => t("leaf.export.done", { size_bytes: size(f["size_bytes"]) }),
  "ad.publish": (f) => t("leaf.ad.publish", { on_behalf_of: text(f["on_behalf_of"]), payer: text(f["payer"]) }),
  "authority.statement": (f) => t("leaf.authority.statement", { authority: text(f["authority"]), subject: text(f["subject"]) }),
  "handover.announce": (f) => t("leaf.handover.announce", { outgoing: text(f["outgoing"]), incoming: text(f["incoming"]), cut_on: day(f["cut_on"]) }),
  "handover.cut": () => t("leaf.handover.cut"),
  "handover.done": () => t("leaf.handover.done"),
  "audit.finding": (f) => t("leaf.audit.finding", { auditor: text(f["auditor"]), severity: word(f["severity"]), subject: text(f["subject"]) }),
  "canary.hit": (f) => t("leaf.canary.hit", { place: text(f["place"]) }),
  "digest.hour": (f) => t("leaf.digest.hour", { subject: text(f["subject"]), entries: many(f["entries"], "leaf.events"), hour: hour(f["hour"]) }),
};

/** Takes the word for one of the few values that a field has. */
function word(value: Json | undefined): string {
  return said(`leaf.word.${text(value)}`) ?? text(value);
}

export const isKnown = (kind: string): boolean => Object.hasOwn(SENTENCES, kind);

/** What an entry says, in plain words. */
export function sentence(leaf: Leaf | null): string {
  if (!leaf) return t("leaf.malformed");
  const words = SENTENCES[leaf.kind];
  return words && isKnown(leaf.kind) ? words(leaf.fields) : t("leaf.unknown", { kind: leaf.kind });
}
