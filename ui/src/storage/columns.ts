/** What is said of every store; the texts `storage.column.*` name it and give the rule behind each figure. */
export const COLUMNS = ["name", "standing", "holds", "waiting", "proof", "alone", "cost"] as const;

export type Column = (typeof COLUMNS)[number];
