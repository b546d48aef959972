"""Scenes of weather, light and land."""

from reelm_demo.canvas import (
    FINISH,
    RATE,
    SIZE,
    WIDTH,
    disc,
    field,
    glow,
    held,
    picture,
    ramp,
    shape,
    sky,
    stack,
)


def _ridge(color: str, base: int, *heights: tuple[float, int, float]) -> str:
    """A mountain silhouette that repeats after the picture's width, so that it can scroll."""
    line = "+".join(f"{high}*sin({turns}*2*PI*X/{WIDTH}+{phase})" for high, turns, phase in heights)
    return shape(color, f"(Y-({base}+{line}))/1.5")


def dawn_ridges() -> str:
    layers = (
        ("e8a598", 620, (46, 1, 0.4), (22, 3, 1.0), (9, 7, 2.0), (4, 17, 0.3)),
        ("c97b84", 740, (60, 1, 2.2), (26, 2, 0.1), (13, 5, 1.1), (5, 13, 2.4)),
        ("8d5a7b", 860, (54, 1, 4.0), (30, 3, 2.0), (14, 7, 0.4), (6, 19, 1.0)),
        ("51406b", 985, (62, 2, 0.8), (24, 3, 3.0), (13, 8, 1.4), (7, 23, 0.0)),
        ("221d40", 1115, (44, 1, 1.4), (30, 4, 0.0), (14, 9, 2.2), (8, 29, 1.3)),
    )
    moving = [
        (f"{_ridge(color, base, *heights)},scroll=h={0.0004 * 1.9**place:.5f}", "x=0:y=0")
        for place, (color, base, *heights) in enumerate(layers)
    ]
    light = (glow("fff1c9", 330, strength=1.2), "x=180:y='270-t*6'")
    sun = (disc("fff3d1", 70), "x=440:y='530-t*6'")
    morning = sky("33427f", "8d6a9f", "e59aa0", "ffd2a1", "ffeccb", bottom=900)
    return f"{stack(morning, light, sun, *moving)},{FINISH}"


def aurora() -> str:
    # Each curtain hangs from a wavy line: bright at its lower edge, fading upwards, with fine upright rays.
    curtain = "+".join(
        f"{a}*(st(0,{y}+{h}*sin(X/{k}+T*{s})+7*sin(X/{k * 0.43:.1f}-T*{s * 1.3:.2f}))*0"
        f"+lt(Y,ld(0))*exp((Y-ld(0))/{d})"
        f"*(0.62+0.38*sin(X/{r}+4*sin(X/29+T*{s})+T*{s * 2:.2f}))+gte(Y,ld(0))*exp((ld(0)-Y)/5))"
        for y, h, k, s, d, r, a in (
            (92, 13, 23, 0.5, 34, 1.9, 0.62),
            (70, 10, 31, 0.35, 40, 2.6, 0.42),
            (112, 9, 19, 0.62, 22, 1.5, 0.4),
        )
    )
    light = f"{curtain}*clip(Y/30,0,1)"
    tint = ramp("050a20", "0a2f4a", "0f8a78", "35e0a1", "b9ffd0", "f0fff4")
    stars = held(
        f"color=black:s={SIZE}:r={RATE},format=gray,geq=lum='255*gt(random(0),0.9990)*pow(random(1),2)',"
        "gblur=sigma=0.7,eq=contrast=1.6"
    )
    pines = "+".join(
        f"{h}*max(0,1-abs(mod(X+{o},{w})-{w / 2})/{w / 2})" for h, o, w in ((120, 0, 84), (90, 31, 61))
    )
    wood = shape("02040b", f"(Y-(1185-0.7*({pines})+18*sin(X/97)))/2")
    return (
        f"{field(light, tint=f'gblur=sigma=1,{tint}', width=72)}[sheet];{stars},format=gbrp[dots];"
        f"[sheet][dots]blend=all_mode=screen,"
        f"format=yuv420p[lit];{wood}[wood];[lit][wood]overlay=x=0:y=0,{FINISH}"
    )


