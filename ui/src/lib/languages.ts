import type { Subtitles } from "./contract";
import { localised } from "./messages.svelte";

const names = localised((locale) => new Intl.DisplayNames(locale, { type: "language" }));

/** What the viewer calls a language. */
export function languageName(tag: string): string {
  try {
    return names().of(tag) ?? tag;
  } catch {
    return tag;
  }
}

const base = (tag: string): string => tag.split("-")[0] ?? tag;

/** The subtitles that the viewer reads best: in a language of this browser, or else the first. */
export function preferred(found: Subtitles[], languages: readonly string[] = navigator.languages): Subtitles | null {
  for (const tag of languages) {
    const match = found.find(({ language }) => language === tag) ?? found.find(({ language }) => base(language) === base(tag));
    if (match) return match;
  }
  return found[0] ?? null;
}
