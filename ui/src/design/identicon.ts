/** A film reel drawn from a handle: the same handle always gives the same reel. */
export interface Identicon {
  ground: string;
  rim: string;
  ink: string;
  holes: { x: number; y: number }[];
  radius: number;
  letter: string;
}

/** FNV-1a, 32 bit. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

export function identicon(handle: string): Identicon {
  const seed = hash(handle);
  const hue = seed % 360;
  const count = 5 + ((seed >>> 9) % 4);
  const turn = ((seed >>> 13) % 360) * (Math.PI / 180);
  const rim = (hue + 30 + ((seed >>> 21) % 60)) % 360;
  return {
    ground: `hsl(${hue} 46% 30%)`,
    rim: `hsl(${rim} 62% 68%)`,
    ink: "#fff",
    holes: Array.from({ length: count }, (_, index) => {
      const angle = turn + (index * 2 * Math.PI) / count;
      return { x: 20 + 14.6 * Math.cos(angle), y: 20 + 14.6 * Math.sin(angle) };
    }),
    radius: 3.1 - count * 0.12,
    letter: [...handle][0]?.toUpperCase() ?? "",
  };
}
