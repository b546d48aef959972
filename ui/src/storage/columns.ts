/** What is said of every store, and the rule behind each figure. */
export const COLUMNS = {
  name: {
    label: "Store",
    rule: "Who runs the machines, who controls that company, and where they are. Declared by the operator in the realm's manifest.",
  },
  standing: {
    label: "Standing",
    rule: "Whether the realm uses it, and whether it answered when it was asked for this page. A store that is being left gives its fragments away before it goes.",
  },
  holds: {
    label: "Fragments",
    rule: "How many lie there or should, and the bytes in them. Counted in the realm's records.",
  },
  waiting: {
    label: "For repair",
    rule: "Fragments of those that are missing, damaged or unconfirmed. Each is rebuilt from others, without anybody's key.",
  },
  proof: {
    label: "Read in full",
    rule: "How long ago its longest unread fragment was read byte by byte. Proven: the realm read all of them and every one had the fingerprint that was recorded when it was written.",
  },
  alone: {
    label: "Could read alone",
    rule: "Sealed objects of which this store, its company, that one's parent or its site holds enough fragments to decode. Counted in the realm's records.",
  },
  cost: {
    label: "A month",
    rule: "The bytes it holds now times the price that the operator declares for it.",
  },
} as const;

export type Column = keyof typeof COLUMNS;
