import type {
  ClipEdit,
  FeedTab,
  Join,
  NewClip,
  NewComment,
  Plan,
  ProfileEdit,
  SignIn,
  SoundChoice,
  View,
} from "./contract";
import { api, data } from "./http";

type Signal = AbortSignal | null;

const TUS = { "Tus-Resumable": "1.0.0" };

/** What a path of the interface needs. */
const clip = (clip_id: string) => ({ params: { path: { clip_id } } });
const person = (handle: string) => ({ params: { path: { handle } } });

export const session = {
  read: () => data(api.GET("/api/session")),
  start: (body: SignIn) => data(api.POST("/api/session", { body })),
  end: () => data(api.DELETE("/api/session")),
  join: (body: Join) => data(api.POST("/api/accounts", { body })),
};

export const profiles = {
  read: (handle: string, signal: Signal = null) => data(api.GET("/api/profiles/{handle}", { ...person(handle), signal })),
  edit: (body: ProfileEdit) => data(api.PATCH("/api/profile", { body })),
  follow: (handle: string, on: boolean) =>
    data(
      on
        ? api.PUT("/api/profiles/{handle}/follow", person(handle))
        : api.DELETE("/api/profiles/{handle}/follow", person(handle)),
    ),
  clips: (handle: string, cursor: string | null, signal: Signal = null) =>
    data(api.GET("/api/profiles/{handle}/clips", { params: { path: { handle }, query: { cursor } }, signal })),
};

export const clips = {
  read: (id: string, signal: Signal = null) => data(api.GET("/api/clips/{clip_id}", { ...clip(id), signal })),
  post: (body: NewClip) => data(api.POST("/api/clips", { body })),
  edit: (id: string, body: ClipEdit) => data(api.PATCH("/api/clips/{clip_id}", { ...clip(id), body })),
  remove: (id: string) => data(api.DELETE("/api/clips/{clip_id}", clip(id))),
  plan: (id: string, body: Plan) => data(api.PUT("/api/clips/{clip_id}/plan", { ...clip(id), body })),
  publish: (id: string) => data(api.POST("/api/clips/{clip_id}/publish", clip(id))),
  retry: (id: string) => data(api.POST("/api/clips/{clip_id}/retry", clip(id))),
  like: (id: string, on: boolean) =>
    data(on ? api.PUT("/api/clips/{clip_id}/like", clip(id)) : api.DELETE("/api/clips/{clip_id}/like", clip(id))),
  watched: (id: string, body: View) => data(api.POST("/api/clips/{clip_id}/views", { ...clip(id), body })),
  feed: (tab: FeedTab, cursor: string | null, signal: Signal = null) =>
    data(api.GET("/api/feed", { params: { query: { tab, cursor } }, signal })),
  tagged: (tag: string, cursor: string | null, signal: Signal = null) =>
    data(api.GET("/api/tags/{tag}/clips", { params: { path: { tag }, query: { cursor } }, signal })),
};

export const subtitles = {
  put: (clip_id: string, language: string, file: File) =>
    data(
      api.PUT("/api/clips/{clip_id}/subtitles/{language}", {
        params: { path: { clip_id, language } },
        headers: { "content-type": "text/plain" },
        body: file,
        bodySerializer: () => file,
      }),
    ),
  remove: (clip_id: string, language: string) =>
    data(api.DELETE("/api/clips/{clip_id}/subtitles/{language}", { params: { path: { clip_id, language } } })),
};

export const sounds = {
  /** The text goes first: what is found comes newest first, whatever the order. */
  list: ({ order, text }: { order: "recent" | "most-used"; text: string }, cursor: string | null, signal: Signal = null) => {
    const wanted = text === "" ? { order } : { q: text };
    return data(api.GET("/api/sounds", { params: { query: { ...wanted, cursor } }, signal }));
  },
  read: (id: string, signal: Signal = null) => data(api.GET("/api/sounds/{clip_id}", { ...clip(id), signal })),
  clips: (clip_id: string, cursor: string | null, signal: Signal = null) =>
    data(api.GET("/api/sounds/{clip_id}/clips", { params: { path: { clip_id }, query: { cursor } }, signal })),
  choose: (id: string, body: SoundChoice) => data(api.PUT("/api/clips/{clip_id}/sound", { ...clip(id), body })),
};

export const comments = {
  list: (clip_id: string, cursor: string | null, signal: Signal = null) =>
    data(api.GET("/api/clips/{clip_id}/comments", { params: { path: { clip_id }, query: { cursor } }, signal })),
  post: (id: string, body: NewComment) => data(api.POST("/api/clips/{clip_id}/comments", { ...clip(id), body })),
  remove: (comment_id: string) => data(api.DELETE("/api/comments/{comment_id}", { params: { path: { comment_id } } })),
};

export const storage = {
  read: (signal: Signal = null) => data(api.GET("/api/storage", { signal })),
};

export const transparency = {
  declarations: (signal: Signal = null) => data(api.GET("/api/manifest", { signal })),
  holdings: (signal: Signal = null) => data(api.GET("/api/inventory", { signal })),
};

export const me = {
  accesses: (signal: Signal = null) => data(api.GET("/api/me/access", { signal })),
};

export const uploads = {
  /** How far an upload has come, and what became of it. */
  follow: (upload_id: string) => data(api.GET("/api/uploads/tus/{upload_id}", { params: { path: { upload_id } } })),
  /** Where to go on; ends a connection that is still open there and silent. */
  offset: async (upload_id: string) => {
    const params = { path: { upload_id }, header: TUS };
    const { response } = await api.HEAD("/api/uploads/tus/{upload_id}", { params });
    return Number(response.headers.get("upload-offset"));
  },
  remove: (upload_id: string) =>
    data(api.DELETE("/api/uploads/tus/{upload_id}", { params: { path: { upload_id }, header: TUS } })),
};
