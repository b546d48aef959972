import "@fontsource-variable/inter";
import "./design/tokens.css";
import "./design/base.css";
import { mount } from "svelte";
import App from "./shell/App.svelte";

mount(App, { target: document.getElementById("app") as HTMLElement });
