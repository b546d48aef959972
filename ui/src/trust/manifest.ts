import { t } from "../lib/messages.svelte";
/** What the page shows of a manifest: docs/spec/manifest.md. What is not declared is absent. */
export interface Declared {
  version: number;
  manifest: {
    realm: { id: string; name: string; country: string; key_threshold?: number };
    operator: { name: string; country: string; contact: string; register_id?: string };
    owners: { name: string; country: string; share_percent: string }[];
    providers: Provider[];
    sites: { id: string; provider: string; country: string; city: string }[];
    stores: { id: string; site: string }[];
    pathways: { id: string; kind: string; base_url: string }[];
    destinations?: { id: string; url: string; purpose: string; data_classes?: string[] }[];
  };
}

export interface Provider {
  id: string;
  name: string;
  parent: string;
  country: string;
  tenure: string;
}

/** What a provider does for the realm: how many stores at which of its sites. */
export function role({ manifest }: Declared, provider: Provider): string {
  const sites = manifest.sites.filter((site) => site.provider === provider.id);
  const said = sites.map((site) => {
    const stores = manifest.stores.filter((store) => store.site === site.id).length;
    const where = site.city === "not declared" ? t("trust.role.at", { site: site.id }) : t("trust.role.in", { city: site.city });
    return stores === 0 ? t("trust.role.site", { where }) : t("trust.role.stores", { count: stores, where });
  });
  return said.length === 0 ? t("trust.role.none") : said.join(", ");
}
