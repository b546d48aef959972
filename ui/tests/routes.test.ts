import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGES } from "../src/lib/pages";
import { links, routeAt, type Route } from "../src/lib/routes";

const opened = (path: string): Route => routeAt(new URL(path, "https://realm.example"));

const EXPECTED: Record<keyof typeof PAGES, [path: string, route: Route]> = {
  "for-you": ["/", { name: "feed", tab: "for-you" }],
  following: ["/following", { name: "feed", tab: "following" }],
  local: ["/local", { name: "feed", tab: "local" }],
  discover: ["/discover", { name: "discover" }],
  tag: ["/tag/caf%C3%A9", { name: "tag", tag: "café" }],
  sound: ["/sounds/01", { name: "sound", id: "01" }],
  clip: ["/c/01", { name: "clip", id: "01" }],
  profile: ["/@ann", { name: "profile", handle: "ann" }],
  me: ["/me", { name: "me" }],
  inbox: ["/inbox", { name: "inbox" }],
  upload: ["/upload?sound=01", { name: "upload", sound: "01" }],
  settings: ["/settings", { name: "settings" }],
  "sign-in": ["/sign-in?next=%2Fme", { name: "sign-in", next: "/me" }],
  "sign-up": ["/sign-up", { name: "sign-up", next: "/" }],
  storage: ["/storage", { name: "storage" }],
  transparency: ["/transparency", { name: "transparency" }],
};

for (const name of Object.keys(PAGES) as (keyof typeof PAGES)[]) {
  test(`the router opens the page ${name}`, () => {
    const [path, route] = EXPECTED[name];
    assert.deepEqual(opened(path), route);
    const [plain = "", query] = path.split("?");
    if (plain !== "/") assert.deepEqual(opened(`${plain}/${query ? `?${query}` : ""}`), route);
  });
}

test("an address of no page is missing", () => {
  for (const path of ["/nothing", "/c", "/c/1/2", "/@", "/tag/", "/following/x", "/sounds"]) {
    assert.deepEqual(opened(path), { name: "missing" }, path);
  }
});

test("a link leads to the page that it names", () => {
  assert.deepEqual(opened(links.clip("01")), { name: "clip", id: "01" });
  assert.deepEqual(opened(links.sound("01")), { name: "sound", id: "01" });
  assert.deepEqual(opened(links.profile("a.b_c")), { name: "profile", handle: "a.b_c" });
  assert.deepEqual(opened(links.tag("a/b?$&")), { name: "tag", tag: "a/b?$&" });
  assert.deepEqual(opened(links.useSound("01")), { name: "upload", sound: "01" });
  assert.deepEqual(opened(links.signIn("/upload?sound=01")), { name: "sign-in", next: "/upload?sound=01" });
});

test("nobody is led to another site after signing in", () => {
  for (const next of ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"]) {
    assert.deepEqual(opened(links.signIn(next)), { name: "sign-in", next: "/" }, next);
  }
});

test("a part that cannot be decoded is taken as it is", () => {
  assert.deepEqual(opened("/tag/%E0%A4%A"), { name: "tag", tag: "%E0%A4%A" });
});
