"""The brushes that the sample scenes share; each gives a chain of ffmpeg filters."""

import re

WIDTH, HEIGHT, RATE = 720, 1280, 30
SIZE = f"{WIDTH}x{HEIGHT}"
# Grain that stands still hides the steps of a gradient in 8 bits and costs the encoder almost nothing.
FINISH = "setsar=1,vignette=a=PI/5.5,noise=alls=3:all_seed=7,format=yuv420p"


def held(frame: str) -> str:
    """Keep the first frame of a chain for ever, at the common rate."""
    return f"{frame},trim=end_frame=1,loop=loop=-1:size=1:start=0,setpts=N/{RATE}/TB"


def sky(*colors: str, top: int = 0, bottom: int = HEIGHT) -> str:
    """A still vertical gradient from top to bottom."""
    parts = []
    for name, at in zip("rgb", (0, 2, 4), strict=True):
        levels = [int(color[at : at + 2], 16) for color in colors]
        down = f"(Y-{top})/{bottom - top}*{len(levels) - 1}"
        steps = [
            f"{levels[place + 1] - levels[place]}*clip({down}-{place},0,1)"
            for place in range(len(levels) - 1)
        ]
        parts.append(f"{name}='{levels[0]}+{'+'.join(steps)}'")
    painted = f"color=black:s=8x{HEIGHT}:r={RATE},format=gbrp,geq={':'.join(parts)}"
    return held(f"{painted},scale={SIZE},setsar=1,format=yuv420p")


def shape(color: str, alpha: str, *, size: str = SIZE) -> str:
    """A still of one colour (RRGGBB) whose opacity (0 to 1) is an expression of X and Y."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (0, 2, 4))
    paint = f"geq=r={red}:g={green}:b={blue}:a='255*clip({alpha},0,1)'"
    return held(f"color=black:s={size}:r={RATE},format=gbrap,{paint},format=yuva420p")


def picture(red: str, green: str, blue: str, *, size: str, alpha: str = "1") -> str:
    """A still from an expression per colour (0 to 255) and one for the opacity (0 to 1)."""
    paint = f"geq=r='{red}':g='{green}':b='{blue}':a='255*clip({alpha},0,1)'"
    return held(f"color=black:s={size}:r={RATE},format=gbrap,{paint},format=yuva420p")


def field(height: str, *, tint: str, width: int = 90) -> str:
    """A smooth moving surface at low resolution, tinted, then enlarged.

    Args:
        height: 0 to 1, of X (0 to 90), Y (0 to 160) and T (seconds).
        tint: colours for the height.
        width: in pixels; each costs an evaluation per frame.
    """
    height = re.sub(r"\b([XY])\b", rf"(\1*{90 / width:.4f})", height)
    return (
        f"color=black:s={width}x{width * 16 // 9}:r={RATE},format=gray16,"
        f"geq=lum='65535*clip({height},0,1)',format=gbrp16,"
        f"{tint},format=gbrp,scale={SIZE}:flags=bicubic"
    )


def waves(*channels: tuple[float, float, float, float]) -> str:
    """A tint from one cosine per colour: middle, swing, turns and phase, after Inigo Quilez's palettes."""
    lines = [
        f"{name}='65535*clip({middle}+{swing}*cos(2*PI*({turns}*val/65535+{phase})),0,1)'"
        for name, (middle, swing, turns, phase) in zip("rgb", channels, strict=True)
    ]
    return f"lutrgb={':'.join(lines)}"


def ramp(*stops: str) -> str:
    """A tint through equally spaced colours (RRGGBB)."""
    lines = []
    for name, at in zip("rgb", (0, 2, 4), strict=True):
        levels = [int(stop[at : at + 2], 16) * 257 for stop in stops]
        parts = [f"{levels[0]}"]
        for place in range(len(levels) - 1):
            share = f"clip(val/65535*{len(levels) - 1}-{place},0,1)"
            parts.append(f"{levels[place + 1] - levels[place]}*{share}")
        lines.append(f"{name}='{'+'.join(parts).replace('+-', '-')}'")
    return f"lutrgb={':'.join(lines)}"


def ball(color: str, radius: int, *, soft: float = 1.5) -> str:
    """A still disc with a bright spot on a transparent square of twice ``radius``."""
    side = radius * 2
    red, green, blue = (int(color[at : at + 2], 16) for at in (0, 2, 4))
    far = f"hypot(X-{radius},Y-{radius})"
    spot = f"90*exp(-pow(hypot(X-{radius * 0.65},Y-{radius * 0.6})/{radius * 0.45},2))"
    shade = f"(1-0.45*pow({far}/{radius},3))"
    lit = [f"clip({level}*{shade}+{spot},0,255)" for level in (red, green, blue)]
    return picture(*lit, size=f"{side}x{side}", alpha=f"({radius - 1}-{far})/{soft}")


def disc(color: str, radius: int) -> str:
    """A still flat disc on a transparent square of twice ``radius``."""
    side = radius * 2
    return shape(color, f"({radius - 1}-hypot(X-{radius},Y-{radius}))/1.5", size=f"{side}x{side}")


def glow(color: str, radius: int, *, strength: float = 1.0) -> str:
    """A still soft light on a transparent square of twice ``radius``."""
    side = radius * 2
    far = f"hypot(X-{radius},Y-{radius})/{radius}"
    return shape(color, f"{strength}*pow(clip(1-{far},0,1),2)", size=f"{side}x{side}")


def stack(base: str, *layers: tuple[str, str]) -> str:
    """Lay chains over a base, each with the options of ``overlay`` (x, y, …); a graph without its end."""
    parts = [f"{base}[b0]"]
    last = len(layers) - 1
    for place, (chain, options) in enumerate(layers):
        end = f"[b{place + 1}]" if place < last else ""
        parts.append(f"{chain}[l{place}]")
        parts.append(f"[b{place}][l{place}]overlay={options}{end}")
    return ";".join(parts)
