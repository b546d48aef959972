import { clips } from "../lib/calls";
import type { Clip, FeedTab } from "../lib/contract";
import { Paged } from "../lib/paged.svelte";
import { batch } from "../clip/shelf.svelte";

/** One tab of the feed and the place in it, kept while other pages are open. */
export class Feed {
  readonly list: Paged<Clip>;
  index = $state(0);

  constructor(tab: FeedTab) {
    this.list = new Paged(async (cursor, signal) => batch(await clips.feed(tab, cursor, signal)));
  }

  /** From the top with fresh clips. */
  restart(): void {
    this.index = 0;
    void this.list.restart();
  }

  /** A clip was deleted; the one being watched stays where it is. */
  drop(id: string): void {
    const at = this.list.items.findIndex((clip) => clip.id === id);
    if (at < 0) return;
    this.list.drop(id);
    if (at < this.index) this.index -= 1;
  }

  /** Somebody signed in or out: what follows is read again, the clip being watched stays. */
  renew(): void {
    const watched = this.list.items[this.index];
    this.index = 0;
    if (this.list.items.length > 0 || this.list.isComplete) void this.list.restart(watched ? [watched] : []);
    if (watched) void clips.read(watched.id).then((clip) => batch({ clips: [clip], cursor: null }), () => {});
  }
}

export const feeds: Record<FeedTab, Feed> = {
  "for-you": new Feed("for-you"),
  following: new Feed("following"),
  local: new Feed("local"),
};

/** Takes a deleted clip out of every tab. */
export function forget(id: string): void {
  for (const feed of Object.values(feeds)) feed.drop(id);
}
