const KEY = "reelm.unfinished";

/**
 * An upload that a reload or a crash interrupted: the file's handle is gone, so its owner chooses it again. What
 * was written about it is kept beside it.
 */
export interface Unfinished {
  account: string;
  id: string;
  name: string;
  size: number;
  modified: number;
  caption: string;
}

/** What this browser remembers for an account, if anything. */
export function unfinished(account: string): Unfinished | null {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Unfinished | null;
    return found?.account === account ? found : null;
  } catch {
    return null; // Storage is blocked or was changed by hand: there is nothing to go on with.
  }
}

export function remember(upload: Unfinished): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(upload));
  } catch {
    // Storage is blocked: the upload survives a lost network, not a reload.
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

/** Whether it is that file, as far as can be told without reading it. */
export const isSame = (file: File, { name, size, modified }: Unfinished): boolean =>
  file.name === name && file.size === size && file.lastModified === modified;
