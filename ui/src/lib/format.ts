const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat();
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const month = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });

const regions = new Intl.DisplayNames(undefined, { type: "region", fallback: "code" });

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export const count = (value: number): string => compact.format(value);
export const exact = (value: number): string => whole.format(value);
export const moment = (iso: string): string => absolute.format(new Date(iso));
export const since = (iso: string): string => month.format(new Date(iso));

/** "1 like", "2 likes". English only, like the rest of the texts. */
export const counted = (value: number, noun: string): string => `${exact(value)} ${noun}${value === 1 ? "" : "s"}`;

/** A country by its ISO 3166-1 code; ZZ is what a manifest says where none is declared. */
export const country = (code: string): string => (code === "ZZ" ? "country not declared" : (regions.of(code) ?? code));

export function ago(iso: string, now: number = Date.now()): string {
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(-Math.trunc(seconds / size), unit);
  }
  return "just now";
}

export function clock(seconds: number): string {
  const all = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
}

/** A duration in words. */
export function spoken(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  const rest = whole % 60 ? ` ${whole % 60} s` : "";
  return whole >= 60 ? `${Math.floor(whole / 60)} min${rest}` : `${whole} s`;
}

export function bytes(value: number): string {
  const [size, unit] = value >= 1e9 ? [value / 1e9, "GB"] : value >= 1e6 ? [value / 1e6, "MB"] : [value / 1e3, "kB"];
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: size < 10 ? 1 : 0 }).format(size)} ${unit}`;
}
