// Made from src/reelm/web/pages.py by `./reelm dev docs`; change that table, not this file.

/** The path of every page; a name in braces stands for one part of it. */
export const PAGES = {
  "for-you": "/",
  "following": "/following",
  "local": "/local",
  "discover": "/discover",
  "tag": "/tag/{tag}",
  "sound": "/sounds/{id}",
  "clip": "/c/{id}",
  "profile": "/@{handle}",
  "me": "/me",
  "inbox": "/inbox",
  "upload": "/upload",
  "settings": "/settings",
  "sign-in": "/sign-in",
  "sign-up": "/sign-up",
  "storage": "/storage",
  "transparency": "/transparency",
} as const;
