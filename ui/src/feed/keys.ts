interface Commands {
  next: () => void;
  previous: () => void;
  pause: () => void;
  sound: () => void;
  like: () => void;
  comments: () => void;
}

const COMMANDS: Record<string, keyof Commands> = {
  ArrowDown: "next",
  j: "next",
  ArrowUp: "previous",
  k: "previous",
  " ": "pause",
  m: "sound",
  l: "like",
  c: "comments",
};

/** Typing, dialogs and the browser's own shortcuts come first. */
export function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (document.querySelector("dialog[open]")) return true;
  const target = event.target instanceof Element ? event.target : null;
  const field = target?.closest("input, textarea, select, [contenteditable]");
  if (field && !field.matches("[type=range]")) return true;
  return event.key === " " && target?.closest("button, a, input, summary") !== null && target !== null;
}

export function reelKeys(commands: Commands): (event: KeyboardEvent) => void {
  return (event) => {
    const command = COMMANDS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (command === undefined || isTaken(event)) return;
    event.preventDefault();
    // A held key repeats: moving on is wanted, flipping sound twenty times is not.
    if (event.repeat && command !== "next" && command !== "previous") return;
    commands[command]();
  };
}
