"""Scenes of pure form: waves, fractals, cells, illusions."""

from reelm_demo.canvas import (
    FINISH,
    HEIGHT,
    RATE,
    SIZE,
    WIDTH,
    ball,
    field,
    glow,
    held,
    picture,
    ramp,
    shape,
    sky,
    stack,
    waves,
)


def silk() -> str:
    warp = "(X/21+1.7*sin(Y/19+T*0.5)+0.9*sin((X+Y)/33-T*0.7))"
    height = f"0.5+0.28*sin({warp}+T*0.6)+0.22*sin(Y/23-T*0.4+2*sin({warp}/2+T*0.3))"
    return f"{field(height, tint=ramp('2b0a3d', '7b2cbf', 'f72585', 'ff9e6d', 'fff1d0'))},{FINISH}"


def gold_marble() -> str:
    inner = "(2.4*sin(X/18+T*0.21)+1.8*sin(Y/23-T*0.17)+1.3*sin((X+Y)/14.4+T*0.13))"
    veins = f"abs(sin({inner}*1.6+1.1*sin({inner}+Y/10.6)+0.5*sin(X/3.1+Y/4.4)))"
    tint = ramp("fff0c2", "f0b94a", "8a5a1c", "10211f", "0b1a1c", "0d2a2b", "0f3b3a", "0a2426")
    return f"{field(veins, tint=tint, width=108)},{FINISH}"


def lava_lamp() -> str:
    """Soft lights laid over each other merge like drops once the sum is cut at a level."""
    drops = [
        (
            glow("ffffff", radius, strength=1.25),
            (
                f"x='{90 - radius}+{across}*sin(t*{speed}+{phase})':"
                f"y='{160 - radius}+{along}*sin(t*{speed * 0.73:.3f}+{phase * 1.7:.2f})'"
            ),
        )
        for radius, across, along, speed, phase in (
            (74, 34, 112, 0.62, 0),
            (60, 46, 100, 0.8, 2),
            (84, 24, 120, 0.47, 4),
            (52, 52, 96, 0.95, 1),
            (44, 40, 128, 0.7, 5),
            (56, 30, 84, 0.88, 3),
        )
    ]
    tint = ramp("2b0a4f", "4a1173", "7a1270", "f0386b", "ff7a45", "ff9a3d", "ffb347", "ffc95c", "ffe08a")
    floor = held(f"color=black:s=180x320:r={RATE},format=yuv420p")
    return (
        f"{stack(floor, *drops)},format=gray,gblur=sigma=3,format=gray16,format=gbrp16,{tint},format=gbrp,"
        f"scale={SIZE}:flags=bicubic,{FINISH}"
    )


def contours() -> str:
    return (
        f"perlin=s=120x214:r={RATE}:octaves=3:persistence=0.45:xscale=2.2:yscale=2.2:tscale=0.22:random_mode=ken,format=gray16,"
        f"gblur=sigma=2,scale={SIZE}:flags=bicubic,"
        "lutyuv=y='65535*clip(1.25*(pow(abs(sin(val/65535*PI*26)),14)*0.95+pow(val/65535,2)*0.35),0,1)',format=gbrp16,"
        f"{ramp('1d3b2a', '2f5d3a', '6b9e5c', 'd8d08a', 'f3ead0')},{FINISH}"
    )


def interference() -> str:
    sources = ((20, 25, 0.5), (70, 58, 0.6), (33, 133, 0.55))
    sum_ = "+".join(
        f"sin(hypot(X-{x}-10*sin(T*0.4+{y}),Y-{y}-12*cos(T*0.3+{x}))*{k}-T*3)" for x, y, k in sources
    )
    tint = waves((0.5, 0.5, 0.9, 0.0), (0.5, 0.5, 0.9, 0.12), (0.55, 0.45, 0.9, 0.25))
    return f"{field(f'0.5+0.165*({sum_})', tint=tint)},{FINISH}"


def mandelbrot_dive() -> str:
    return (
        f"mandelbrot=s=360x640:r={RATE}:start_x=-0.743643887037151:start_y=0.13182590420533:start_scale=0.12:"
        "end_scale=0.0004:end_pts=260:maxiter=420:inner=black:outer=normalized_iteration_count,format=gray16,format=gbrp16,"
        f"{waves((0.5, 0.5, 0.8, 0.55), (0.45, 0.42, 0.8, 0.66), (0.45, 0.4, 0.8, 0.82))},"
        "format=gbrp,gblur=sigma=0.7,"
        f"scale={SIZE}:flags=bicubic,{FINISH}"
    )


