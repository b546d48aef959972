/**
 * The limits of texts, checked here first so that nobody waits for a refusal; the realm checks them again.
 * Those of files are the operator's choice and come with the session.
 */

export * from "./text-limits";

/** Characters as the realm counts them: Unicode code points after normalisation, without the space around. */
export const length = (text: string): number => [...text.normalize("NFC").trim()].length;

export const isHandle = (text: string): boolean =>
  /^(?!.*\.\.)(?!\.)[a-z0-9_.]{3,24}$/i.test(text) && !text.endsWith(".") && /[a-z0-9]/i.test(text);
