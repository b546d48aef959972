// Made from the limits in the code by `./reelm dev docs`; change those, not this file.
// The page checks texts first, so that nobody waits for a refusal; the realm checks them again.

export const CAPTION_MAX_CHARACTERS = 2200;
export const ALT_TEXT_MAX_CHARACTERS = 1000;
export const COMMENT_MAX_CHARACTERS = 500;
export const DISPLAY_NAME_MAX_CHARACTERS = 50;
export const BIO_MAX_CHARACTERS = 300;
export const PASSWORD_MIN_CHARACTERS = 10;
export const PASSWORD_MAX_CHARACTERS = 128;
