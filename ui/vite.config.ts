import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { assets } from "./build/assets.ts";
import { brand } from "./build/brand.ts";
import { gzip } from "./build/gzip.ts";
import { languages } from "./build/languages.ts";

/** The API that `npm run dev` talks to: a realm started with `./reelm up`. */
const realm = process.env["REELM_URL"] ?? "http://127.0.0.1:8420";

export default defineConfig({
  plugins: [svelte(), brand(), languages(), gzip(), assets()],
  json: { stringify: true, namedExports: false },
  build: {
    outDir: "../src/reelm/web/static",
    emptyOutDir: true,
    target: "es2022",
    // Data URIs would need wider content-security rules for fonts and styles: every asset is a hashed file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The player library changes rarely: its own file stays in the cache when the app changes.
    rolldownOptions: {
      input: { index: "index.html", verify: "src/verify/index.ts" },
      // Whoever wants to use what checks the record, without the page, finds it under a name that stays.
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: ({ name }) => (name === "verify" ? "verify.js" : "assets/[name]-[hash].js"),
        codeSplitting: {
          groups: [
            { name: "hls", test: /node_modules[\\/]hls\.js/ },
            { name: "verify", test: /src[\\/]verify[\\/]|messages[\\/]verify[\\/]en/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(["/api", "/hls", "/ledger", "/segments", "/posters"].map((path) => [path, realm])),
  },
});
