const DOUBLE_MS = 250;
const NEAR_PX = 48;

interface Point {
  x: number;
  y: number;
}

/** Tells one tap from two. Every further tap of a quick series counts as another double tap. */
export function taps(single: () => void, double: (at: Point) => void): (event: MouseEvent) => void {
  let last: (Point & { at: number }) | null = null;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  return ({ clientX: x, clientY: y, timeStamp: at }) => {
    clearTimeout(waiting);
    const isDouble = last !== null && at - last.at < DOUBLE_MS && Math.hypot(x - last.x, y - last.y) < NEAR_PX;
    last = { x, y, at };
    if (isDouble) double({ x, y });
    else waiting = setTimeout(single, DOUBLE_MS);
  };
}
