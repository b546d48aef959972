/** Why a clip does not play; the texts `play.*` say it and what happens next. `isFinal`: trying again cannot help. */
export interface PlayFailure {
  reason: "gone" | "closed" | "unsupported" | "undecodable" | "offline" | "unsent" | "dropped";
  isFinal: boolean;
}

/** What stopped the engine; `status` is that of the last HTTP answer, 0 without one. */
export interface Fault {
  kind: "network" | "media" | "codecs";
  status: number;
}

/** Answers that no retry will change: gone, withheld, not allowed, not there. */
export const FINAL_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 410, 451]);

const GONE: PlayFailure = { reason: "gone", isFinal: true };
const CLOSED: PlayFailure = { reason: "closed", isFinal: true };
export const UNSUPPORTED: PlayFailure = { reason: "unsupported", isFinal: true };
export const UNDECODABLE: PlayFailure = { reason: "undecodable", isFinal: false };

const network = (status: number): PlayFailure => ({
  reason: !navigator.onLine ? "offline" : status >= 500 ? "unsent" : "dropped",
  isFinal: false,
});

export function explain({ kind, status }: Fault): PlayFailure {
  if (status === 401 || status === 403) return CLOSED;
  if (FINAL_STATUSES.has(status)) return GONE;
  if (kind === "codecs") return UNSUPPORTED;
  return kind === "media" ? UNDECODABLE : network(status);
}
