import { spoken } from "../lib/format";
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

const NOT_A_VIDEO: Refusal = {
  title: "Not a video file",
  detail:
    "The file is not a video that can be read here. Send an MP4, MOV, WebM or MKV file; " +
    "renaming another kind of file does not change what it is.",
};

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
      title: "The file is empty",
      detail: "The file has no bytes in it. Nothing was kept. Choose the video again.",
    };
  }
  if (file.size > session.realm.limits.max_bytes) {
    return {
      title: "The file is too large",
      detail:
        `The file is larger than ${(session.realm.limits.max_bytes / 1024 ** 3).toFixed(1)} GiB, which is the most that is accepted. ` +
        "Nothing was kept. Trim it or export it at a lower quality.",
    };
  }
  return (await isVideoFile(file)) ? null : NOT_A_VIDEO;
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
      title: "The picture is too large",
      detail:
        `The picture is ${width} by ${height}; 4K (3840 by 2160) is the most that is accepted. ` +
        "Export it at 1080p or 4K.",
    };
  }
  if (Math.min(width, height) < limits.min_short_side) {
    return {
      title: "The picture is too small",
      detail:
        `The picture is ${width} by ${height}; its shorter side needs at least ${limits.min_short_side} pixels. ` +
        "Choose a larger version.",
    };
  }
  if (seconds > longest) {
    return {
      title: "The video is too long",
      detail:
        `The video lasts ${spoken(seconds)}; clips may last up to ${spoken(longest)}. ` +
        "Trim it and send it again.",
    };
  }
  if (seconds < shortest) {
    return {
      title: "The video is too short",
      detail: `The video lasts ${seconds.toFixed(1)} seconds; clips need at least ${shortest.toFixed(1)} seconds.`,
    };
  }
  return null;
}
