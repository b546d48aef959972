import type {
  Accesses,
  Arrival,
  Clip,
  ClipEdit,
  ClipPage,
  Comment,
  CommentPage,
  Declarations,
  FeedPage,
  FeedTab,
  Holdings,
  Join,
  NewClip,
  NewComment,
  Plan,
  Profile,
  ProfileEdit,
  Session,
  SignIn,
  Sound,
  SoundChoice,
  SoundPage,
  Storage,
  Subtitled,
  View,
} from "./contract";
import { request, requestHeader } from "./http";

type Signal = AbortSignal | undefined;

const at = encodeURIComponent;
const from = (cursor: string | null, lead = "?"): string => (cursor === null ? "" : `${lead}cursor=${at(cursor)}`);

export const session = {
  read: () => request<Session>("GET", "/session"),
  start: (body: SignIn) => request<Session>("POST", "/session", { body }),
  end: () => request<void>("DELETE", "/session"),
  join: (body: Join) => request<Session>("POST", "/accounts", { body }),
};

export const profiles = {
  read: (handle: string, signal?: Signal) => request<Profile>("GET", `/profiles/${at(handle)}`, { signal }),
  edit: (body: ProfileEdit) => request<Profile>("PATCH", "/profile", { body }),
  follow: (handle: string, on: boolean) => request<Profile>(on ? "PUT" : "DELETE", `/profiles/${at(handle)}/follow`),
  clips: (handle: string, cursor: string | null, signal?: Signal) =>
    request<ClipPage>("GET", `/profiles/${at(handle)}/clips${from(cursor)}`, { signal }),
};

export const clips = {
  read: (id: string, signal?: Signal) => request<Clip>("GET", `/clips/${at(id)}`, { signal }),
  post: (body: NewClip) => request<Clip>("POST", "/clips", { body }),
  edit: (id: string, body: ClipEdit) => request<Clip>("PATCH", `/clips/${at(id)}`, { body }),
  remove: (id: string) => request<void>("DELETE", `/clips/${at(id)}`),
  plan: (id: string, body: Plan) => request<Clip>("PUT", `/clips/${at(id)}/plan`, { body }),
  publish: (id: string) => request<Clip>("POST", `/clips/${at(id)}/publish`),
  retry: (id: string) => request<Clip>("POST", `/clips/${at(id)}/retry`),
  like: (id: string, on: boolean) => request<Clip>(on ? "PUT" : "DELETE", `/clips/${at(id)}/like`),
  watched: (id: string, body: View) => request<void>("POST", `/clips/${at(id)}/views`, { body, keepalive: true }),
  feed: (tab: FeedTab, cursor: string | null, signal?: Signal) =>
    request<FeedPage>("GET", `/feed?tab=${tab}${from(cursor, "&")}`, { signal }),
  tagged: (tag: string, cursor: string | null, signal?: Signal) =>
    request<ClipPage>("GET", `/tags/${at(tag)}/clips${from(cursor)}`, { signal }),
};

export const subtitles = {
  put: (clip: string, language: string, file: File) =>
    request<Subtitled>("PUT", `/clips/${at(clip)}/subtitles/${at(language)}`, { file }),
  remove: (clip: string, language: string) => request<Clip>("DELETE", `/clips/${at(clip)}/subtitles/${at(language)}`),
};

export const sounds = {
  /** The text goes first: what is found comes newest first, whatever the order. */
  list: ({ order, text }: { order: "recent" | "most-used"; text: string }, cursor: string | null, signal?: Signal) => {
    const wanted = text === "" ? `order=${order}` : `q=${at(text)}`;
    return request<SoundPage>("GET", `/sounds?${wanted}${from(cursor, "&")}`, { signal });
  },
  read: (id: string, signal?: Signal) => request<Sound>("GET", `/sounds/${at(id)}`, { signal }),
  clips: (id: string, cursor: string | null, signal?: Signal) =>
    request<ClipPage>("GET", `/sounds/${at(id)}/clips${from(cursor)}`, { signal }),
  choose: (clip: string, body: SoundChoice) => request<Clip>("PUT", `/clips/${at(clip)}/sound`, { body }),
};

export const comments = {
  list: (clip: string, cursor: string | null, signal?: Signal) =>
    request<CommentPage>("GET", `/clips/${at(clip)}/comments${from(cursor)}`, { signal }),
  post: (clip: string, body: NewComment) => request<Comment>("POST", `/clips/${at(clip)}/comments`, { body }),
  remove: (id: string) => request<void>("DELETE", `/comments/${at(id)}`),
};

export const storage = {
  read: (signal?: Signal) => request<Storage>("GET", "/storage", { signal }),
};

export const transparency = {
  declarations: (signal?: Signal) => request<Declarations>("GET", "/manifest", { signal }),
  holdings: (signal?: Signal) => request<Holdings>("GET", "/inventory", { signal }),
};

export const me = {
  accesses: (signal?: Signal) => request<Accesses>("GET", "/me/access", { signal }),
};

export const uploads = {
  /** How far an upload has come, and what became of it. */
  follow: (id: string) => request<Arrival>("GET", `/uploads/tus/${at(id)}`),
  /** Where to go on; ends a connection that is still open there and silent. */
  offset: async (id: string) => Number(await requestHeader(`/uploads/tus/${at(id)}`, "upload-offset", { isTus: true })),
  remove: (id: string) => request<void>("DELETE", `/uploads/tus/${at(id)}`, { isTus: true }),
};
