/** The realm's nouns as they cross the wire, generated from its OpenAPI document (`npm run types`). */
import type { components } from "./api";

type Schemas = components["schemas"];

export type Access = Schemas["Access"];
export type Account = Schemas["Account"];
export type Clip = Schemas["Clip"];
export type ClipEdit = Schemas["ClipEdit"];
export type ClipPage = Schemas["ClipPage"];
export type Comment = Schemas["Comment"];
export type Declarations = Schemas["Declarations"];
export type Failure = Schemas["Failure"];
export type FeedPage = Schemas["FeedPage"];
export type FeedTab = Schemas["Tab"];
export type Holdings = Schemas["Holdings"];
export type Join = Schemas["Join"];
export type Kept = Schemas["Kept"];
export type ManifestVersion = Schemas["ManifestVersion"];
export type NewClip = Schemas["NewClip"];
export type NewComment = Schemas["NewComment"];
export type Plan = Schemas["Plan"];
export type Problem = Schemas["Problem"];
export type Profile = Schemas["Profile"];
export type ProfileEdit = Schemas["ProfileEdit"];
export type Realm = Schemas["Realm"];
export type Session = Schemas["Session"];
export type SignIn = Schemas["SignIn"];
export type Storage = Schemas["Storage"];
export type Sound = Schemas["Sound"];
export type SoundChoice = Schemas["SoundChoice"];
export type SoundPage = Schemas["SoundPage"];
export type Store = Schemas["Store"];
export type StoreDeclaration = Schemas["StoreDeclaration"];
export type StorePrice = Schemas["StorePrice"];
export type Subtitles = Schemas["Subtitles"];
export type Upload = Schemas["Upload"];
export type View = Schemas["View"];

/** The data of one `progress` event; an event stream has no schema in the document. */
export interface Progress {
  step: "preparing" | "storing" | "live" | "improving" | "done" | "failed";
  /** Of the current step, 0 to 1. */
  ratio: number;
  is_playable: boolean;
  failure: Failure | null;
  /** Why nothing happens yet; null while something does. */
  waiting: { ahead: number; seconds: number | null; obstacle: string | null; obstacle_code: string | null } | null;
}
