import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(?:js|css|svg|webmanifest)$/;
/** Below this a packet holds the file either way. */
const WORTH_BYTES = 1400;

/** Writes a .gz beside each text asset, so that the realm never compresses the same file twice. */
export function gzip(): Plugin {
  return {
    name: "reelm-gzip",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle).filter((name) => TEXT.test(name))) {
        const content = readFileSync(join(dir, name));
        if (content.length < WORTH_BYTES) continue;
        writeFileSync(join(dir, `${name}.gz`), gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}
