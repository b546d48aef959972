import type {
  Clip,
  ClipPage,
  Comment,
  CommentPage,
  FeedTab,
  Profile,
  Session,
} from "./contract";
import { request } from "./http";

type Signal = AbortSignal | undefined;

const at = encodeURIComponent;
const from = (cursor: string | null, lead = "?"): string => (cursor === null ? "" : `${lead}cursor=${at(cursor)}`);

export const session = {
  read: () => request<Session>("GET", "/session"),
  start: (email: string, password: string) => request<Session>("POST", "/session", { body: { email, password } }),
  end: () => request<void>("DELETE", "/session"),
  join: (account: { email: string; password: string; handle: string; display_name?: string }) =>
    request<Session>("POST", "/accounts", { body: account }),
};

export const profiles = {
  read: (handle: string, signal?: Signal) => request<Profile>("GET", `/profiles/${at(handle)}`, { signal }),
  edit: (change: { display_name?: string; bio?: string }) => request<Profile>("PATCH", "/profile", { body: change }),
  follow: (handle: string, on: boolean) => request<Profile>(on ? "PUT" : "DELETE", `/profiles/${at(handle)}/follow`),
  clips: (handle: string, cursor: string | null, signal?: Signal) =>
    request<ClipPage>("GET", `/profiles/${at(handle)}/clips${from(cursor)}`, { signal }),
};

export const clips = {
  read: (id: string, signal?: Signal) => request<Clip>("GET", `/clips/${at(id)}`, { signal }),
  post: (upload_id: string, caption: string) => request<Clip>("POST", "/clips", { body: { upload_id, caption } }),
  remove: (id: string) => request<void>("DELETE", `/clips/${at(id)}`),
  retry: (id: string) => request<Clip>("POST", `/clips/${at(id)}/retry`),
  like: (id: string, on: boolean) => request<Clip>(on ? "PUT" : "DELETE", `/clips/${at(id)}/like`),
  watched: (id: string, watched_ms: number) =>
    request<void>("POST", `/clips/${at(id)}/views`, { body: { watched_ms }, keepalive: true }),
  feed: (tab: FeedTab, cursor: string | null, signal?: Signal) =>
    request<ClipPage>("GET", `/feed?tab=${tab}${from(cursor, "&")}`, { signal }),
  tagged: (tag: string, cursor: string | null, signal?: Signal) =>
    request<ClipPage>("GET", `/tags/${at(tag)}/clips${from(cursor)}`, { signal }),
};

export const comments = {
  list: (clip: string, cursor: string | null, signal?: Signal) =>
    request<CommentPage>("GET", `/clips/${at(clip)}/comments${from(cursor)}`, { signal }),
  post: (clip: string, text: string) => request<Comment>("POST", `/clips/${at(clip)}/comments`, { body: { text } }),
  remove: (id: string) => request<void>("DELETE", `/comments/${at(id)}`),
};

export const uploads = {
  remove: (id: string) => request<void>("DELETE", `/uploads/${at(id)}`),
};
