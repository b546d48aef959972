export type Piece = { kind: "text" | "tag" | "mention"; text: string; target: string };

// U+200C is written inside Persian words, U+30FB between the Japanese words of one tag.
const MARK = /(?<![\p{L}\p{N}_&/])(?:#([\p{L}\p{N}\p{M}_]+(?:[\u200c\u30fb][\p{L}\p{N}\p{M}_]+)*)|@([a-z0-9_](?:[a-z0-9_.]{1,22}[a-z0-9_])?))/giu;

/** A caption cut into plain text, #tags and @mentions, in order; joined they give the caption back. */
export function pieces(caption: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of caption.matchAll(MARK)) {
    if (match.index > end) found.push({ kind: "text", text: caption.slice(end, match.index), target: "" });
    const [text, tag, handle] = match;
    found.push(
      tag === undefined
        ? { kind: "mention", text, target: handle ?? "" }
        : { kind: "tag", text, target: tag.toLowerCase() },
    );
    end = match.index + text.length;
  }
  if (end < caption.length) found.push({ kind: "text", text: caption.slice(end), target: "" });
  return found;
}
