/** The realm's limits, checked here first so that nobody waits for a refusal. The realm checks them again. */

export const CAPTION_MAX_CHARACTERS = 2200;
export const COMMENT_MAX_CHARACTERS = 500;
export const DISPLAY_NAME_MAX_CHARACTERS = 50;
export const BIO_MAX_CHARACTERS = 300;
export const PASSWORD_MIN_CHARACTERS = 10;
export const PASSWORD_MAX_CHARACTERS = 128;

export const SOURCE_MAX_BYTES = 2 * 1024 ** 3;
export const SOURCE_MIN_SECONDS = 0.3;
export const SOURCE_MAX_SECONDS = 180;
export const SOURCE_MIN_SHORT_SIDE = 64;
export const SOURCE_MAX_PIXELS = 4096 * 4096;

/** Characters as the realm counts them: Unicode code points after normalisation, without the space around. */
export const length = (text: string): number => [...text.normalize("NFC").trim()].length;

export const isHandle = (text: string): boolean =>
  /^(?!.*\.\.)(?!\.)[a-z0-9_.]{3,24}$/i.test(text) && !text.endsWith(".") && /[a-z0-9]/i.test(text);
