import type { Checkpoint } from "./checkpoint";
import type { OnProgress, Swept, Sweeping } from "./sweep";
import type { Order, Report } from "./worker";

/**
 * Sweeps the log in a worker.
 *
 * @throws DOMException named AbortError when `signal` fired; Error when the log could not be read.
 */
export function sweepBeside(base: string, checkpoint: Checkpoint, onprogress: OnProgress, signal: AbortSignal, before: Sweeping["before"] = null): Promise<Swept> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const running = new Promise<Swept>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Report>) => {
      if ("swept" in data) resolve(data.swept);
      else if ("trouble" in data) reject(new Error(data.trouble));
      else onprogress(data.done, data.of);
    };
    worker.onerror = ({ message }) => reject(new Error(message || "the worker could not be loaded"));
    signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
  });
  worker.postMessage({ base, checkpoint, before } satisfies Order);
  return running.finally(() => worker.terminate());
}
