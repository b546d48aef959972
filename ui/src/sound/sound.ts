import { t } from "../lib/messages.svelte";
import type { Clip } from "../lib/contract";

/** What a sound is called, wherever it is named. */
export const soundName = (handle: string | null): string =>
  handle === null ? t("sound.unavailable") : t("sound.original", { handle });

/** The clip gives a sound of its own, which others may be allowed to use. */
export const isOriginal = ({ id, sound }: Clip): boolean => sound !== null && sound.id === id;

/** Publishing stopped because of the sound that was chosen; another one helps. */
export const isAboutSound = (code: string | undefined): boolean =>
  code === "social.no-such-sound" || (code?.startsWith("social.sound-") ?? false);
