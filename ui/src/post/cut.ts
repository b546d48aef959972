import type { NewClip } from "../lib/contract";

/** What of a file is posted. Seconds of the file; null: its end, and a cover that the realm chooses. */
export interface Cut {
  start: number;
  end: number | null;
  cover: number | null;
  isMuted: boolean;
}

export const whole = (): Cut => ({ start: 0, end: null, cover: null, isMuted: false });

export const isTrimmed = ({ start, end }: Cut): boolean => start > 0 || end !== null;

export const endOf = ({ end }: Cut, seconds: number): number => end ?? seconds;

/** Moves the start, keeping the least length and a cover inside. */
export function startAt(cut: Cut, at: number, seconds: number, shortest: number): void {
  cut.start = Math.max(0, Math.min(at, endOf(cut, seconds) - shortest));
  if (cut.cover !== null) cut.cover = Math.max(cut.cover, cut.start);
}

/** Moves the end likewise; at the end of the file nothing is cut off. */
export function endAt(cut: Cut, at: number, seconds: number, shortest: number): void {
  const end = Math.max(cut.start + shortest, at);
  cut.end = end >= seconds ? null : end;
  if (cut.cover !== null) cut.cover = Math.min(cut.cover, endOf(cut, seconds));
}

/** What the realm is asked for; `seconds` is how long the file is for the realm, which measures better than a browser. */
export function asked(cut: Cut, seconds: number): Pick<NewClip, "start_seconds" | "end_seconds" | "cover_seconds" | "is_muted"> {
  return {
    start_seconds: cut.start,
    end_seconds: cut.end === null || cut.end >= seconds ? null : cut.end,
    cover_seconds: cut.cover === null ? null : Math.min(cut.cover, endOf(cut, seconds), seconds),
    is_muted: cut.isMuted,
  };
}
