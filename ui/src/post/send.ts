import type { Upload as Tus } from "tus-js-client";
import { uploads } from "../lib/calls";
import type { Upload } from "../lib/contract";
import { address, lacksToken, page } from "../lib/http";
import { ApiProblem, asProblem, problemFrom, unreachable } from "../lib/problem";

const ENDPOINT = address("/api/uploads/tus");
/** Small enough for the proxies that bound a request; each chunk costs one more answer. */
const CHUNK_BYTES = 32 * 1024 * 1024;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 3000;
const REFUSED_IN_A_ROW = 8;
const LOOK_AGAIN_MS = 500;

/** Why nothing is being sent at the moment; it goes on by itself unless it was paused. */
export type Standstill = "paused" | "offline" | "silent";

export interface Listener {
  /** The realm has given the upload this id. */
  onid(id: string): void;
  /** How many bytes have left this machine; falls back to what the realm has after an interruption. */
  onsent(bytes: number): void;
  onstandstill(why: Standstill | null): void;
}

class Interrupted extends Error {}

/** One file on its way, over as many connections as it takes. */
export class Sending {
  #file: File;
  #id: string | null;
  #listener: Listener;
  #tus: Tus | null = null;
  #isPaused = false;
  #isStopped = false;
  #interrupt: () => void = () => {};
  #goOn: () => void = () => {};

  /** @param id of an upload to go on with. */
  constructor(file: File, id: string | null, listener: Listener) {
    this.#file = file;
    this.#id = id;
    this.#listener = listener;
  }

  /**
   * Sends until the realm has looked at the whole file.
   *
   * @throws ApiProblem when the realm refuses the file, or something that waiting does not cure.
   * @throws DOMException named AbortError after `stop`.
   */
  async run(): Promise<Upload> {
    const leave = () => this.#interrupt();
    const arrive = () => this.#goOn();
    addEventListener("offline", leave);
    addEventListener("online", arrive);
    try {
      return await this.#insist();
    } finally {
      removeEventListener("offline", leave);
      removeEventListener("online", arrive);
    }
  }

  pause(): void {
    this.#isPaused = true;
    this.#interrupt();
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  stop(): void {
    this.#isStopped = true;
    this.#interrupt();
    this.#goOn();
  }

  async #insist(): Promise<Upload> {
    let refused = 0;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await this.#mayGo();
      try {
        await this.#attempt({ moved: () => (wait = FIRST_WAIT_MS), kept: () => (refused = 0) });
        return await this.#outcome();
      } catch (error) {
        if (error instanceof Interrupted) continue;
        const problem = asProblem(error);
        if (problem && lacksToken(problem) && refused === 0) {
          refused += 1;
          await page.renew().catch(() => undefined);
          continue;
        }
        if (!problem || !isPassing(problem)) throw error;
        if (problem.status !== 0 && ++refused > REFUSED_IN_A_ROW) throw error;
        if (!isLocked(problem)) this.#listener.onstandstill("silent");
        await this.#until(wait);
      }
    }
  }

  /** Returns once nothing holds the upload up. */
  async #mayGo(): Promise<void> {
    while (!this.#isStopped && (this.#isPaused || !navigator.onLine)) {
      this.#listener.onstandstill(this.#isPaused ? "paused" : "offline");
      await this.#until(null);
    }
    if (this.#isStopped) throw new DOMException("another file was chosen", "AbortError");
  }

  /** One connection's worth: from what the realm has to the end of the file. */
  async #attempt(told: { moved: () => void; kept: () => void }): Promise<void> {
    this.#tus ??= await this.#prepare();
    const tus = this.#tus;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#interrupt = () => reject(new Interrupted());
        tus.options.onSuccess = () => resolve();
        tus.options.onError = (error) => void asTusProblem(error).then(reject);
        tus.options.onProgress = (sent) => {
          this.#listener.onstandstill(null);
          this.#listener.onsent(sent);
          told.moved();
        };
        tus.options.onChunkComplete = told.kept;
        tus.start();
      });
    } finally {
      this.#interrupt = () => {};
      await tus.abort();
    }
  }

  async #prepare(): Promise<Tus> {
    const { Upload } = await import("tus-js-client");
    const tus = new Upload(this.#file, {
      endpoint: location.origin + ENDPOINT,
      uploadUrl: this.#id === null ? null : `${location.origin}${ENDPOINT}/${this.#id}`,
      chunkSize: CHUNK_BYTES,
      metadata: { filename: this.#file.name, filetype: this.#file.type },
      headers: { accept: "application/json" },
      onBeforeRequest: (request) => request.setHeader("x-csrftoken", page.token),
      retryDelays: null,
      storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => {
        this.#id = tus.url?.split("/").pop() ?? null;
        if (this.#id !== null) this.#listener.onid(this.#id);
      },
    });
    return tus;
  }

  /** All bytes are there; an answer that was lost can be asked for again. */
  async #outcome(): Promise<Upload> {
    for (;;) {
      const { upload, refusal } = await uploads.follow(this.#id ?? "");
      if (upload) return upload;
      if (refusal) throw new ApiProblem(refusal);
      await this.#until(LOOK_AGAIN_MS);
    }
  }

  #until(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, ms);
      this.#goOn = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** An older connection of this upload is still open there, or brought more than its answer could tell. */
const isLocked = ({ status }: ApiProblem): boolean => status === 409 || status === 423;

/** What the operator has to cure first, whoever waits. */
const LASTING = new Set(["media.disk-full", "vault.stores-away", "vault.stores-full"]);

/** What cures itself: that, a lost network, a realm that restarts. */
const isPassing = (problem: ApiProblem): boolean =>
  isLocked(problem) || problem.status === 0 || (problem.status >= 500 && !LASTING.has(problem.code));

async function asTusProblem(error: Error): Promise<ApiProblem> {
  const response = "originalResponse" in error ? (error.originalResponse as Answer | null) : null;
  return response ? problemFrom(response.getStatus(), response.getBody()) : unreachable();
}

interface Answer {
  getStatus(): number;
  getBody(): string;
}
