import type { Problem } from "./contract";
import { said, t, type Values } from "./messages.svelte";

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

  /** In the chosen language where the catalogue has the code, else in the realm's words. */
  get title(): string {
    return said(`problem.${this.code}.title`, this.#values) ?? this.#title;
  }

  get detail(): string {
    return said(`problem.${this.code}.detail`, this.#values) ?? this.#detail;
  }

  get #values(): Values {
    const plain = Object.entries(this.facts).filter(([, value]) => typeof value === "string" || typeof value === "number");
    return Object.fromEntries(plain) as Values;
  }

  /** True when a person has to sign in before the same request can work. */
  get needsSignIn(): boolean {
    return this.status === 401;
  }
}

export const unreachable = (): ApiProblem =>
  new ApiProblem({
    status: 0,
    code: "client.unreachable",
    title: t(navigator.onLine ? "problem.unreachable.title" : "problem.offline.title"),
    detail: t(navigator.onLine ? "problem.unreachable.detail" : "problem.offline.detail"),
    retryable: true,
    facts: {},
  });

const unreadable = (status: number): ApiProblem =>
  new ApiProblem({
    status,
    code: "client.unreadable",
    title: t("problem.unreadable.title"),
    detail: t("problem.unreadable.detail", { status }),
    retryable: status >= 500,
    facts: {},
  });

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value && "status" in value;
}

/** Reads an error answer; a proxy's HTML page becomes a problem of our own. */
export function problemFrom(status: number, body: string): ApiProblem {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isProblem(parsed)) return new ApiProblem({ ...parsed, facts: parsed.facts ?? {} });
  } catch {
    // Not JSON: the answer came from something in front of the realm.
  }
  return unreadable(status);
}

/** Any thrown value as a problem; aborts give null because somebody asked for them. */
export function asProblem(error: unknown): ApiProblem | null {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DOMException && error.name === "AbortError") return null;
  throw error;
}
