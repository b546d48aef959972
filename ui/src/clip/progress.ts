import { t } from "../lib/messages.svelte";
import { clips } from "../lib/calls";
import type { Progress } from "../lib/contract";
import { address } from "../lib/http";
import { spoken } from "../lib/format";
import { failureDetail, needWords } from "../lib/problem";

const AGAIN_MS = 2000;

/** Returns why a clip waits, in words; empty while it does not. */
export async function whyWaiting({ waiting }: Progress): Promise<string> {
  if (!waiting) return "";
  const { ahead, seconds, obstacle, obstacle_code } = waiting;
  if (obstacle !== null && obstacle_code !== null) {
    await needWords();
    return failureDetail({ code: obstacle_code, detail: obstacle });
  }
  if (seconds === null) return t("waiting.queue", { count: ahead });
  return t("waiting.queue-time", { count: ahead, left: spoken(seconds) });
}

const isOver = ({ step }: Progress): boolean => step === "done" || step === "failed";

/**
 * Follows a clip from its upload to its last rendition.
 *
 * The browser reopens a dropped stream by itself; where the stream was refused, the clip is read instead until
 * the stream can be had again. Gives back how to stop.
 */
export function followProgress(id: string, onprogress: (progress: Progress) => void): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    source?.close();
    clearTimeout(timer);
  };
  const take = (progress: Progress) => {
    onprogress(progress);
    if (isOver(progress)) stop();
  };
  const readOnce = async () => {
    try {
      const { state, failure } = await clips.read(id);
      if (state === "failed") return take({ step: "failed", ratio: 0, is_playable: false, failure, waiting: null });
      if (state === "visible") onprogress({ step: "live", ratio: 1, is_playable: true, failure: null, waiting: null });
    } catch {
      // Not reachable at the moment; the next round asks again.
    }
    listen();
  };
  const listen = () => {
    source = new EventSource(address("/api/clips/{clip_id}/progress", { clip_id: id }));
    source.addEventListener("progress", (event) => take(JSON.parse(event.data as string) as Progress));
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => void readOnce(), AGAIN_MS);
    };
  };
  listen();
  return stop;
}
