import createClient, { defaultPathSerializer } from "openapi-fetch";
import type { paths } from "./api";
import { connection } from "./connection.svelte";
import { problemFrom, unreachable } from "./problem";

const SAFE = new Set(["GET", "HEAD"]);

/** The token that every unsafe request must echo; the realm sets it with the session. */
export function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/**
 * Sends one request and returns its answer when that is a success.
 *
 * @throws ApiProblem for every other answer and when no answer came.
 * @throws DOMException named AbortError when the request was aborted.
 */
async function send(request: Request): Promise<Response> {
  if (!SAFE.has(request.method)) request.headers.set("x-csrftoken", csrfToken());
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
  return response;
}

/** The requests that the realm's OpenAPI document describes. */
export const api = createClient<paths>({
  fetch: send,
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
