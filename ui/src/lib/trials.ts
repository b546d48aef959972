/** Languages that only tests of the layout choose: longer words, and writing from right to left. Nobody is offered them. */
export const TRIALS = { "en-XA": "ltr", ar: "rtl" } as const;
export type Trial = keyof typeof TRIALS;
