/// <reference types="svelte" />
/// <reference types="vite/client" />

// hls.js ships one set of declarations; the light build exports a subset of the same names.
declare module "hls.js/light" {
  export * from "hls.js";
  export { default } from "hls.js";
}
