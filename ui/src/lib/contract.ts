/** The shapes of the realm's HTTP API. All times are ISO 8601 in UTC. */

export interface Account {
  id: string;
  handle: string;
  display_name: string;
  email: string;
}

export interface Session {
  account: Account | null;
  realm: { name: string; operator: string };
}

export interface Author {
  handle: string;
  display_name: string;
  is_followed: boolean;
}

export interface Profile {
  handle: string;
  display_name: string;
  bio: string;
  follower_count: number;
  following_count: number;
  clip_count: number;
  like_count: number;
  is_followed: boolean;
  is_self: boolean;
  created_at: string;
}

export interface Failure {
  code: string;
  detail: string;
}

export interface Clip {
  id: string;
  state: "processing" | "visible" | "failed";
  author: Author;
  caption: string;
  tags: string[];
  created_at: string;
  duration_ms: number;
  width: number;
  height: number;
  like_count: number;
  comment_count: number;
  view_count: number;
  is_liked: boolean;
  is_own: boolean;
  playlist_url: string | null;
  poster_url: string | null;
  failure: Failure | null;
}

export interface Upload {
  id: string;
  duration_ms: number;
  width: number;
  height: number;
  has_audio: boolean;
  size_bytes: number;
  expires_at: string;
}

export interface Progress {
  step: "preparing" | "storing" | "live" | "improving" | "done" | "failed";
  ratio: number;
  is_playable: boolean;
  failure: Failure | null;
}

export interface Comment {
  id: string;
  author: Author;
  text: string;
  created_at: string;
  is_own: boolean;
}

export interface ClipPage {
  clips: Clip[];
  cursor: string | null;
}

export interface CommentPage {
  comments: Comment[];
  cursor: string | null;
}

export type FeedTab = "for-you" | "following" | "local";

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  retryable: boolean;
  facts: Record<string, unknown>;
}