def sunset_sea() -> str:
    # Rows of small mirrors that widen towards the viewer; log makes the far rows narrow.
    row = "(26*log(1+Y/9))"
    shine = (
        f"exp(-pow((X-60-4*sin({row}*0.7+T*1.3))/(9+Y*0.28),2))"
        f"*clip(0.45+0.9*sin({row}*1.15-T*2.2+2.1*sin(X/15+T*0.8)+1.1*sin(X/6-T)),0,1)"
    )
    swell = f"0.2-Y*0.0007+0.07*sin({row}-T*1.9+1.7*sin(X/21+T*0.5))"
    water = (
        f"color=black:s=120x148:r={RATE},format=gray16,geq=lum='65535*clip({swell}+0.8*{shine},0,1)',format=gbrp16,"
        f"{ramp('141240', '5d2a6e', 'c9485b', 'ff9f68', 'fff3c4')},format=gbrp,scale=720:592:flags=bicubic"
    )
    clouds = "+".join(
        f"{a}*clip(1-pow((Y-{y}-6*sin(X/{k}))/{h},2),0,1)*clip(0.4+0.6*sin(X/{k * 0.7}+{y}),0,1)"
        for y, h, k, a in ((190, 13, 120, 0.7), (300, 9, 90, 0.6), (395, 16, 140, 0.75), (505, 8, 80, 0.6))
    )
    return (
        stack(
            sky("1b1b4b", "6d2e6f", "e4576b", "ffa552", "ffd98a", bottom=700),
            (glow("ffcf7a", 360, strength=1.1), "x=0:y='270+t*7'"),
            (disc("fff0b8", 112), "x=248:y='500+t*7'"),
            (shape("7a3263", clouds, size="1000x700"), "x='-20-t*6':y=0"),
            (f"{water},format=yuv420p", "x=0:y=688"),
        )
        + f",{FINISH}"
    )


def snow_night() -> str:
    def flakes(amount: float, blur: float, size: str, speed: float) -> str:
        # Drawn small and enlarged, so that near flakes are larger.
        still = held(
            f"color=black:s={size}:r={RATE},format=gray,geq=lum='255*gt(random(0),{amount})',gblur=sigma={blur},"
            f"lutyuv=y='clip(val*6,0,255)',scale={SIZE}:flags=bicubic"
        )
        return f"{still},scroll=v=-{speed}:h={speed / 7:.5f}"

    hills = shape("dfe8ff", "(Y-(1040+34*sin(X/150)+16*sin(X/61+2)))/2")
    trees = "+".join(
        f"between(X,{x - w},{x + w})*clip((Y-{y}-abs(X-{x})*{s})/3-6*gt(mod(Y,64),44)*gt(abs(X-{x}),8),0,1)"
        for x, y, w, s in ((120, 640, 96, 4.3), (300, 800, 66, 4.2), (585, 560, 118, 4.4), (450, 860, 54, 4))
    )
    wood = shape("0d1a33", f"({trees})*lt(Y,1100)")
    window = (glow("ffc66b", 90, strength=0.9), "x=470:y=930")
    return (
        stack(
            sky("0b1437", "1f2f66", "5a6ea8", "a9b8dd"),
            (glow("e8eeff", 190), "x=60:y=90"),
            (disc("f7f9ff", 56), "x=194:y=224"),
            (wood, "x=0:y=0"),
            (hills, "x=0:y=0"),
            window,
        )
        + f",format=gbrp[land];{flakes(0.9992, 0.6, '720x1280', 0.0022)},format=gbrp[far];"
        f"{flakes(0.9988, 0.6, '360x640', 0.0041)},format=gbrp[mid];"
        f"{flakes(0.9985, 0.7, '180x320', 0.0072)},format=gbrp[near];"
        f"[land][far]blend=all_mode=screen[s1];[s1][mid]blend=all_mode=screen[s2];[s2][near]blend=all_mode=screen:all_opacity=0.8,{FINISH}"
    )


