const SHOWN_MS = 4000;

/** Short messages: `say` is seen and heard, `announce` is only heard by screen readers. */
class Notices {
  shown = $state("");
  heard = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    clearTimeout(this.#timer);
    this.shown = text;
    this.#timer = setTimeout(() => (this.shown = ""), SHOWN_MS);
  }

  announce(text: string): void {
    this.heard = text;
  }
}

export const notices = new Notices();
