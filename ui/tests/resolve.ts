/**
 * Finds modules as the bundler does, by names without their ending: `node --test` runs the sources as they are. Those
 * with runes are compiled for a server, where nothing is redrawn.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { compileModule } from "svelte/compiler";

registerHooks({
  resolve(specifier, context, next) {
    const isOurs = specifier.startsWith(".") && !/\.\w+$/.test(specifier.replace(/\.svelte$/, ""));
    return next(isOurs ? `${specifier}.ts` : specifier, context);
  },
  load(url, context, next) {
    const path = url.startsWith("file:") ? fileURLToPath(url) : "";
    const isRune = path.endsWith(".svelte.ts");
    const isData = /\/(?:messages|verify)\/.*\.json$/.test(path);
    if (!isRune && !isData) return next(url, context);
    const text = readFileSync(path, "utf8");
    const source = isRune
      ? compileModule(stripTypeScriptTypes(text), { filename: path, generate: "server" }).js.code
      : `export default ${text};`;
    return { format: "module", source, shortCircuit: true };
  },
});
