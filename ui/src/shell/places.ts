import { t } from "../lib/messages.svelte";
import Compass from "@lucide/svelte/icons/compass";
import House from "@lucide/svelte/icons/house";
import Inbox from "@lucide/svelte/icons/inbox";
import Plus from "@lucide/svelte/icons/plus";
import User from "@lucide/svelte/icons/user-round";
import type { Route } from "../lib/routes";
import { links } from "../lib/routes";

export interface Place {
  label: string;
  href: string;
  icon: typeof House;
  isHere: boolean;
}

/** The five ways of the bottom bar and of the left rail. */
export function places(route: Route, me: string | null): Place[] {
  return [
    { label: t("place.home"), href: "/", icon: House, isHere: route.name === "feed" },
    { label: t("place.discover"), href: "/discover", icon: Compass, isHere: route.name === "discover" || route.name === "tag" },
    { label: t("place.post"), href: "/upload", icon: Plus, isHere: route.name === "upload" },
    { label: t("place.inbox"), href: "/inbox", icon: Inbox, isHere: route.name === "inbox" },
    {
      label: t("place.me"),
      href: me === null ? "/me" : links.profile(me),
      icon: User,
      isHere: route.name === "profile" && route.handle === me,
    },
  ];
}
