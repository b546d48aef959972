import { routeAt } from "./routes";

const depthNow = (): number => (history.state as { depth?: number } | null)?.depth ?? 0;

class Router {
  #url = $state.raw(new URL(location.href));
  readonly route = $derived(routeAt(this.#url));
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
