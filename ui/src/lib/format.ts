import { localised, messages, moments, t } from "./messages.svelte";

const compact = localised((locale) => new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }));
const whole = localised((locale) => new Intl.NumberFormat(locale));
const relative = localised((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }));
const month = localised((locale) => new Intl.DateTimeFormat(locale, { month: "long", year: "numeric" }));
const regions = localised((locale) => new Intl.DisplayNames(locale, { type: "region", fallback: "code" }));

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export const count = (value: number): string => compact().format(value);
export const exact = (value: number): string => whole().format(value);
export const moment = (iso: string): string => moments().format(new Date(iso));
export const since = (iso: string): string => month().format(new Date(iso));

/** Returns a number with exactly that many digits after its point. */
export const decimals = (value: number, digits: number): string =>
  new Intl.NumberFormat(messages.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** Returns an amount of money; the currency is an ISO 4217 code. */
export const currency = (value: number, code: string): string =>
  new Intl.NumberFormat(messages.locale, { style: "currency", currency: code }).format(value);

/** A country by its ISO 3166-1 code; ZZ is what a manifest says where none is declared. */
export const country = (code: string): string => (code === "ZZ" ? t("format.no-country") : (regions().of(code) ?? code));

export function ago(iso: string, now: number = Date.now()): string {
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative().format(-Math.trunc(seconds / size), unit);
  }
  return t("format.now");
}

export function clock(seconds: number): string {
  const all = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
}

/** A duration in words. */
export const spoken = (duration: number): string => inWords(duration, 0);

function inWords(duration: number, digits: number): string {
  const all = Number(duration.toFixed(digits));
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60)];
  const rest = Number((all % 60).toFixed(digits));
  const seconds = new Intl.NumberFormat(messages.locale, { maximumFractionDigits: digits }).format(rest);
  if (hours > 0) return t("format.hours-minutes", { hours, minutes }) + (digits > 0 ? ` ${t("format.seconds", { seconds })}` : "");
  if (minutes === 0) return t("format.seconds", { seconds });
  return rest > 0 ? t("format.minutes-seconds", { minutes, seconds }) : t("format.minutes", { minutes });
}

/** Two durations in words that differ wherever the durations do, if only by a millisecond. */
export function apart(one: number, other: number): [string, string] {
  const digits = [0, 1, 2].find((few) => inWords(one, few) !== inWords(other, few)) ?? 3;
  return [inWords(one, digits), inWords(other, digits)];
}

export function bytes(value: number): string {
  const [size, unit] = value >= 1e9 ? [value / 1e9, "gigabyte"] : value >= 1e6 ? [value / 1e6, "megabyte"] : [value / 1e3, "kilobyte"];
  const maximumFractionDigits = size < 10 ? 1 : 0;
  return new Intl.NumberFormat(messages.locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits }).format(size);
}
