import { t } from "../lib/messages.svelte";
import { links } from "../lib/routes";
import { notices } from "../lib/notices.svelte";

export const address = (id: string): string => new URL(links.clip(id), location.origin).href;

/** Copies without ever reading the clipboard. Gives false where the browser does not allow it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    notices.say(t("share.copied"));
    return true;
  } catch {
    return false; // No secure context or no permission: the caller shows the link to select by hand.
  }
}

/** The system's share sheet where there is one on a touch device. Gives false when the caller should offer the link. */
export async function shareWithSystem(url: string, text: string): Promise<boolean> {
  if (!("share" in navigator) || !matchMedia("(pointer: coarse)").matches) return false;
  try {
    await navigator.share({ url, text });
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === "AbortError";
  }
}
