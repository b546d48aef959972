import { t } from "../lib/messages.svelte";
import { apart, decimals } from "../lib/format";
import { session } from "../lib/session.svelte";

/** Why a file is refused, in the realm's own words. */
export interface Refusal {
  title: string;
  detail: string;
}

/** What this browser can tell about a video; null where it cannot read the format, which the realm may. */
export interface Picture {
  seconds: number;
  width: number;
  height: number;
}

const notAVideo = (): Refusal => ({
  title: t("inspect.kind"),
  detail:
    t("inspect.kind-text"),
});

const LOOK_MS = 5000;
const BOXES = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"]);

/** MP4 and MOV start with a box, WebM and MKV with the EBML mark. */
async function isVideoFile(file: File): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const isEbml = head[0] === 0x1a && head[1] === 0x45 && head[2] === 0xdf && head[3] === 0xa3;
  return isEbml || BOXES.has(String.fromCharCode(...head.slice(4, 8)));
}

/** Checks what needs no decoding: bytes and kind. */
export async function refuseFile(file: File): Promise<Refusal | null> {
  if (file.size === 0) {
    return {
      title: t("inspect.empty"),
      detail: t("inspect.empty-text"),
    };
  }
  if (file.size > session.realm.limits.max_bytes) {
    return {
      title: t("inspect.large"),
      detail:
        t("inspect.large-text", { most: decimals(session.realm.limits.max_bytes / 1024 ** 3, 1) }),
    };
  }
  return (await isVideoFile(file)) ? null : notAVideo();
}

/** Reads length and size through the browser's own decoder. */
export function look(url: string): Promise<Picture | null> {
  const video = document.createElement("video");
  video.preload = "metadata";
  video.muted = true;
  return new Promise((resolve) => {
    const done = (picture: Picture | null) => {
      clearTimeout(timer);
      video.removeAttribute("src");
      video.load();
      resolve(picture);
    };
    const timer = setTimeout(() => done(null), LOOK_MS);
    video.onerror = () => done(null);
    video.onloadedmetadata = () =>
      done(
        Number.isFinite(video.duration) && video.videoWidth > 0
          ? { seconds: video.duration, width: video.videoWidth, height: video.videoHeight }
          : null,
      );
    video.src = url;
  });
}

export function refusePicture({ seconds, width, height }: Picture): Refusal | null {
  const { limits } = session.realm;
  const longest = limits.max_duration_ms / 1000;
  const shortest = limits.min_duration_ms / 1000;
  if (width * height > limits.max_pixels) {
    return {
      title: t("inspect.pixels"),
      detail:
        t("inspect.pixels-text", { width: String(width), height: String(height) }),
    };
  }
  if (Math.min(width, height) < limits.min_short_side) {
    return {
      title: t("inspect.small"),
      detail:
        t("inspect.small-text", { width: String(width), height: String(height), least: String(limits.min_short_side) }),
    };
  }
  if (seconds > longest) {
    const [found, most] = apart(seconds, longest);
    return { title: t("inspect.long"), detail: t("inspect.long-text", { seconds: found, longest: most }) };
  }
  if (seconds < shortest) {
    const [found, least] = apart(seconds, shortest);
    return { title: t("inspect.short"), detail: t("inspect.short-text", { seconds: found, shortest: least }) };
  }
  return null;
}
