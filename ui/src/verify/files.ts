import { Pruned } from "./refused";
import type { Files } from "./tiles";

const GONE = 410;
const MISSING = 404;

/** The files of a log below an address; where nobody answers, the browser's own error is thrown. */
export function filesAt(base: string): Files {
  return async (path, signal) => {
    // What must not be cached says so in its answer.
    const response = await fetch(`${base}/${path}`, { signal: signal ?? null, credentials: "omit" });
    if (response.status === MISSING) return null;
    if (response.status === GONE) throw new Pruned("refused.pruned");
    if (!response.ok) throw new TypeError(`the ledger answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
}
