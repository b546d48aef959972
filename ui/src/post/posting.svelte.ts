import { t } from "../lib/messages.svelte";
import { clips, sounds, uploads } from "../lib/calls";
import type { Clip, Progress, Upload } from "../lib/contract";
import { asked, whole } from "./cut";
import { fromField } from "../lib/moment";
import { look, refuseFile, refusePicture, type Picture, type Refusal } from "./inspect";
import { asProblem, failureDetail, needWords, type ApiProblem } from "../lib/problem";
import { followProgress, whyWaiting } from "../clip/progress";
import { Sending, type Standstill } from "./send";
import { session } from "../lib/session.svelte";
import { keep } from "../clip/shelf.svelte";
import { isAboutSound } from "../sound/sound";
import { forget, isSame, remember, unfinished, type Unfinished } from "./unfinished";

export type Stage = "empty" | "sending" | "sent" | "processing" | "live" | "done" | "kept" | "failed";

/** Uploading, preparing, storing, live. */
export const STEPS = [0, 1, 2, 3] as const;
export type Step = (typeof STEPS)[number];
export const stepName = (step: Step): string => t(`posting.step.${step}`);

const STEP_OF: Partial<Record<Progress["step"], Step>> = { preparing: 1, storing: 2, live: 3, improving: 3, done: 3 };

/**
 * What went wrong. `canRetry`: the same file may work on the next try; `isOfSound`: with another sound; `field`: of
 * the request, when the realm named one.
 */
export interface Trouble extends Refusal {
  canRetry: boolean;
  field?: string | null;
  isOfSound?: boolean;
}

/** A sound of the realm that takes the place of the file's own. */
export interface ChosenSound {
  id: string;
  handle: string | null;
}

/** How long the rest takes, by the pace since the last standstill. */
class Speed {
  #size: number;
  #start: { at: number; bytes: number } | null = null;

  constructor(size: number) {
    this.#size = size;
  }

  restart(): void {
    this.#start = null;
  }

  /** Null while it would be a guess. */
  secondsLeft(bytes: number): number | null {
    this.#start ??= { at: performance.now(), bytes };
    const seconds = (performance.now() - this.#start.at) / 1000;
    const sent = bytes - this.#start.bytes;
    return seconds > 1.5 && sent > this.#size / 50 ? Math.ceil((seconds / sent) * (this.#size - bytes)) : null;
  }
}

/** One clip on its way from a file to the feed; lives above the pages, so leaving the page stops nothing. */
class Posting {
  stage = $state<Stage>("empty");
  file = $state.raw<File | null>(null);
  preview = $state("");
  picture = $state.raw<Picture | null>(null);
  altText = $state("");
  cut = $state(whole());
  sound = $state.raw<ChosenSound | null>(null);
  /** Others may make clips with the sound of this one. */
  allowsReuse = $state(true);
  /** When to publish, as its field holds it; empty for at once. */
  publishAt = $state("");
  trouble = $state.raw<Trouble | null>(null);
  clip = $state.raw<Clip | null>(null);
  sentRatio = $state(0);
  /** Seconds until the file is sent, null while that is a guess. */
  secondsLeft = $state<number | null>(null);
  /** Why nothing is being sent at the moment; what was sent is kept. */
  standstill = $state<Standstill | null>(null);
  /** An earlier upload that its owner can go on with, and how much of it the realm has. */
  earlier = $state.raw<(Unfinished & { ratio: number }) | null>(null);
  /** Chosen to go on with the earlier upload, and another file. */
  another = $state.raw<File | null>(null);
  /** The Post button was pressed; what is still being sent is posted when it has arrived. */
  isConfirmed = $state(false);
  #caption = $state("");
  /** The realm has the clip and is at this step of it, 1 to 3; 0 while the file is still ours. */
  #step = $state<Step>(0);
  #stepRatio = $state(0);
  /** Why the realm does nothing yet, in words. */
  waiting = $state("");
  #isDraft = false;
  #upload = $state.raw<Upload | null>(null);
  #sending: Sending | null = null;
  #abort = new AbortController();
  #unfollow: () => void = () => {};

  /** Where the one progress line stands: which named step, and how much of it. */
  readonly at = $derived<{ step: Step; ratio: number }>(
    this.#step === 0 ? { step: 0, ratio: this.sentRatio } : { step: this.#step, ratio: this.#stepRatio },
  );

  get caption(): string {
    return this.#caption;
  }

  set caption(text: string) {
    this.#caption = text;
    const known = session.account && unfinished(session.account.id);
    if (known) remember({ ...known, caption: text });
  }

  /** What the realm found in the file, once it has all of it. */
  get upload(): Upload | null {
    return this.#upload;
  }

  /** All bytes are there and the realm is looking at them. */
  get isBeingChecked(): boolean {
    return this.stage === "sending" && this.sentRatio >= 1 && this.standstill === null;
  }

  get isImproving(): boolean {
    return this.stage === "live";
  }

  /** Closing the tab now would lose what only this browser has. */
  get isFragile(): boolean {
    const isKept = session.account !== null && unfinished(session.account.id) !== null;
    return this.stage === "sending" || (this.stage === "sent" && (!isKept || this.altText !== ""));
  }

  /** Looks for an upload that a reload interrupted. One that is whole needs no file any more. */
  async recall(): Promise<void> {
    const found = session.account && unfinished(session.account.id);
    if (!found || this.stage !== "empty") return;
    try {
      const { upload, refusal, offset_bytes } = await uploads.follow(found.id);
      if (this.stage !== "empty") return;
      this.#caption = found.caption;
      if (refusal) forget();
      else if (upload) this.#arrived(upload);
      else {
        this.earlier = { ...found, ratio: offset_bytes / found.size };
        const offset = await uploads.offset(found.id);
        if (this.earlier) this.earlier = { ...found, ratio: offset / found.size };
      }
    } catch (error) {
      if (asProblem(error)?.status === 404) forget();
    }
  }

