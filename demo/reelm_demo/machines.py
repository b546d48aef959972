"""Scenes of things that people make, and of sound itself; the latter read it from the label ``[s]``."""

from reelm_demo.canvas import FINISH, HEIGHT, RATE, SIZE, WIDTH, glow, held, picture, shape, sky, stack


def synthwave() -> str:
    grid = held(f"color=0x0b0221:s=720x600:r={RATE},format=gbrp,drawgrid=x=36:y=30:w=72:h=60:t=3:c=0xff2bd6")
    corners = "x0=270:y0=0:x1=450:y1=0:x2=-1500:y2=600:x3=2220:y3=600"
    floor = f"{grid},scroll=v=-0.01,perspective={corners}:sense=destination:interpolation=linear"
    sun_far = "hypot(X-210,Y-210)"
    bars = "gt(Y,170)*lt(mod(Y-170,40),(Y-170)*0.1+3)"
    sun = picture(
        "255", "60+180*(1-Y/420)", "40+140*(Y/420)", size="420x420", alpha=f"(208-{sun_far})/2*(1-{bars})"
    )
    haze = shape("ff2bd6", "0.55*exp(-abs(Y-680)/46)")
    return (
        stack(
            sky("0b0221", "2a0a5e", "8a1c7c", "ff5d8f", bottom=690),
            (glow("ff5da2", 420, strength=0.9), "x=-60:y=200"),
            (sun, "x=150:y=330"),
            (f"{floor},format=yuv420p", "x=0:y=680"),
            (haze, "x=0:y=0"),
        )
        + f",{FINISH}"
    )


def vinyl() -> str:
    r = "hypot(X-320,Y-320)"
    a = "atan2(Y-320,X-320)"
    groove = f"(18+9*sin({r}*1.9)+40*pow(abs(cos({a}+0.6)),28)+26*pow(abs(cos({a}-0.7)),40))"
    label = f"lt({r},112)"
    stripe = f"gt(sin({a}*6),0)*gt({r},60)"
    red = f"if({label},if(lt({r},9),20,232-50*{stripe}),{groove})"
    green = f"if({label},if(lt({r},9),20,93+60*{stripe}),{groove})"
    blue = f"if({label},if(lt({r},9),20,60+20*{stripe}),{groove}+4)"
    record = picture(red, green, blue, size="640x640", alpha=f"(318-{r})/2")
    arm = (
        "max(max((9-abs((X-190)+(Y-40)*0.32))/2*between(Y,30,480),(30-hypot(X-190,Y-40))/2),"
        "(16-abs(X-44+(Y-480)*0.4))/2*between(Y,470,540))"
    )
    far = "hypot(X-25,Y-25)/150"
    shine = held(
        f"color=black:s=90x160:r={RATE},format=gbrp,geq=r='196-40*{far}':g='132-44*{far}':b='96-44*{far}',"
        f"scale={SIZE}:flags=bicubic"
    )
    return (
        stack(
            f"{shine},format=yuv420p",
            (shape("1c120e", "0.5*clip((334-hypot(X-352,Y-664))/26,0,1)"), "x=0:y=0"),
            (f"{record},format=gbrap,rotate=a='t*3.49':c=none:ow=iw:oh=ih,format=yuva420p", "x=30:y=320"),
            (shape("e8e2d6", arm, size="230x550"), "x='370+6*sin(t*0.4)':y=220"),
        )
        + f",{FINISH}"
    )


def piano_lights() -> str:
    return (
        f"[s]showcqt=s=360x320:fps={RATE}:bar_h=320:axis_h=0:sono_h=0:axis=0:count=2:bar_g=3:bar_v=24:basefreq=70:endfreq=1100:"
        f"cscheme=1|1|1|1|1|1,scale=720:640,format=gbrp,split[up][down];[down]vflip[mirror];[up][mirror]vstack[bars];"
        f"{sky('ffbe0b', 'fb5607', 'ff006e', '8338ec', '3a86ff', '06d6a0')},format=gbrp[tone];"
        f"[bars][tone]blend=all_mode=multiply,"
        f"format=gbrp,split[sharp][soft];[soft]scale=90:160,gblur=sigma=6,scale={SIZE}[halo];[sharp][halo]blend=all_mode=screen,{FINISH}"
    )