def life_glow() -> str:
    return (
        f"life=s=72x128:mold=9:r=15:ratio=0.16:seed=31:death_color=0x2a0845:life_color=0xfff3b0:mold_color=0x0b0420,"
        f"format=gbrp,fps={RATE},scale={SIZE}:flags=neighbor,split[sharp][soft];[soft]scale=180:320,gblur=sigma=5,scale={SIZE},"
        f"colorchannelmixer=rr=1.3:gg=0.55:bb=1.5[glow];[sharp][glow]blend=all_mode=screen:all_opacity=0.8,{FINISH}"
    )


def rule_thirty() -> str:
    warm = sky("ff6b35", "f7c59f", "efefd0", "2ec4b6", "004e89")
    return (
        f"cellauto=s=90x160:rule=30:rate={RATE}:seed=7:ratio=0.5:full=1,format=gray,scale={SIZE}:flags=neighbor,format=gbrp[cells];"
        f"{warm},format=gbrp[warm];[cells][warm]blend=all_mode=multiply,"
        f"colorlevels=romin=0.05:gomin=0.04:bomin=0.1,{FINISH}"
    )


def moire() -> str:
    rings = held(
        f"color=black:s=900x1500:r={RATE},format=gray,geq=lum='255*clip(0.5+2.2*sin(hypot(X-450,Y-750)*0.27),0,1)'"
    )
    return (
        f"{rings},split[one][two];[one]crop={WIDTH}:{HEIGHT}:x='90+80*sin(t*0.7)':y='110+90*cos(t*0.5)'[near];"
        f"[two]crop={WIDTH}:{HEIGHT}:x='90+80*sin(t*0.45+2)':y='110+100*sin(t*0.6)'[far];"
        "[near][far]blend=all_mode=difference,gblur=sigma=0.6,format=gbrp,"
        "lutrgb=r='243+(226-243)*val/255':g='236+(61-236)*val/255':b='222+(40-222)*val/255',format=yuv420p,setsar=1"
    )


def halftone() -> str:
    tile = held(
        f"color=black:s={SIZE}:r={RATE},format=gray,"
        "geq=lum='127.5+63*(cos((X+Y)*2*PI/28)+cos((X-Y)*2*PI/28))'"
    )
    tone = (
        f"color=black:s=45x80:r={RATE},format=gray,geq=lum='clip(128+62*sin(X/6+T*1.3+1.5*sin(Y/13))+58*sin(Y/9-T*0.9+sin(X/8+T)),6,249)',"
        f"scale={SIZE}:flags=bicubic"
    )
    return (
        f"{tile}[tile];{tone}[tone];[tile][tone]blend=all_mode=hardmix,gblur=sigma=0.8,format=gbrp,"
        "lutrgb=r='255-(255-20)*(1-val/255)':g='214*val/255+24*(1-val/255)':b='10*val/255+82*(1-val/255)',format=yuv420p,setsar=1"
    )


def kaleidoscope() -> str:
    height = "0.5+0.25*sin(X/7+T*1.1+2*sin(Y/15))+0.25*sin(hypot(X-20,Y-90)/6-T*1.6+sin(X/9))"
    tint = waves((0.55, 0.45, 1.3, 0.0), (0.45, 0.4, 1.1, 0.35), (0.55, 0.45, 0.9, 0.62))
    return (
        f"color=black:s=180x180:r={RATE},format=gray16,geq=lum='65535*clip({height},0,1)',format=gbrp16,{tint},format=gbrp,"
        "rotate=a='t*0.25':c=none:ow=iw:oh=ih,crop=90:160:45:10,scale=360:640:flags=bicubic,"
        "split[q][m];[m]hflip[r];[q][r]hstack,split[top][copy];[copy]vflip[low];[top][low]vstack,"
        f"{FINISH}"
    )


_ANGLE = "mod(atan2(Y-640,X-360)/(2*PI)+1,1)"