  /** Goes on with the earlier upload, if this is its file. */
  async goOn(file: File): Promise<void> {
    if (this.earlier && !isSame(file, this.earlier)) this.another = file;
    else await this.choose(file);
  }

  /** The earlier upload is given up. */
  discardEarlier(): void {
    if (this.earlier) uploads.remove(this.earlier.id).catch(() => {}); // It expires by itself.
    forget();
    this.caption = "";
    this.earlier = null;
    this.another = null;
  }

  pause(): void {
    this.#sending?.pause();
  }

  resume(): void {
    this.#sending?.resume();
  }

  async choose(file: File): Promise<void> {
    if (this.earlier && !isSame(file, this.earlier)) this.discardEarlier();
    this.#forget();
    this.file = file;
    this.stage = "sending";
    const { signal } = this.#abort;
    const refusal = (await refuseFile(file)) ?? (await this.#look(file));
    if (signal.aborted) return;
    if (refusal) this.#fail({ ...refusal, canRetry: false });
    else await this.#send(file, signal);
  }

  /** Posts it, or keeps it as a draft. */
  async post(isDraft = this.#isDraft): Promise<void> {
    this.isConfirmed = true;
    this.#isDraft = isDraft;
    if (this.stage !== "sent" || !this.#upload) return;
    try {
      const { id, duration_ms } = this.#upload;
      const words = { caption: this.caption.trim(), alt_text: this.altText.trim() };
      const when = { is_draft: isDraft, publish_at: isDraft ? null : fromField(this.publishAt) };
      const heard = { sound_id: this.sound?.id ?? null, allows_reuse: this.allowsReuse };
      this.clip = keep(await clips.post({ upload_id: id, ...words, ...when, ...heard, ...asked(this.cut, duration_ms / 1000) }));
      forget();
      if (this.clip.state === "draft") this.stage = "kept";
      else this.#follow(this.clip.id);
    } catch (error) {
      this.isConfirmed = false;
      const problem = asProblem(error);
      if (problem) {
        const isOfSound = isAboutSound(problem.code);
        const { title, detail, field } = problem;
        this.trouble = { title, detail, field, canRetry: !isOfSound, isOfSound };
      }
    }
  }

  /** Another sound for what is being written, or for what could not be published with the one before. */
  async chooseSound(sound: ChosenSound | null): Promise<void> {
    if (!this.clip) {
      this.sound = sound;
      this.trouble = null;
      return;
    }
    try {
      this.clip = keep(await sounds.choose(this.clip.id, { sound_id: sound?.id ?? null }));
      this.sound = sound;
      await this.retry();
    } catch (error) {
      const problem = asProblem(error);
      if (problem) this.#fail({ title: problem.title, detail: problem.detail, canRetry: true, isOfSound: true });
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
    const id = this.#upload?.id ?? (session.account && unfinished(session.account.id)?.id);
    this.#forget();
    if (id && !this.clip) uploads.remove(id).catch(() => {}); // It expires by itself.
    forget();
    this.caption = "";
    this.altText = "";
    this.sound = null;
    this.isConfirmed = false;
  }

  async #look(file: File): Promise<Refusal | null> {
    this.preview = URL.createObjectURL(file);
    this.picture = await look(this.preview);
    return this.picture && refusePicture(this.picture);
  }

  async #send(file: File, signal: AbortSignal): Promise<void> {
    const account = session.account?.id ?? "";
    const known = unfinished(account);
    const speed = new Speed(file.size);
    this.#sending = new Sending(file, known && isSame(file, known) ? known.id : null, {
      onid: (id) => {
        const { name, size, lastModified: modified } = file;
        remember({ account, id, name, size, modified, caption: this.caption });
      },
      onsent: (bytes) => {
        this.sentRatio = bytes / file.size;
        this.secondsLeft = speed.secondsLeft(bytes);
      },
      onstandstill: (why) => {
        this.standstill = why;
        if (why) speed.restart();
      },
    });
    signal.addEventListener("abort", () => this.#sending?.stop(), { once: true });
    try {
      this.#arrived(await this.#sending.run());
    } catch (error) {
      const problem = asProblem(error);
      if (problem && !signal.aborted) this.#refused(problem);
    }
  }

  #arrived(upload: Upload): void {
    this.#upload = upload;
    this.sentRatio = 1;
    this.secondsLeft = null;
    this.standstill = null;
    this.stage = "sent";
    if (this.isConfirmed) void this.post();
  }

  #refused({ title, detail, retryable, status }: ApiProblem): void {
    this.standstill = null;
    // Signed out meanwhile: what was sent is kept, and goes on after signing in.
    if (!retryable && status !== 401) forget();
    this.#fail({ title, detail, canRetry: retryable || status === 401 });
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
    this.waiting = await whyWaiting(progress);
    if (progress.step === "failed") {
      await needWords();
      this.#fail({
        title: t("posting.failed"),
        detail: progress.failure ? failureDetail(progress.failure) : t("posting.failed-text"),
        canRetry: true,
        isOfSound: isAboutSound(progress.failure?.code),
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
    this.cut = whole();
    this.allowsReuse = true;
    this.publishAt = "";
    this.#isDraft = false;
    this.clip = null;
    this.trouble = null;
    this.#step = 0;
    this.waiting = "";
    this.#upload = null;
    this.#sending = null;
    this.sentRatio = 0;
    this.secondsLeft = null;
    this.standstill = null;
    this.earlier = null;
    this.another = null;
    this.stage = "empty";
  }
}

export const posting = new Posting();
