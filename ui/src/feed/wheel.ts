const NOTCH = 120;
const GESTURE_MS = 160;
const SUSTAINED_MS = 450;

/** A wheel with notches reports multiples of 120 here; a touchpad reports whatever the fingers did. */
const isNotched = (event: WheelEvent): boolean => {
  const delta = (event as WheelEvent & { wheelDeltaY?: number }).wheelDeltaY ?? 0;
  return delta !== 0 && delta % NOTCH === 0;
};

/**
 * One turn of a mouse wheel is one clip. Scroll snapping alone swings back, because a notch is less than half a
 * screen. Touchpads scroll natively; `onnative` hears of them.
 */
export function wheelSteps(move: (by: 1 | -1) => void, onnative: () => void): (element: HTMLElement) => () => void {
  let lastNotch = -Infinity;
  let lastMove = -Infinity;
  const turned = (event: WheelEvent) => {
    if (event.ctrlKey) return;
    if (!isNotched(event)) return onnative();
    event.preventDefault();
    const isNewTurn = event.timeStamp - lastNotch > GESTURE_MS || event.timeStamp - lastMove > SUSTAINED_MS;
    lastNotch = event.timeStamp;
    if (!isNewTurn) return;
    lastMove = event.timeStamp;
    move(event.deltaY > 0 ? 1 : -1);
  };
  return (element) => {
    element.addEventListener("wheel", turned, { passive: false });
    return () => element.removeEventListener("wheel", turned);
  };
}
