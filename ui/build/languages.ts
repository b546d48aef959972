import { readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";

const MESSAGES = new URL("../messages/shell/", import.meta.url);
type Texts = Record<string, string>;
const read = (file: string): Texts => JSON.parse(readFileSync(new URL(file, MESSAGES), "utf8")) as Texts;

/** Writes what is read before a script runs, or without one: index.html in English, index.<language>.html in others. */
export function languages(): Plugin {
  const english = read("en.json");
  return {
    name: "reelm-languages",
    transformIndexHtml: {
      order: "pre",
      handler: (html) => html.replace(/\{([\w.-]+)\}/g, (whole, key: string) => english[key] ?? whole),
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const page = bundle["index.html"];
        if (page?.type !== "asset") throw new Error("index.html was not emitted");
        for (const file of readdirSync(MESSAGES).filter((name) => name !== "en.json")) {
          const [language, texts] = [file.replace(".json", ""), read(file)];
          const translated = Object.entries(english).reduce(
            (html, [key, text]) => html.replaceAll(text, texts[key] ?? text),
            String(page.source).replace('<html lang="en">', `<html lang="${language}">`),
          );
          this.emitFile({ type: "asset", fileName: `index.${language}.html`, source: translated });
        }
      },
    },
  };
}