def _maps(width: int, height: int, depth: str) -> str:
    """Two stills that send each pixel to an angle and a depth of a ``width`` by ``height`` texture."""
    common = f"color=black:s={SIZE}:r={RATE},format=gray16"
    across = held(f"{common},geq=lum='floor({_ANGLE}*{width})'")
    along = held(f"{common},geq=lum='floor(mod({depth},1)*{height})'")
    return f"{across}[mx];{along}[my]"


def tunnel() -> str:
    texture = (
        "geq=r='255*clip(0.10+0.9*(mod(floor(X/60)+floor(Y/64),2))*(0.6+0.4*sin(Y*PI/32)),0,1)':"
        "g='255*clip(0.06+0.45*(mod(floor(X/60)+floor(Y/64),2)),0,1)':"
        "b='255*clip(0.35+0.5*(1-mod(floor(X/60)+floor(Y/64),2)),0,1)'"
    )
    still = held(f"color=black:s=960x512:r={RATE},format=gbrp,{texture}")
    shade = shape("04020f", "exp(-hypot(X-360,Y-640)/120)")
    return (
        f"{still},scroll=v=0.014:h=0.0012[tx];{_maps(959, 511, '0.55*log(max(1,hypot(X-360,Y-640)))+10')};"
        f"[tx][mx][my]remap=fill=black,format=yuv420p[in];{shade}[dark];[in][dark]overlay=x=0:y=0,{FINISH}"
    )


def starflight() -> str:
    dots = (
        f"color=black:s=1080x640:r={RATE},format=gray,geq=lum='255*gt(random(0),0.9975)*(0.4+0.6*random(1))',"
        "gblur=sigma=1.2:sigmaV=7,lutyuv=y='clip(val*9,0,255)'"
    )
    far = "hypot(X-360,Y-640)"
    nebula = picture(f"90*exp(-{far}/170)+20", f"40*exp(-{far}/200)+8", f"150*exp(-{far}/260)+34", size=SIZE)
    return (
        f"{held(dots)},scroll=v=-0.012,format=gbrp[tx];"
        f"{_maps(1079, 639, '0.34*log(max(1,hypot(X-360,Y-640)))+10')};"
        "[tx][mx][my]remap=fill=black,colorchannelmixer=rr=0.75:gg=0.9:bb=1.0[stars];"
        f"{nebula},format=gbrp[nebula];[stars][nebula]blend=all_mode=screen,{FINISH}"
    )


def candy_swirl() -> str:
    colors = (("ff", "5d", "8f"), ("ff", "f1", "e6"), ("ff", "b3", "c6"), ("fb", "6f", "92"))
    channels = []
    for name, index in zip("rgb", range(3), strict=True):
        levels = [int(color[index], 16) for color in colors]
        choice = "+".join(f"{level}*eq(mod(floor(X/60),4),{place})" for place, level in enumerate(levels))
        channels.append(f"{name}='{choice}'")
    still = held(
        f"color=black:s=960x512:r={RATE},format=gbrp,geq={':'.join(channels)},gblur=sigma=1.5:sigmaV=0.1"
    )
    turned = f"mod({_ANGLE}+0.42*log(max(1,hypot(X-360,Y-640)))+0.03*sin(hypot(X-360,Y-640)/50),1)"
    across = held(f"color=black:s={SIZE}:r={RATE},format=gray16,geq=lum='floor({turned}*959)'")
    along = held(
        f"color=black:s={SIZE}:r={RATE},format=gray16,geq=lum='floor(mod(hypot(X-360,Y-640)/3,510))'"
    )
    shade = shape("7a1136", "0.75*exp(-hypot(X-360,Y-640)/90)")
    return (
        f"{still},scroll=h=0.0045[tx];{across}[mx];{along}[my];[tx][mx][my]remap=fill=black,format=yuv420p[in];"
        f"{shade}[dark];[in][dark]overlay=x=0:y=0,{FINISH}"
    )


def pendulums() -> str:
    count, balls = 15, []
    for place in range(count):
        hue = place / count
        color = "".join(
            f"{int(255 * max(0.16, min(1.0, abs(((hue + shift) % 1) * 6 - 3) - 1))):02x}"
            for shift in (0.0, 2 / 3, 1 / 3)
        )
        swings = 10 + place
        balls.append((ball(color, 30), f"x='330+270*cos(2*PI*t*{swings}/24)':y={96 + place * 74}"))
    return f"{stack(sky('12131c', '1f2233'), *balls)},format=yuv420p,setsar=1"
