import { messages, type LanguageChoice } from "./messages.svelte";

export type Theme = "system" | "dark" | "light";

function stored(key: string): string | null {
  try {
    return localStorage.getItem(`reelm.${key}`);
  } catch {
    return null; // Storage is blocked: the choice lasts for this visit.
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(`reelm.${key}`, value);
  } catch {
    // As above.
  }
}

const systemLight = matchMedia("(prefers-color-scheme: light)");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** What this browser remembers; nothing here is sent to the realm. */
class Preferences {
  #theme = $state<Theme>((stored("theme") as Theme | null) ?? "system");
  #language = $state((stored("language") as LanguageChoice | null) ?? "system");
  #hasSubtitles = $state(stored("subtitles") === "on");
  #hasSound = $state(stored("sound") === "on");
  #systemLight = $state(systemLight.matches);
  isMotionReduced = $state(reduced.matches);

  constructor() {
    systemLight.addEventListener("change", () => (this.#systemLight = systemLight.matches));
    reduced.addEventListener("change", () => (this.isMotionReduced = reduced.matches));
    addEventListener("languagechange", () => void messages.use(this.#language));
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(value: Theme) {
    this.#theme = value;
    store("theme", value);
  }

  get language(): LanguageChoice {
    return this.#language;
  }

  set language(value: LanguageChoice) {
    this.#language = value;
    store("language", value);
    void messages.use(value);
  }

  get hasSound(): boolean {
    return this.#hasSound;
  }

  set hasSound(value: boolean) {
    this.#hasSound = value;
    store("sound", value ? "on" : "off");
  }

  get hasSubtitles(): boolean {
    return this.#hasSubtitles;
  }

  set hasSubtitles(value: boolean) {
    this.#hasSubtitles = value;
    store("subtitles", value ? "on" : "off");
  }

  /** Watching is dark unless light was chosen; other pages follow the system. */
  shown(isWatching: boolean): "dark" | "light" {
    if (this.#theme !== "system") return this.#theme;
    return !isWatching && this.#systemLight ? "light" : "dark";
  }
}

export const preferences = new Preferences();
