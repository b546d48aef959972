export type Piece = { kind: "text" | "tag" | "mention"; text: string; target: string };

/** As the realm reads them; tests/unit/clips/captions.json holds both to it. */
const WORD = String.raw`[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]*(?:[\u200c\u200d\u00b7\u30fb\uff65][\p{L}\p{N}\p{M}_]+)*`;
const HANDLE = "[a-z0-9_](?:[a-z0-9_.]{1,22}[a-z0-9_])?";
const MARK = new RegExp(String.raw`(?<![\p{L}\p{N}_&/#＃])(?:[#＃](${WORD})|@(${HANDLE}))`, "giu");
const LONGEST_TAG = 50;

const isTag = (word: string): boolean => [...word].length <= LONGEST_TAG && /[\p{L}\p{N}]/u.test(word);

/** A caption cut into plain text, #tags and @mentions, in order; joined they give the caption back. */
export function pieces(caption: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of caption.matchAll(MARK)) {
    if (match[1] !== undefined && !isTag(match[1])) continue;
    if (match.index > end) found.push({ kind: "text", text: caption.slice(end, match.index), target: "" });
    const [text, tag, handle] = match;
    found.push(
      tag === undefined
        ? { kind: "mention", text, target: handle ?? "" }
        : { kind: "tag", text, target: tag.normalize("NFKC").toLowerCase() },
    );
    end = match.index + text.length;
  }
  if (end < caption.length) found.push({ kind: "text", text: caption.slice(end), target: "" });
  return found;
}
