import { connection } from "./connection.svelte";
import { problemFrom, unreachable } from "./problem";

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Options {
  body?: unknown;
  /** Sent as it is. */
  file?: Blob;
  signal?: AbortSignal | undefined;
  /** Lets the request outlive the page, for reports sent while leaving. */
  keepalive?: boolean;
  /** Speaks the upload protocol. */
  isTus?: boolean;
}

/** The token that every unsafe request must echo; the realm sets it with the session. */
export function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

async function answer(method: Method, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.file) headers["content-type"] = "text/plain";
  if (options.isTus) headers["tus-resumable"] = "1.0.0";
  if (method !== "GET" && method !== "HEAD") headers["x-csrftoken"] = csrfToken();
  try {
    return await fetch(`/api${path}`, {
      method,
      headers,
      credentials: "same-origin",
      keepalive: options.keepalive ?? false,
      signal: options.signal ?? null,
      body: options.file ?? (options.body === undefined ? null : JSON.stringify(options.body)),
    });
  } catch (error) {
    if (options.signal?.aborted) throw new DOMException("left the page", "AbortError");
    connection.failed();
    throw error instanceof TypeError ? unreachable() : error;
  }
}

async function checked(method: Method, path: string, options: Options): Promise<Response> {
  const response = await answer(method, path, options);
  connection.answered();
  if (!response.ok) throw problemFrom(response.status, await response.text());
  return response;
}

/** A header of an answer that has nothing else; throws as `request` does. */
export async function requestHeader(path: string, name: string, options: Options = {}): Promise<string | null> {
  return (await checked("HEAD", path, options)).headers.get(name);
}

/**
 * One request to the realm.
 *
 * @throws ApiProblem for every answer that is not a success and when no answer came.
 * @throws DOMException named AbortError when `signal` fired.
 */
export async function request<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const response = await checked(method, path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}
