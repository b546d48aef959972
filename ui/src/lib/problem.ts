import type { Failure, Problem } from "./contract";
import { bytes, spoken } from "./format";
import { messages, said, t, type Value, type Values } from "./messages.svelte";

/** The one error that the API client throws. `status` is 0 when no answer came from the realm itself. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryable: boolean;
  /** The field of the request that it is about, if it is about one. */
  readonly field: string | null;
  readonly facts: Record<string, unknown>;
  readonly #title: string;
  readonly #detail: string;

  constructor(problem: Omit<Problem, "type" | "field"> & { field?: string | null }) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = "ApiProblem";
    this.status = problem.status;
    this.code = problem.code;
    this.#title = problem.title;
    this.#detail = problem.detail;
    this.retryable = problem.retryable;
    this.field = problem.field ?? null;
    this.facts = problem.facts;
  }

  /** In the chosen language where a catalogue has the code, or else the status; in the realm's words in English. */
  get title(): string {
    return this.#told("title") ?? this.#title;
  }

  get detail(): string {
    return this.#told("detail") ?? this.#detail;
  }

  #told(part: "title" | "detail"): string | null {
    return said(`problem.${this.code}.${part}`, this.#values) ?? said(`problem.${this.status}.${part}`);
  }

  get #values(): Values {
    return Object.fromEntries(Object.entries(this.facts).flatMap(([name, value]) => {
      const shown = readable(name, value);
      return shown === null ? [] : [[name, shown]];
    }));
  }

  /** True when a person has to sign in before the same request can work. */
  get needsSignIn(): boolean {
    return this.status === 401;
  }
}

/** Returns a fact as it is put into a text: a size or a time in a unit that fits it. */
function readable(name: string, value: unknown): Value | null {
  if (typeof value === "number" && name.endsWith("_bytes")) return bytes(value);
  if (typeof value === "number" && name.endsWith("_seconds")) return spoken(value);
  return typeof value === "string" || typeof value === "number" ? value : null;
}

/** Fetches the words for what the realm says; where they do not come, the realm's own words are shown. */
export const needWords = (): Promise<void> => messages.need("server").catch(() => undefined);

/** Returns why a clip was not published or waits. It has no facts, and its words may come after it. */
export function failureDetail({ code, detail }: Failure): string {
  void needWords();
  return said(`problem.${code}.detail`) ?? said("problem.500.detail") ?? detail;
}

/** Returns a problem that the realm did not tell; its words are in the catalogue that every page has. */
const ours = (
  name: "offline" | "proxy-limit" | "unreachable" | "unreadable",
  status: number,
  retryable: boolean,
  facts: Record<string, number> = { status },
): ApiProblem =>
  new ApiProblem({
    status,
    code: `client.${name}`,
    title: t(`problem.client.${name}.title`),
    detail: t(`problem.client.${name}.detail`, { status, limit_bytes: bytes(facts["limit_bytes"] ?? 0) }),
    retryable,
    facts,
  });

/** Something between this browser and the realm takes no request of so many bytes. */
export const tooLargeForProxy = (limitBytes: number): ApiProblem =>
  ours("proxy-limit", 413, false, { limit_bytes: limitBytes });

export const unreachable = (): ApiProblem => ours(navigator.onLine ? "unreachable" : "offline", 0, true);

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value && "status" in value;
}

/** Reads an error answer, and has its words ready; a proxy's HTML page becomes a problem of our own. */
export async function problemFrom(status: number, body: string): Promise<ApiProblem> {
  await needWords();
  try {
    const parsed: unknown = JSON.parse(body);
    if (isProblem(parsed)) return new ApiProblem({ ...parsed, facts: parsed.facts ?? {} });
  } catch {
    // Not JSON: the answer came from something in front of the realm.
  }
  return ours("unreadable", status, status >= 500);
}

/** Any thrown value as a problem; aborts give null because somebody asked for them. */
export function asProblem(error: unknown): ApiProblem | null {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DOMException && error.name === "AbortError") return null;
  throw error;
}
