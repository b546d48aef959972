/** Finds modules as the bundler does, by names without their ending: `node --test` runs the sources as they are. */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const isOurs = specifier.startsWith(".") && !/\.\w+$/.test(specifier.replace(/\.svelte$/, ""));
    return next(isOurs ? `${specifier}.ts` : specifier, context);
  },
});
