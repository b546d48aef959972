import { decode } from "blurhash";
import type { Clip } from "../lib/contract";

const LONG_SIDE = 32;
const painted = new Map<string, string>();

/** The clip's poster, blurred, as a picture of its shape; nothing is fetched for it. Null when there is none. */
export function blurred({ blurhash, width, height }: Clip): string | null {
  if (!blurhash) return null;
  const known = painted.get(blurhash);
  if (known) return known;
  const scale = LONG_SIDE / Math.max(width, height);
  const picture = paint(blurhash, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  painted.set(blurhash, picture);
  return picture;
}

function paint(blurhash: string, width: number, height: number): string {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(decode(blurhash, width, height)), width, height), 0, 0);
  return canvas.toDataURL();
}
