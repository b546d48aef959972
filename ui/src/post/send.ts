import type { DetailedError, Upload as Tus } from "tus-js-client";
import { uploads } from "../lib/calls";
import type { Upload } from "../lib/contract";
import { address, lacksToken, page } from "../lib/http";
import { ApiProblem, asProblem, problemFrom, tooLargeForProxy, unreachable } from "../lib/problem";

const ENDPOINT = address("/api/uploads/tus");
/** What proxies that are set up for uploads take; each chunk costs one more answer. */
const CHUNK_BYTES = 32 * 1024 * 1024;
/** No proxy is meant to take less. */
const SMALLEST_CHUNK_BYTES = 256 * 1024;
/** Proxies that bound a request may hang up instead of saying so. */
const LOST_IN_A_ROW = 3;
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

/** What went wrong with one request of an upload. */
class Setback extends Error {
  readonly problem: ApiProblem;
  readonly method: string;

  constructor(problem: ApiProblem, method: string) {
    super(problem.message);
    this.problem = problem;
    this.method = method;
  }
}

/** One file on its way, over as many connections as it takes. */
export class Sending {
  #file: File;
  #id: string | null;
  #listener: Listener;
  #tus: Tus | null = null;
  #isPaused = false;
  #isStopped = false;
  #chunkBytes = CHUNK_BYTES;
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
    let lost = 0;
    const kept = () => (refused = lost = 0);
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await this.#mayGo();
      try {
        await this.#attempt({ moved: () => (wait = FIRST_WAIT_MS), kept });
        return await this.#outcome();
      } catch (error) {
        if (error instanceof Interrupted) continue;
        const { problem, method } = error instanceof Setback ? error : { problem: asProblem(error), method: "" };
        if (!problem) throw error;
        if (lacksToken(problem) && refused === 0) {
          refused += 1;
          await page.renew().catch(() => undefined);
          continue;
        }
        if (method === "PATCH" && isOfProxyLimit(problem)) {
          this.#sendLess();
          continue;
        }
        if (method === "HEAD" && isGone(problem)) {
          this.#beginAnew();
          continue;
        }
        if (!isPassing(problem)) throw problem;
        if (!isSilence(problem) && ++refused > REFUSED_IN_A_ROW) throw problem;
        if (method === "PATCH" && problem.status === 0 && ++lost % LOST_IN_A_ROW === 0) this.#halve();
        if (!isLocked(problem)) this.#listener.onstandstill("silent");
        await this.#until(wait);
      }
    }
  }

  /** @throws ApiProblem that names the proxy, when there is nothing smaller to send. */
  #sendLess(): void {
    if (this.#chunkBytes <= SMALLEST_CHUNK_BYTES) throw tooLargeForProxy(SMALLEST_CHUNK_BYTES);
    this.#halve();
  }

  #halve(): void {
    this.#chunkBytes = Math.max(this.#chunkBytes / 2, SMALLEST_CHUNK_BYTES);
    if (this.#tus) this.#tus.options.chunkSize = this.#chunkBytes;
  }

  /** The realm no longer has the upload. */
  #beginAnew(): void {
    this.#id = null;
    this.#tus = null;
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
        tus.options.onError = (error) => void asSetback(error).then(reject);
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
      // Never both: with an endpoint the library begins anew whenever a HEAD is not answered with 2xx.
      endpoint: this.#id === null ? location.origin + ENDPOINT : null,
      uploadUrl: this.#id === null ? null : `${location.origin}${ENDPOINT}/${this.#id}`,
      chunkSize: this.#chunkBytes,
      metadata: { filename: this.#file.name, filetype: this.#file.type },
      headers: { accept: "application/json" },
      onBeforeRequest: (request) => request.setHeader("x-csrftoken", page.token),
      retryDelays: null,
      storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => {
        tus.options.endpoint = null;
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

/** Nobody is there for the moment, says the network or a proxy; or the realm is asked too often. */
const isSilence = ({ status }: ApiProblem): boolean => [0, 408, 425, 429, 502, 503, 504].includes(status);

/** What cures itself: those, and a realm that restarts. */
const isPassing = (problem: ApiProblem): boolean =>
  !LASTING.has(problem.code) && (isLocked(problem) || isSilence(problem) || problem.status >= 500);

/** A refusal that the realm did not write: a proxy takes no request of this size. */
const isOfProxyLimit = ({ status, code }: ApiProblem): boolean => status === 413 && code === "client.unreadable";

const isGone = ({ status }: ApiProblem): boolean => status === 404 || status === 410;

async function asSetback(error: Error): Promise<Setback> {
  const { originalRequest: request, originalResponse: response } = error as Partial<DetailedError>;
  const problem = response ? await problemFrom(response.getStatus(), response.getBody()) : unreachable();
  return new Setback(problem, request?.getMethod() ?? "");
}
