import en from "../../messages/en.json";
import type proof from "../../messages/proof/en.json";
import type verify from "../../messages/verify/en.json";

/** A text, or one for each plural category of its language. */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Catalogue = Readonly<Record<string, Message>>;
export type Key = keyof typeof en | keyof typeof proof | keyof typeof verify;
/** What is put into a text: numbers and times are written as the language does, a text of its own is one more key. */
export type Value = string | number | Date | Text;
export type Values = Readonly<{ [name: string]: Value }>;
/** A text that is drawn later, in the language of then. */
export type Text = { key: Key; values: Values };
/**
 * `main` is needed everywhere, `proof` by the pages about the realm itself, `verify` where something is checked, and
 * `server` for what the realm says: by its codes, in every language but English, which is what it speaks.
 */
export type Part = "main" | "proof" | "verify" | "server";

/** The languages of the page, each by its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;
/** Only tests of the layout choose these, for longer words and for writing from right to left. Nobody is offered them. */
const TRIALS = { "en-XA": "ltr", ar: "rtl" } as const;
type Trial = keyof typeof TRIALS;
/** What somebody may have chosen; "system" follows the browser. */
export type LanguageChoice = "system" | Language | Trial;

type Load = () => Promise<{ default: Catalogue }>;

const FILES: Record<Language, Record<Part, Load>> = {
  en: {
    main: () => Promise.resolve({ default: en }),
    proof: () => import("../../messages/proof/en.json"),
    verify: () => import("../../messages/verify/en.json"),
    server: () => Promise.resolve({ default: {} }),
  },
  de: {
    main: () => import("../../messages/de.json"),
    proof: () => import("../../messages/proof/de.json"),
    verify: () => import("../../messages/verify/de.json"),
    server: () => import("../../messages/server/de.json"),
  },
};
const base = (tag: string): string => (tag.split("-")[0] ?? tag).toLowerCase();
const isLanguage = (name: string): name is Language => Object.hasOwn(FILES, name);
const isTrial = (name: string): name is Trial => Object.hasOwn(TRIALS, name);

/** Returns the tag that texts, numbers and dates follow, with the region of the browser where it names one. */
export function negotiate(choice: string, languages: readonly string[]): string {
  if (isTrial(choice)) return choice;
  const offered = isLanguage(choice) ? [choice] : Object.keys(LANGUAGES);
  return languages.find((tag) => offered.includes(base(tag))) ?? (isLanguage(choice) ? choice : "en");
}

async function read(tag: string, part: Part): Promise<Catalogue> {
  const language = base(tag);
  if (!isTrial(tag)) return (await FILES[isLanguage(language) ? language : "en"][part]()).default;
  const { pseudo } = await import("./pseudo");
  return pseudo((await FILES.en[part]()).default);
}

/** The texts of the page in one language. Whatever calls `t` while it is drawn follows a change at once. */
class Messages {
  /** The language of texts, numbers and dates. */
  locale = $state.raw("en");
  #catalogue = $state.raw<Catalogue>(en);
  #tag = "en";
  #parts: Part[] = ["main"];
  #fetching = Promise.resolve();

  /** Changes the language; keeps the one before where the texts cannot be fetched. */
  async use(choice: string, languages: readonly string[] = navigator.languages): Promise<void> {
    const tag = negotiate(choice, languages);
    this.#tag = tag;
    try {
      await this.#load(tag);
    } catch {
      this.#tag = this.locale; // Offline, or a newer page is being served: the next choice asks again.
    }
  }

  /** Fetches parts of the texts that not every page needs; returns once they are there, whoever asked first. */
  async need(...parts: Part[]): Promise<void> {
    const more = parts.filter((part) => !this.#parts.includes(part));
    if (more.length === 0) return this.#fetching;
    this.#parts = [...this.#parts, ...more];
    this.#fetching = this.#load(this.#tag);
    try {
      await this.#fetching;
    } catch (error) {
      this.#parts = this.#parts.filter((each) => !more.includes(each));
      this.#fetching = Promise.resolve();
      throw error;
    }
  }

  /** Returns the text of a key, in the plural form that `count` takes; null when there is none. */
  find(key: string, values: Values): string | null {
    const message = this.#catalogue[key];
    if (message === undefined || typeof message === "string") return message ?? null;
    return message[rules().select(Number(values["count"]))] ?? message.other ?? null;
  }

  async #load(tag: string): Promise<void> {
    const found = await Promise.all(this.#parts.map((part) => read(tag, part)));
    if (tag !== this.#tag) return; // Another language was chosen meanwhile.
    this.#catalogue = Object.assign({}, ...found) as Catalogue;
    this.locale = tag;
    if (typeof document === "undefined") return;
    document.documentElement.lang = isTrial(tag) ? tag : base(tag);
    document.documentElement.dir = isTrial(tag) ? TRIALS[tag] : "ltr";
  }
}

export const messages = new Messages();

/** Returns a getter of what is made once for each language, such as a formatter. */
export function localised<T>(make: (locale: string) => T): () => T {
  let made: { locale: string; value: T } | null = null;
  return () => {
    const { locale } = messages;
    if (made?.locale !== locale) made = { locale, value: make(locale) };
    return made.value;
  };
}

const rules = localised((locale) => new Intl.PluralRules(locale));
const numbers = localised((locale) => new Intl.NumberFormat(locale));
export const moments = localised((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }));

const fill = (text: string, values: Values): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name] ?? whole;
    if (typeof value === "string") return value;
    if (typeof value === "number") return numbers().format(value);
    return value instanceof Date ? moments().format(value) : t(value.key, value.values);
  });

/** Returns a text in the chosen language; numbers in it are written as the language does. */
export function t(key: Key, values: Values = {}): string {
  return fill(messages.find(key, values) ?? key, values);
}

/** Returns the text of a key that may have none. */
export function said(key: string, values: Values = {}): string | null {
  const text = messages.find(key, values);
  return text === null ? null : fill(text, values);
}

/** Returns a text cut at its tags, such as `<link>…</link>`; values are put in afterwards and never hold tags. */
export function pieces(key: Key, values: Values = {}): { tag: string; text: string }[] {
  const text = messages.find(key, values) ?? key;
  const found: { tag: string; text: string }[] = [];
  let end = 0;
  for (const match of text.matchAll(/<(\w+)>(.*?)<\/\1>/g)) {
    found.push({ tag: "", text: fill(text.slice(end, match.index), values) });
    found.push({ tag: match[1] ?? "", text: fill(match[2] ?? "", values) });
    end = match.index + match[0].length;
  }
  found.push({ tag: "", text: fill(text.slice(end), values) });
  return found.filter(({ text }) => text !== "");
}