def scope() -> str:
    return (
        "aevalsrc='0.55*sin(2*PI*180*t)+0.32*sin(2*PI*540.35*t+t)|0.55*sin(2*PI*270.2*t+0.8)+0.32*sin(2*PI*450*t-t*0.7)':s=44100,"
        f"avectorscope=s=720x720:r={RATE}:draw=aaline:m=lissajous_xy:zoom=1:rc=90:gc=255:bc=170:rf=40:gf=20:bf=30,format=gbrp,"
        f"lagfun=decay=0.86,pad={WIDTH}:{HEIGHT}:0:280:color=black,split[sharp][soft];[soft]scale=180:320,gblur=sigma=4,scale={SIZE}[halo];"
        f"[sharp][halo]blend=all_mode=screen[lit];color=0x07140f:s={SIZE}:r={RATE},drawgrid=w=72:h=72:t=1:c=0x1d4d3a,format=gbrp[grid];"
        f"[lit][grid]blend=all_mode=screen,{FINISH}"
    )


def campfire() -> str:
    def turbulence(speed: float, seed: int) -> str:
        return (
            held(
                f"color=gray:s=90x160:r={RATE},format=gray,noise=alls=100:all_seed={seed},"
                "gblur=sigma=3.4:sigmaV=5,lutyuv=y='clip((val-128)*14+128,0,255)'"
            )
            + f",scroll=v={speed}"
        )

    body = "255*exp(-pow((X-45)/(8+0.17*Y),4))*pow(clip((Y-8)/140,0,1),0.9)"
    flame = held(f"color=black:s=90x160:r={RATE},format=gray,geq=lum='{body}'")
    embers = held(
        f"color=black:s=360x640:r={RATE},format=gray,geq=lum='255*gt(random(0),0.9994)',gblur=sigma=0.8,"
        f"lutyuv=y='clip(val*5,0,255)',scale={SIZE}:flags=bicubic"
    )
    return (
        f"{turbulence(0.021, 3)}[n1];{turbulence(0.034, 11)}[n2];"
        f"[n1][n2]blend=all_mode=average[n];{flame}[f];"
        "[f][n]blend=all_expr='clip(A*1.5+(B-150)*1.1*(0.3+A/255)-40,0,255)',gblur=sigma=1.4,"
        f"scale={SIZE}:flags=bicubic,format=gbrp,lutrgb=r='clip(val*2.2+10,0,255)':g='clip((val-50)*1.5,0,240)+3':"
        f"b='clip((val-150)*2.1,0,190)+8'[fire];{embers},scroll=v=0.006:h=0.0008,format=gbrp,"
        f"lutrgb=r=val:g=val*0.55:b=val*0.15[sparks];[fire][sparks]blend=all_mode=screen,{FINISH}"
    )


def little_planet() -> str:
    city = "+".join(
        f"between(X,{x},{x + w})*gt(Y,{y})"
        for x, w, y in (
            (0, 70, 300),
            (80, 50, 250),
            (140, 90, 330),
            (250, 46, 210),
            (306, 80, 300),
            (396, 60, 260),
            (470, 100, 340),
            (590, 50, 230),
            (650, 70, 310),
            (736, 44, 200),
            (790, 90, 320),
            (900, 60, 270),
            (970, 54, 330),
        )
    )
    lit = "gt(mod(X,14),5)*gt(mod(Y,18),8)*gt(mod(floor(X/14)*7+floor(Y/18)*13,5),1)"
    red = f"if(gt({city},0)*lt(Y,400),34+200*{lit},if(gt(Y,400),46+30*gt(mod(X,64),32),250-170*(1-Y/400)))"
    green = f"if(gt({city},0)*lt(Y,400),30+160*{lit},if(gt(Y,400),122,176-120*(1-Y/400)))"
    blue = f"if(gt({city},0)*lt(Y,400),70+40*{lit},if(gt(Y,400),72,150+10*(1-Y/400)))"
    texture = held(f"color=black:s=1024x512:r={RATE},format=gbrp,geq=r='{red}':g='{green}':b='{blue}'")
    view = f"w={WIDTH}:h={HEIGHT}:pitch=-90:h_fov=190:v_fov=240:interp=linear"
    return f"{texture},scroll=h=0.0016,v360=input=e:output=sg:{view},{FINISH}"
