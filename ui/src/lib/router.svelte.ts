import type { FeedTab } from "./contract";

export type Route =
  | { name: "feed"; tab: FeedTab }
  | { name: "clip"; id: string }
  | { name: "profile"; handle: string }
  | { name: "tag"; tag: string }
  | { name: "sound"; id: string }
  | { name: "upload"; sound: string | null }
  | { name: "discover" | "inbox" | "me" | "settings" | "storage" | "transparency" | "missing" }
  | { name: "sign-in" | "sign-up"; next: string };

const PLAIN = new Set(["discover", "inbox", "me", "settings", "storage", "transparency"]);

/** Only paths of this site may follow a sign-in, never another origin. */
function safeNext(value: string | null): string {
  return value?.startsWith("/") && !value.startsWith("//") && !value.includes("\\") ? value : "/";
}

function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return part ?? "";
  }
}

export function parse(url: URL): Route {
  const [first = "", second, ...rest] = url.pathname.replace(/^\/|\/$/g, "").split("/");
  if (rest.length > 0) return { name: "missing" };
  if (second !== undefined) {
    if (first === "c") return { name: "clip", id: decoded(second) };
    if (first === "tag") return { name: "tag", tag: decoded(second) };
    if (first === "sounds") return { name: "sound", id: decoded(second) };
    return { name: "missing" };
  }
  if (first === "") return { name: "feed", tab: "for-you" };
  if (first === "following" || first === "local") return { name: "feed", tab: first };
  if (first.startsWith("@") && first.length > 1) return { name: "profile", handle: decoded(first.slice(1)) };
  if (first === "sign-in" || first === "sign-up") return { name: first, next: safeNext(url.searchParams.get("next")) };
  if (first === "upload") return { name: "upload", sound: url.searchParams.get("sound") };
  if (PLAIN.has(first)) return { name: first as "discover" };
  return { name: "missing" };
}

const depthNow = (): number => (history.state as { depth?: number } | null)?.depth ?? 0;

class Router {
  #url = $state.raw(new URL(location.href));
  readonly route = $derived(parse(this.#url));
  readonly path = $derived(this.#url.pathname + this.#url.search);
  /** How many pages of this app lie behind the current one. */
  #depth = depthNow();

  constructor() {
    addEventListener("popstate", () => {
      this.#url = new URL(location.href);
      this.#depth = depthNow();
    });
    document.addEventListener("click", (event) => this.#follow(event));
  }

  go(path: string, { replace = false } = {}): void {
    if (path === this.path) return;
    if (!replace) this.#depth += 1;
    history[replace ? "replaceState" : "pushState"]({ depth: this.#depth }, "", path);
    this.#url = new URL(location.href);
    scrollTo(0, 0);
  }

  /** One step back when there is one of ours, else to `fallback`. */
  back(fallback = "/"): void {
    if (this.#depth > 0) history.back();
    else this.go(fallback, { replace: true });
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.target !== "" || link.origin !== location.origin || link.hash !== "") return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();

export const links = {
  clip: (id: string) => `/c/${encodeURIComponent(id)}`,
  profile: (handle: string) => `/@${encodeURIComponent(handle)}`,
  tag: (tag: string) => `/tag/${encodeURIComponent(tag)}`,
  sound: (id: string) => `/sounds/${encodeURIComponent(id)}`,
  useSound: (id: string) => `/upload?sound=${encodeURIComponent(id)}`,
  signIn: (next: string) => `/sign-in?next=${encodeURIComponent(next)}`,
  signUp: (next: string) => `/sign-up?next=${encodeURIComponent(next)}`,
};
