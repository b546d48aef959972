import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const source = (name: string) => readFileSync(new URL(`../src/brand/${name}`, import.meta.url));

/** Emits the icons and the web app manifest under hashed names and links them from index.html. */
export function brand(): Plugin {
  return {
    name: "reelm-brand",
    apply: "build",
    buildStart() {
      for (const name of ["icon.svg", "maskable.svg", "touch.png"]) {
        this.emitFile({ type: "asset", name, source: source(name) });
      }
    },
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        const path = (name: string) => {
          const found = Object.values(bundle ?? {}).find((file) => file.type === "asset" && file.names.includes(name));
          if (!found) throw new Error(`${name} was not emitted`);
          return `/${found.fileName}`;
        };
        const link = (rel: string, href: string, attrs: Record<string, string> = {}) => ({
          tag: "link",
          attrs: { rel, href, ...attrs },
          injectTo: "head" as const,
        });
        return {
          html,
          tags: [
            link("icon", path("icon.svg"), { type: "image/svg+xml" }),
            link("apple-touch-icon", path("touch.png")),
            link("manifest", path("reelm.webmanifest")),
          ],
        };
      },
    },
    generateBundle: {
      order: "pre",
      handler(_, bundle) {
        const icon = (name: string, purpose: string) => {
          const found = Object.values(bundle).find((file) => file.type === "asset" && file.names.includes(name));
          if (!found) throw new Error(`${name} was not emitted`);
          return { src: `/${found.fileName}`, sizes: "any", type: "image/svg+xml", purpose };
        };
        this.emitFile({
          type: "asset",
          name: "reelm.webmanifest",
          source: JSON.stringify({
            name: "Reelm",
            short_name: "reelm",
            start_url: "/",
            display: "standalone",
            background_color: "#0b0c0f",
            theme_color: "#0b0c0f",
            icons: [icon("icon.svg", "any"), icon("maskable.svg", "maskable")],
          }),
        });
      },
    },
  };
}
