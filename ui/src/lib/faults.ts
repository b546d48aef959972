import type { ApiProblem } from "./problem";

export type Field = "email" | "password" | "handle" | "display_name" | "bio" | "form";

const FIELDS: Record<string, Field> = {
  "accounts.bad-email": "email",
  "accounts.email-taken": "email",
  "accounts.weak-password": "password",
  "accounts.wrong-credentials": "form",
  "social.bad-handle": "handle",
  "social.handle-taken": "handle",
};

/** Which field of a form a problem is about; "form" when it is about none or about several. */
export function fieldOf(problem: ApiProblem, texts: Field = "form"): Field {
  const isAboutText = problem.code === "social.bad-text" || problem.code === "social.text-too-long";
  return FIELDS[problem.code] ?? (isAboutText ? texts : "form");
}
