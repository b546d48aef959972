import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";

const NAME = "asset-manifest.json";

/** Writes what the page consists of, once all of it is there: docs/spec/asset-manifest.md. */
export function assets(): Plugin {
  return {
    name: "reelm-assets",
    apply: "build",
    enforce: "post",
    writeBundle: {
      order: "post",
      sequential: true,
      handler({ dir = "" }) {
        const files = names(dir).map((name) => {
          const content = readFileSync(join(dir, name));
          const sha256 = createHash("sha256").update(content).digest("hex");
          return { name: name.split(sep).join("/"), sha256, size_bytes: content.length };
        });
        writeFileSync(join(dir, NAME), JSON.stringify({ files, v: 1 }));
      },
    },
  };
}

/** Sorted by code unit. */
function names(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== NAME)
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}
