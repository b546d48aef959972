import { t } from "../lib/messages.svelte";
import type { Storage, Store, StoreDeclaration, StorePrice } from "../lib/contract";
import { country, currency } from "../lib/format";

const UNDECLARED = "ZZ";
const LEAST_SHOWN = 0.01;
const GONE = new Set<Store["stage"]>(["deleted", "withdrawn"]);

/** Where its machines are. */
export function placeName({ city, country: code }: StoreDeclaration): string {
  return code === UNDECLARED && city === "not declared" ? t("storage.no-place") : `${city}, ${country(code)}`;
}

/** By what right its host has the machines, and who stands above that host. */
export function tenureWords({ host, parent, tenure }: StoreDeclaration): string {
  const words = t(`storage.tenure.${tenure}`);
  return parent === host ? words : t("storage.controlled", { tenure: words, parent });
}

/** Who runs it, or what the realm calls it once nobody declares it any more. */
export const hostName = (store: Store): string => store.declared?.host ?? store.id;

/** Nothing of the realm is there any more, or nothing that it will ask for. */
export const isLeft = (store: Store): boolean => GONE.has(store.stage);

/** It ought to answer and does not. */
export const isAway = (store: Store): boolean => !store.is_answering && !isLeft(store) && !store.is_hostile;

export const isBeingLeft = (store: Store): boolean => store.stage !== "active" && !isLeft(store);

/** Stores in use first, then those that are being left, then those that were. */
export const inOrder = (stores: Store[]): Store[] =>
  stores.toSorted((one, other) => rank(one) - rank(other) || one.id.localeCompare(other.id, undefined, { numeric: true }));

/** How far leaving a store is: done and all of what this stage does, and what that is. */
export function leaving(store: Store): { done: number; all: number; what: string } | null {
  const { stage, moved, fragments, copies_deleted, copies_owed } = store;
  if (stage === "draining") return { done: moved, all: moved + fragments, what: t("storage.moved") };
  if (stage === "verified") return { done: copies_deleted, all: copies_deleted + copies_owed, what: t("storage.deleted") };
  return null;
}

/** Every fragment there was read in full and found good, the first of them at `since`. */
export const isProven = (store: Store): boolean =>
  store.fragments > 0 && store.unchecked === 0 && store.waiting === 0 && store.oldest_check_at !== null;

export function money(price: Pick<StorePrice, "currency">, amount: number): string {
  if (amount <= 0 || amount >= LEAST_SHOWN) return currency(amount, price.currency);
  return t("storage.under", { amount: currency(LEAST_SHOWN, price.currency) });
}

/** What all declared stores together cost a month; null when one does not say, or in another currency. */
export function monthly(stores: Store[]): string | null {
  const prices = stores.flatMap(({ declared }) => (declared ? [declared.price] : []));
  const [first] = prices;
  if (!first || !prices.every((price) => price?.currency === first.currency)) return null;
  return money(first, prices.reduce((sum, price) => sum + Number(price?.per_month), 0));
}

export const total = (stores: Store[], what: "fragments" | "bytes_held" | "waiting" | "unchecked"): number =>
  stores.reduce((sum, store) => sum + store[what], 0);

/** The longest ago that anything was read in full. */
export const oldestCheck = (stores: Store[]): string | null =>
  stores.flatMap((store) => store.oldest_check_at ?? []).toSorted()[0] ?? null;

/** "any 3 of 5" when every set of that many stores is enough; null when it depends on which. */
export function anyOf(coalitions: string[][]): { some: number; all: number } | null {
  const some = coalitions[0]?.length ?? 0;
  const all = new Set(coalitions.flat()).size;
  if (some === 0 || coalitions.some((each) => each.length !== some)) return null;
  return coalitions.length === choices(all, some) ? { some, all } : null;
}

/** The page's first sentences: what is done with every clip, and what follows from it. */
export function promise({ k, n, stores }: Storage): string {
  const used = stores.filter((store) => store.declared && store.stage === "active").length;
  return t(used === n ? "storage.promise.on" : "storage.promise.over", { n, k, count: used });
}

const rank = (store: Store): number => (isLeft(store) ? 2 : isBeingLeft(store) ? 1 : 0);

const choices = (all: number, some: number): number =>
  Array.from({ length: some }, (_, index) => (all - index) / (index + 1)).reduce((one, other) => one * other, 1);
