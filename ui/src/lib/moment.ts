/** Where this browser is, as people name it: the zone that times are shown and chosen in. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const LONGEST_DAYS = 90;
const two = (value: number): string => String(value).padStart(2, "0");

/** A time as a `datetime-local` field holds it, in this browser's zone. */
export function toField(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/**
 * The other way round; null for an empty field.
 *
 * @param shown the time that the field was filled with: it is kept while the field is left as it was, since an
 *   hour that comes twice, when summer time ends, looks the same both times.
 */
export function fromField(text: string, shown: string | null = null): string | null {
  if (text === "") return null;
  return shown !== null && toField(new Date(shown)) === text ? shown : new Date(text).toISOString();
}

/** The first and the last time that may be chosen now. */
export function range(now: number = Date.now()): { min: string; max: string } {
  return { min: toField(new Date(now + 60_000)), max: toField(new Date(now + LONGEST_DAYS * 86_400_000 - 60_000)) };
}
