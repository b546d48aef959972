/** Runs a sweep beside the page, which stays usable meanwhile; ending the worker ends the sweep. */
import type { Checkpoint } from "./checkpoint";
import { filesAt } from "./tiles";
import { sweep, type Swept, type Sweeping } from "./sweep";

export interface Order {
  base: string;
  checkpoint: Checkpoint;
  before: Sweeping["before"];
}

export type Report = { done: number; of: number } | { swept: Swept } | { trouble: string };

/** Often enough to look alive, seldom enough to cost nothing. */
const EVERY_MS = 50;

onmessage = async ({ data }: MessageEvent<Order>): Promise<void> => {
  const report = (what: Report): void => postMessage(what);
  let told = -Infinity;
  const onprogress = (done: number, of: number): void => {
    const now = performance.now();
    if (now - told < EVERY_MS) return;
    told = now;
    report({ done, of });
  };
  try {
    report({ swept: await sweep(filesAt(data.base), data.checkpoint, onprogress, { before: data.before }) });
  } catch (error) {
    report({ trouble: error instanceof Error ? error.message : String(error) });
  }
};
