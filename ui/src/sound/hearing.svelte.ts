import type { Engine } from "../player/engine";
import type { Sound } from "../lib/contract";

const AHEAD_SECONDS = 10;

/** One sound at a time, listened to without its picture. */
class Hearing {
  /** The sound that plays, or is about to. */
  id = $state<string | null>(null);
  /** The sound that could not be played. */
  failed = $state<string | null>(null);
  #video: HTMLVideoElement | null = null;
  #engine: Engine | null = null;

  async toggle(sound: Sound): Promise<void> {
    const wasOn = this.id === sound.id;
    this.stop();
    if (wasOn || sound.playlist_url === null) return;
    this.id = sound.id;
    this.failed = null;
    const video = document.createElement("video");
    video.playsInline = true;
    video.onended = () => this.stop();
    this.#video = video;
    const fail = () => this.#video === video && this.#fail(sound.id);
    try {
      const { start } = await import("../player/engine");
      if (this.#video !== video) return;
      this.#engine = start(video, sound.playlist_url, AHEAD_SECONDS, { fed: () => {}, failed: fail });
      if (!this.#engine) video.src = sound.playlist_url;
      await video.play();
    } catch {
      fail();
    }
  }

  stop(): void {
    this.#engine?.destroy();
    this.#engine = null;
    this.#video?.pause();
    this.#video?.removeAttribute("src");
    this.#video = null;
    this.id = null;
  }

  #fail(id: string): void {
    this.stop();
    this.failed = id;
  }
}

export const hearing = new Hearing();
