import type { FeedTab } from "./contract";
import { PAGES } from "./pages";

type Name = keyof typeof PAGES;

/** What is open, with what its page has to know. */
export type Route =
  | { name: "feed"; tab: FeedTab }
  | { name: "clip" | "sound"; id: string }
  | { name: "profile"; handle: string }
  | { name: "tag"; tag: string }
  | { name: "upload"; sound: string | null }
  | { name: "discover" | "inbox" | "me" | "settings" | "storage" | "transparency" | "missing" }
  | { name: "sign-in" | "sign-up"; next: string };

const FIELD = /\{\w+\}/;
const PATTERNS = Object.entries(PAGES).map(
  ([name, path]) => [name as Name, new RegExp(`^${path.replace(/\/$/, "").replace(FIELD, "([^/]+)")}/?$`)] as const,
);

/** Only paths of this site may follow a sign-in, never another origin. */
function safeNext(value: string | null): string {
  return value?.startsWith("/") && !value.startsWith("//") && !value.includes("\\") ? value : "/";
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function routeOf(name: Name, text: string, query: URLSearchParams): Route {
  switch (name) {
    case "for-you":
    case "following":
    case "local":
      return { name: "feed", tab: name };
    case "clip":
    case "sound":
      return { name, id: text };
    case "profile":
      return { name, handle: text };
    case "tag":
      return { name, tag: text };
    case "upload":
      return { name, sound: query.get("sound") };
    case "sign-in":
    case "sign-up":
      return { name, next: safeNext(query.get("next")) };
    default:
      return { name };
  }
}

/** The route of an address; that of the missing page when no page has it. */
export function routeAt(url: URL): Route {
  for (const [name, pattern] of PATTERNS) {
    const found = pattern.exec(url.pathname);
    if (found) return routeOf(name, decoded(found[1] ?? ""), url.searchParams);
  }
  return { name: "missing" };
}

const at = encodeURIComponent;
const path = (name: Name, text: string): string => PAGES[name].replace(FIELD, at(text));

export const links = {
  clip: (id: string) => path("clip", id),
  profile: (handle: string) => path("profile", handle),
  tag: (tag: string) => path("tag", tag),
  sound: (id: string) => path("sound", id),
  useSound: (id: string) => `${PAGES.upload}?sound=${at(id)}`,
  signIn: (next: string) => `${PAGES["sign-in"]}?next=${at(next)}`,
  signUp: (next: string) => `${PAGES["sign-up"]}?next=${at(next)}`,
};
