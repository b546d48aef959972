/**
 * The limits of texts, checked here first so that nobody waits for a refusal; the realm checks them again.
 * Those of files are the operator's choice and come with the session.
 */

export const CAPTION_MAX_CHARACTERS = 2200;
export const ALT_TEXT_MAX_CHARACTERS = 1000;
export const COMMENT_MAX_CHARACTERS = 500;
export const DISPLAY_NAME_MAX_CHARACTERS = 50;
export const BIO_MAX_CHARACTERS = 300;
export const PASSWORD_MIN_CHARACTERS = 10;
export const PASSWORD_MAX_CHARACTERS = 128;

/** Characters as the realm counts them: Unicode code points after normalisation, without the space around. */
export const length = (text: string): number => [...text.normalize("NFC").trim()].length;

export const isHandle = (text: string): boolean =>
  /^(?!.*\.\.)(?!\.)[a-z0-9_.]{3,24}$/i.test(text) && !text.endsWith(".") && /[a-z0-9]/i.test(text);