def balloons() -> str:
    def balloon(one: str, two: str, radius: int) -> str:
        w, h = radius * 2 + 8, int(radius * 3.1)
        cx, cy = w / 2, radius + 4
        r1, g1, b1 = (int(one[at : at + 2], 16) for at in (0, 2, 4))
        r2, g2, b2 = (int(two[at : at + 2], 16) for at in (0, 2, 4))
        # Gores: the angle on a sphere decides the stripe.
        half_width = f"sqrt(max(1,{radius**2}-pow(min(Y-{cy},{radius * 0.55}),2)))"
        gore = f"gt(sin(7*asin(clip((X-{cx})/{half_width},-1,1))),0)"
        shade = f"(1.08-0.5*pow(abs(X-{cx - radius * 0.3})/{radius * 1.5},2))"
        basket = f"between(X,{cx - radius * 0.16},{cx + radius * 0.16})*between(Y,{h - radius * 0.3},{h - 2})"
        ropes = f"between(Y,{cy + radius * 1.2},{h - radius * 0.3})*lt(abs(abs(X-{cx})-{radius * 0.14}),1.6)"
        body = f"({radius}-hypot(X-{cx},Y-{cy}))/2"
        below = cy + radius * 0.45
        cone = f"gt(Y,{below})*lt(Y,{cy + radius * 1.28})*({radius * 0.9}-(Y-{below})*0.92-abs(X-{cx}))/2"
        paint = [
            f"if(gt({basket}+{ropes},0),{bk},clip(({a}*{gore}+{b}*(1-{gore}))*{shade},0,255))"
            for a, b, bk in ((r1, r2, 92), (g1, g2, 60), (b1, b2, 40))
        ]
        return picture(*paint, size=f"{w}x{h}", alpha=f"max(max({body},{cone}),{basket}+{ropes})")

    return (
        stack(
            sky("5fa8e6", "a7d3f5", "ffe5c7", "ffd0a6"),
            (glow("fffbe6", 330, strength=1.0), "x=330:y=640"),
            (f"{_ridge('b7c7e0', 960, (26, 1, 0.3), (14, 3, 1), (6, 8, 2))},scroll=h=0.0003", "x=0:y=0"),
            (balloon("ffd166", "f3722c", 62), "x='470+10*sin(t*0.7)':y='560-t*9'"),
            (f"{_ridge('7f9cb8', 1050, (36, 1, 2), (16, 2, 1), (8, 7, 0))},scroll=h=0.0006", "x=0:y=0"),
            (balloon("e63946", "f8f4e3", 128), "x='70+16*sin(t*0.6)':y='470-t*16'"),
            (balloon("2a9d8f", "e9f5db", 92), "x='420+14*sin(t*0.8+2)':y='900-t*26'"),
            (f"{_ridge('3c5a6b', 1165, (30, 1, 4), (14, 4, 1), (7, 9, 2))},scroll=h=0.0011", "x=0:y=0"),
        )
        + f",{FINISH}"
    )


def moon_clouds() -> str:
    crater = "+".join(
        f"{d}*exp(-pow(hypot(X-{x},Y-{y})/{r},2))"
        for x, y, r, d in (
            (120, 110, 46, 50),
            (210, 160, 34, 44),
            (150, 230, 60, 40),
            (250, 250, 26, 34),
            (90, 190, 20, 30),
        )
    )
    far = "hypot(X-180,Y-180)"
    moon = picture(
        f"250-({crater})-30*pow({far}/176,4)",
        f"244-({crater})-26*pow({far}/176,4)",
        f"224-({crater})-14*pow({far}/176,4)",
        size="360x360",
        alpha=f"(176-{far})/2",
    )
    clouds = (
        f"perlin=s=180x320:r={RATE}:octaves=5:persistence=0.6:xscale=0.9:yscale=2.4:tscale=0.12:random_mode=ken,format=gray,"
        f"lutyuv=y='clip((val-112)*4.2,0,225)',scale={SIZE}:flags=bicubic"
    )
    return (
        stack(
            sky("060a1c", "131f44", "2b3b6e"),
            (glow("b8c7ff", 420, strength=0.75), "x=-60:y=20"),
            (moon, "x=180:y=260"),
        )
        + f"[night];{clouds}[mask];color=0x51609a:s={SIZE}:r={RATE},format=yuv420p[tone];"
        f"[tone][mask]alphamerge[cloud];[night][cloud]overlay=x=0:y=0,{FINISH}"
    )


