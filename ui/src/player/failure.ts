/** Why a clip does not play, and what happens next. `isFinal`: trying again cannot help. */
export interface PlayFailure {
  cause: string;
  next: string;
  isFinal: boolean;
}

/** What stopped the engine; `status` is that of the last HTTP answer, 0 without one. */
export interface Fault {
  kind: "network" | "media" | "codecs";
  status: number;
}

/** Answers that no retry will change: gone, withheld, not allowed, not there. */
export const FINAL_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 410, 451]);

const GONE: PlayFailure = {
  cause: "This clip is no longer here.",
  next: "Its author may have deleted it.",
  isFinal: true,
};

const CLOSED: PlayFailure = {
  cause: "This clip is not open to you.",
  next: "Sign in and open it again.",
  isFinal: true,
};

export const UNSUPPORTED: PlayFailure = {
  cause: "This browser cannot play streamed video.",
  next: "Update it, or open the clip in another browser.",
  isFinal: true,
};

export const UNDECODABLE: PlayFailure = {
  cause: "This browser could not decode the clip.",
  next: "It is tried once more when you ask for it.",
  isFinal: false,
};

const network = (status: number): PlayFailure => ({
  cause: navigator.onLine
    ? status >= 500
      ? "This realm cannot send the clip at the moment."
      : "The connection to this realm dropped."
    : "You are offline.",
  next: navigator.onLine ? "It is tried again in a few seconds." : "It plays on when the connection is back.",
  isFinal: false,
});

export function explain({ kind, status }: Fault): PlayFailure {
  if (status === 401 || status === 403) return CLOSED;
  if (FINAL_STATUSES.has(status)) return GONE;
  if (kind === "codecs") return UNSUPPORTED;
  return kind === "media" ? UNDECODABLE : network(status);
}
