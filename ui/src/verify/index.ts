/**
 * Checks a realm's public ledger without trusting who serves it: signatures, receipts, continuation, every entry.
 *
 * Has no dependency but the browser: signatures are checked by WebCrypto, trees are hashed here. It is
 * served as `/verify.js`, for pages of others and for whoever wants to call it by hand.
 */
export { toBase64, toHex } from "./bytes";
export { parseCheckpoint, type Checkpoint } from "./checkpoint";
export { sweepBeside } from "./beside";
export { claim, english, finding, type Claim, type Finding, type FindingKey, type Verdict } from "./claim";
export { checkReceipt, makeReceipt, type Checked } from "./entry";
export { writeEvidence } from "./evidence";
export { filesAt } from "./tiles";
export { isBeginning, keeping, readHead, type Head, type Kept, type Looking } from "./head";
export { isFresh, type Witnessed } from "./witnessed";
export { readLeaf, type Json, type Leaf } from "./leaf";
export { judgeManifestSigned, judgeRecorded } from "./manifest";
export { Frontier, isConsistent, isIncluded, leafHash, rootOf } from "./merkle";
export { canCheckSignatures, hasSigned, parseKey, parseNote } from "./note";
export { parsePolicy, quorumOf, type Policy } from "./policy";
export { parseReceipt, isSound, type Receipt } from "./receipt";
export { Refused } from "./claim";
export { sha256 } from "./sha256";
export { sweep, type Swept, type Sweeping } from "./sweep";
export { pathOf, readEntries, tilesOf, WIDTH, type Files } from "./tiles";
