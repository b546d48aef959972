import type { Catalogue, Message } from "./messages.svelte";

const ACCENTS: Record<string, string> = { a: "á", e: "ë", i: "î", o: "ô", u: "ü", c: "ç", n: "ñ", A: "Å", E: "É", I: "Î", O: "Ø", U: "Û" };
const LONGER = 1.4;
const FILLER = "lörem îpsüm dôlor sït ämet ";

/** Returns English made 40 % longer and accented, with its placeholders and tags left as they are. */
export function pseudo(catalogue: Catalogue): Catalogue {
  const made = Object.entries(catalogue).map(([key, message]): [string, Message] => [
    key,
    typeof message === "string"
      ? longer(message)
      : Object.fromEntries(Object.entries(message).map(([category, text]) => [category, longer(text)])),
  ]);
  return Object.fromEntries(made);
}

function longer(text: string): string {
  const accented = text
    .split(/(\{\w+\}|<\/?\w+>)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[a-zA-Z]/g, (letter) => ACCENTS[letter] ?? letter)))
    .join("");
  const more = Math.ceil(text.length * (LONGER - 1));
  return `${accented} ${FILLER.repeat(Math.ceil(more / FILLER.length)).slice(0, more).trim()}`;
}
