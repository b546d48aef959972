import { t } from "../lib/messages.svelte";
import { clips as api, profiles } from "../lib/calls";
import type { Clip, ClipPage } from "../lib/contract";
import { notices } from "../lib/notices.svelte";
import type { Batch } from "../lib/paged.svelte";
import { asProblem, type ApiProblem } from "../lib/problem";
import { session } from "../lib/session.svelte";

/** Every clip seen in this visit, once: a like in the feed shows on the clip page and in the grid. */
const known = new Map<string, Clip>();

export function keep(clip: Clip): Clip {
  const existing = known.get(clip.id);
  if (existing) return Object.assign(existing, clip);
  const kept = $state(clip);
  known.set(clip.id, kept);
  return kept;
}

export const batch = ({ clips, cursor }: ClipPage): Batch<Clip> => ({ items: clips.map(keep), cursor });

function explain(error: unknown): void {
  const problem: ApiProblem | null = asProblem(error);
  if (!problem) return;
  if (problem.needsSignIn) void session.refresh().then(() => session.required());
  else notices.say(problem.detail);
}

/** Likes at once on screen; the realm's count replaces ours, and a refusal puts it back. */
export async function like(clip: Clip, on: boolean): Promise<void> {
  if (!(await session.required()) || clip.is_liked === on) return;
  const before = { is_liked: clip.is_liked, like_count: clip.like_count };
  clip.is_liked = on;
  clip.like_count += on ? 1 : -1;
  try {
    keep(await api.like(clip.id, on));
  } catch (error) {
    Object.assign(clip, before);
    explain(error);
  }
}

function markFollowed(handle: string, on: boolean): void {
  for (const { author } of known.values()) if (author.handle === handle) author.is_followed = on;
}

/** Follows at once on every clip of that author. Gives whether the realm agreed. */
export async function follow(handle: string, on: boolean): Promise<boolean> {
  if (!(await session.required())) return false;
  markFollowed(handle, on);
  try {
    await profiles.follow(handle, on);
    return true;
  } catch (error) {
    markFollowed(handle, !on);
    explain(error);
    return false;
  }
}

/** Gives whether the clip is gone. */
export async function remove(clip: Clip): Promise<boolean> {
  try {
    await api.remove(clip.id);
    known.delete(clip.id);
    notices.say(t("own.deleted"));
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

export async function retry(clip: Clip): Promise<void> {
  try {
    keep(await api.retry(clip.id));
  } catch (error) {
    explain(error);
  }
}
