import { clips, uploads } from "./calls";
import type { Clip, Progress, Upload } from "./contract";
import { look, refuseFile, refusePicture, type Picture, type Refusal } from "./inspect";
import { asProblem } from "./problem";
import { followProgress } from "./progress";
import { send } from "./send";
import { keep } from "./shelf.svelte";

export type Stage = "empty" | "sending" | "sent" | "processing" | "live" | "done" | "failed";

export const STEPS = ["Uploading", "Preparing", "Storing", "Live"] as const;

const STEP_OF: Partial<Record<Progress["step"], number>> = { preparing: 1, storing: 2, live: 3, improving: 3, done: 3 };

/** What went wrong. `canRetry`: the same file may work on the next try. */
export interface Trouble extends Refusal {
  canRetry: boolean;
}

/** One clip on its way from a file to the feed; lives above the pages, so leaving the page stops nothing. */
class Posting {
  stage = $state<Stage>("empty");
  file = $state.raw<File | null>(null);
  preview = $state("");
  picture = $state.raw<Picture | null>(null);
  caption = $state("");
  trouble = $state.raw<Trouble | null>(null);
  clip = $state.raw<Clip | null>(null);
  sentRatio = $state(0);
  /** Seconds until the file is sent, null while that is a guess. */
  secondsLeft = $state<number | null>(null);
  /** The Post button was pressed; what is still being sent is posted when it has arrived. */
  isConfirmed = $state(false);
  /** The realm has the clip and is at this step of it, 1 to 3; 0 while the file is still ours. */
  #step = $state(0);
  #stepRatio = $state(0);
  #upload: Upload | null = null;
  #abort = new AbortController();
  #unfollow: () => void = () => {};

  /** Where the one progress line stands: which named step, and how much of it. */
  readonly at = $derived(
    this.#step === 0 ? { step: 0, ratio: this.sentRatio } : { step: this.#step, ratio: this.#stepRatio },
  );

  /** All bytes are there and the realm is looking at them. */
  get isBeingChecked(): boolean {
    return this.stage === "sending" && this.sentRatio >= 1;
  }

  get isImproving(): boolean {
    return this.stage === "live";
  }

  /** Closing the tab now would lose what only this browser has. */
  get isFragile(): boolean {
    return this.stage === "sending" || (this.stage === "sent" && this.caption !== "");
  }

  async choose(file: File): Promise<void> {
    this.#forget();
    this.file = file;
    this.stage = "sending";
    const { signal } = this.#abort;
    const refusal = (await refuseFile(file)) ?? (await this.#look(file));
    if (signal.aborted) return;
    if (refusal) this.#fail({ ...refusal, canRetry: false });
    else await this.#send(file, signal);
  }

  async post(): Promise<void> {
    this.isConfirmed = true;
    if (this.stage !== "sent" || !this.#upload) return;
    try {
      this.clip = keep(await clips.post({ upload_id: this.#upload.id, caption: this.caption.trim() }));
      this.#follow(this.clip.id);
    } catch (error) {
      this.isConfirmed = false;
      const problem = asProblem(error);
      if (problem) this.trouble = { title: problem.title, detail: problem.detail, canRetry: true };
    }
  }

  async retry(): Promise<void> {
    this.trouble = null;
    if (this.clip) {
      try {
        keep(await clips.retry(this.clip.id));
        this.#follow(this.clip.id);
      } catch (error) {
        const problem = asProblem(error);
        if (problem) this.#fail({ ...problem, title: problem.title, detail: problem.detail, canRetry: true });
      }
    } else if (this.#upload) {
      this.stage = "sent";
      await this.post();
    } else if (this.file) {
      this.stage = "sending";
      await this.#send(this.file, this.#abort.signal);
    }
  }

  /** Back to the drop zone. An upload that was not posted is taken back; a posted clip goes on by itself. */
  reset(): void {
    if (this.#upload && !this.clip) uploads.remove(this.#upload.id).catch(() => {}); // It expires by itself.
    this.#forget();
    this.caption = "";
    this.isConfirmed = false;
  }

  async #look(file: File): Promise<Refusal | null> {
    this.preview = URL.createObjectURL(file);
    this.picture = await look(this.preview);
    return this.picture && refusePicture(this.picture);
  }

  async #send(file: File, signal: AbortSignal): Promise<void> {
    const start = performance.now();
    try {
      this.#upload = await send(file, signal, (ratio) => {
        this.sentRatio = ratio;
        const seconds = (performance.now() - start) / 1000;
        this.secondsLeft = seconds > 1.5 && ratio > 0.02 ? Math.ceil((seconds / ratio) * (1 - ratio)) : null;
      });
    } catch (error) {
      const problem = asProblem(error);
      if (problem) this.#fail({ title: problem.title, detail: problem.detail, canRetry: problem.retryable });
      return;
    }
    this.sentRatio = 1;
    this.secondsLeft = null;
    this.stage = "sent";
    if (this.isConfirmed) await this.post();
  }

  #follow(id: string): void {
    this.stage = "processing";
    this.#step = 1;
    this.#stepRatio = 0;
    this.#unfollow();
    this.#unfollow = followProgress(id, (progress) => void this.#take(id, progress));
  }

  async #take(id: string, progress: Progress): Promise<void> {
    const wasLive = this.stage === "live";
    this.#step = STEP_OF[progress.step] ?? this.#step;
    this.#stepRatio = this.#step === 3 ? 1 : progress.ratio;
    if (progress.step === "failed") {
      this.#fail({
        title: "The clip could not be prepared",
        detail: progress.failure?.detail ?? "Nothing was published. Try again.",
        canRetry: true,
      });
    } else if (progress.step === "done") this.stage = "done";
    else if (progress.is_playable) this.stage = "live";
    if (progress.is_playable && !wasLive) this.clip = keep(await clips.read(id).catch(() => this.clip as Clip));
  }

  #fail(trouble: Trouble): void {
    this.stage = "failed";
    this.trouble = trouble;
  }

  #forget(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#unfollow();
    if (this.preview !== "") URL.revokeObjectURL(this.preview);
    this.preview = "";
    this.file = null;
    this.picture = null;
    this.clip = null;
    this.trouble = null;
    this.#step = 0;
    this.#upload = null;
    this.sentRatio = 0;
    this.secondsLeft = null;
    this.stage = "empty";
  }
}

export const posting = new Posting();
