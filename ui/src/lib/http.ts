import createClient, { defaultPathSerializer } from "openapi-fetch";
import type { paths } from "./api";
import { connection } from "./connection.svelte";
import type { Session } from "./contract";
import { ApiProblem, problemFrom, unreachable } from "./problem";

const SAFE = new Set(["GET", "HEAD"]);
const MOST_LASTING_BYTES = 16 * 1024;
const encoder = new TextEncoder();
/** The answers that hold the token: who is signed in, and who has just been. */
const TELLS_TOKEN = /\/api\/(session|accounts)$/;

/** What every unsafe request carries. The realm tells it with the session, and it is of that session only. */
export const page = {
  token: "",
  /** Asks for the token of the session that this browser has now: another tab may have changed it. */
  async renew(): Promise<void> {
    await send(new Request(new URL("/api/session", location.href), { headers: { accept: "application/json" } }));
  },
};

/** True when the realm refused a request for its token, so that the same one with a new token may pass. */
export const lacksToken = (problem: ApiProblem): boolean => problem.code === "web.page-token-missing";

/**
 * Sends one request and returns its answer when that is a success; once more when its token was an old one.
 *
 * @throws ApiProblem for every other answer and when no answer came.
 * @throws DOMException named AbortError when the request was aborted.
 */
async function send(request: Request): Promise<Response> {
  if (SAFE.has(request.method)) return attempt(request);
  const again = request.clone();
  try {
    return await attempt(request);
  } catch (error) {
    if (!(error instanceof ApiProblem && lacksToken(error))) throw error;
    await page.renew();
    return attempt(again);
  }
}

async function attempt(request: Request): Promise<Response> {
  if (!SAFE.has(request.method)) request.headers.set("x-csrftoken", page.token);
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw new DOMException("left the page", "AbortError");
    connection.failed();
    throw error instanceof TypeError ? unreachable() : error;
  }
  connection.answered();
  if (!response.ok) throw await problemFrom(response.status, await response.text());
  if (TELLS_TOKEN.test(request.url) && response.status !== 204) page.token = await tokenIn(response.clone());
  return response;
}

async function tokenIn(response: Response): Promise<string> {
  const { page_token } = (await response.json()) as Session;
  return page_token;
}

/**
 * A request that outlives its page where it changes something: whoever likes a clip and leaves at once has liked it.
 *
 * Browsers allow 64 KiB for all of them together, so what is larger ends with the page.
 */
class LastingRequest extends Request {
  constructor(input: RequestInfo | URL, init: RequestInit = {}) {
    super(input, { keepalive: lasts(init), ...init });
  }
}

function lasts({ method = "GET", body }: RequestInit): boolean {
  if (SAFE.has(method)) return false;
  return body == null || (typeof body === "string" && encoder.encode(body).length <= MOST_LASTING_BYTES);
}

/** The requests that the realm's OpenAPI document describes. */
export const api = createClient<paths>({
  fetch: send,
  Request: LastingRequest,
  credentials: "same-origin",
  headers: { accept: "application/json" },
});

/** Returns the data of an answer; an answer without success was thrown by `send`. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** Returns an address of that document, for what the browser fetches by itself. */
export function address(path: keyof paths, values: Record<string, string | number> = {}): string {
  return defaultPathSerializer(path, values);
}