def bokeh_city() -> str:
    colors = (
        "ff6b6b",
        "ffd166",
        "4cc9f0",
        "f72585",
        "ffb703",
        "80ffdb",
        "ffe8a3",
        "ff8fab",
        "b8c0ff",
        "ffa552",
    )
    moving = []
    for place in range(22):
        radius = (112, 64, 88, 44, 132, 54, 76)[place % 7]
        x, y = int(place * 0.7549 % 1 * 720), 90 + int(place * 0.5698 % 1 * 1100)
        far = f"hypot(X-{radius},Y-{radius})"
        lens = f"clip(({radius - 2}-{far})/3,0,1)*(0.4+0.42*pow({far}/{radius},6))"
        speed = 0.3 + (place % 6) * 0.09
        across = f"{x - radius}+{18 + place % 5 * 6}*sin(t*{speed:.2f}+{place})"
        along = f"{y - radius}+{14 + place % 4 * 7}*sin(t*{speed * 0.8:.2f}+{place * 2})"
        light = shape(colors[place % len(colors)], lens, size=f"{radius * 2}x{radius * 2}")
        moving.append((light, f"x='{across}':y='{along}'"))
    night = sky("0b0f24", "241352", "4a1a5e", "1a0d33")
    return f"{stack(night, *moving)},eq=saturation=1.25:gamma=1.08,{FINISH}"


def fireflies() -> str:
    trunks = "+".join(
        f"clip((({w}+Y*0.012*{w / 30:.2f})-abs(X-{x}-14*sin(Y/{k})))/3,0,1)"
        for x, w, k in ((60, 34, 420), (230, 20, 510), (590, 42, 380), (470, 16, 600), (690, 30, 450))
    )
    grass = "clip((Y-(1150-70*abs(sin(X/17))*abs(sin(X/41+1))-20*sin(X/120)))/2,0,1)"
    moving = []
    for place in range(14):
        x, y = 60 + (place * 173) % 600, 420 + (place * 251) % 700
        speed = 0.35 + (place % 5) * 0.13
        radius = 26 + (place * 7) % 22
        blink = f"gt(sin(t*{1.1 + (place % 4) * 0.35:.2f}+{place}),-0.35)"
        moving.append(
            (
                glow("e9ff70", radius, strength=1.6),
                (
                    f"x='{x}+70*sin(t*{speed:.2f}+{place})':"
                    f"y='{y}+50*sin(t*{speed * 1.3:.2f}+{place * 2})':enable='{blink}'"
                ),
            )
        )
    return (
        stack(
            sky("0a1a1f", "0f3b3a", "1d5c4a", "0a1f1a"),
            (glow("8be8b0", 360, strength=0.6), "x=20:y=220"),
            (shape("06110f", f"0.55*({trunks})", size="720x1280"), "x='-8+4*sin(t*0.3)':y=0"),
            *moving,
            (shape("020806", grass), "x=0:y=0"),
        )
        + f",{FINISH}"
    )


def rain_pond() -> str:
    drops = "+".join(
        f"(st(0,mod(T*{f}+{o},1)))*0+(1-ld(0))*sin((hypot(X-{x},(Y-{y})*1.6)-ld(0)*46)*0.85)*exp(-pow((hypot(X-{x},(Y-{y})*1.6)-ld(0)*46)/9,2))"
        for x, y, f, o in (
            (24, 40, 0.6, 0),
            (66, 64, 0.5, 0.4),
            (36, 104, 0.55, 0.7),
            (70, 128, 0.62, 0.2),
            (14, 134, 0.45, 0.55),
            (52, 20, 0.5, 0.85),
        )
    )
    calm = "0.34+0.16*sin(Y/21+T*0.7+sin(X/13+T*0.5))+0.0016*Y"
    tint = ramp("04202c", "0a4a5c", "2a9d8f", "a8e6cf", "ffffff")
    return f"{field(f'{calm}+0.3*({drops})', tint=tint, width=72)},{FINISH}"
