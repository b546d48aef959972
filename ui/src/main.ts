import "@fontsource-variable/inter";
import "./design/tokens.css";
import "./design/base.css";
import { mount } from "svelte";
import { messages } from "./lib/messages.svelte";
import { preferences } from "./lib/preferences.svelte";
import App from "./shell/App.svelte";

// The first words are in the right language: nothing is drawn twice.
void messages.use(preferences.language).then(() => mount(App, { target: document.getElementById("app") as HTMLElement }));
