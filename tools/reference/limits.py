"""``ui/src/lib/limits.ts``: how long texts may be, for the page to say before anything is sent."""

from dataclasses import fields

from reelm.accounts import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from reelm.clips.words import ALT_TEXT, CAPTION, COMMENT
from reelm.people import ProfileEdit

_HEAD = """\
// Made from the limits in the code by `./reelm dev docs`; change those, not this file.
// The page checks texts first, so that nobody waits for a refusal; the realm checks them again.

"""


def text_limits() -> str:
    """Return the limits of texts as constants of TypeScript."""
    profile = (each.metadata["limits"] for each in fields(ProfileEdit))
    texts = {f"{each.what} max": each.longest for each in (CAPTION, ALT_TEXT, COMMENT, *profile)}
    texts |= {"password min": PASSWORD_MIN_LENGTH, "password max": PASSWORD_MAX_LENGTH}
    return _HEAD + "".join(
        f"export const {name.replace(' ', '_').upper()}_CHARACTERS = {count};\n"
        for name, count in texts.items()
    )
