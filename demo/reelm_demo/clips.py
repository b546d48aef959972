"""The sample clips: what is shown, what is heard, who posts it and in which words."""

from collections.abc import Callable
from dataclasses import dataclass

from reelm_demo import machines, patterns, skies, tunes
from reelm_demo.sound import Tune


@dataclass(frozen=True, slots=True)
class Recipe:
    """One sample clip.

    Attributes:
        name: file name and stable key of the clip.
        author: handle of one of ``people.PEOPLE``.
        caption: with its hashtags.
        scene: makes the picture's filter graph; it reads the sound where it has the label ``[s]``.
    """

    name: str
    author: str
    caption: str
    scene: Callable[[], str]
    tune: Tune
    seconds: float


# The cheapest to make come first, so that there is something to watch early.
RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "lava-lamp",
        "noor.films",
        "Left the lamp on all night. No regrets 🫠 #lavalamp #slow #satisfying",
        patterns.lava_lamp,
        tunes.LOFI,
        9,
    ),
    Recipe(
        "bokeh-city",
        "mara",
        "Forgot my glasses on the night bus and, honestly? Better. #city #night #bokeh",
        skies.bokeh_city,
        tunes.CALM,
        8,
    ),
    Recipe(
        "pendulum-wave",
        "theo_makes",
        "15 balls, 15 lengths of string, one afternoon. Wait for it… #physics #pendulum #satisfying",
        patterns.pendulums,
        tunes.MUSIC_BOX,
        12,
    ),
    Recipe(
        "synthwave",
        "kilowatt",
        "Driving into 1986, back before dinner 🌆 #synthwave #retro #drive",
        machines.synthwave,
        tunes.PULSE,
        10,
    ),
    Recipe(
        "rule-30",
        "ada.codes",
        "One row of cells, one rule, no randomness. Rule 30 never repeats itself. #math #code #cellular",
        patterns.rule_thirty,
        tunes.ARCADE,
        7,
    ),
    Recipe(
        "halftone",
        "pixelpress",
        "Two inks, one screen. Printing is just very patient pixels. #popart #print #halftone",
        patterns.halftone,
        tunes.HOUSE,
        7,
    ),
    Recipe(
        "campfire",
        "yuki_outside",
        "Best screen in the woods 🔥 #camping #fire #cosy",
        machines.campfire,
        tunes.DRIFT,
        9,
    ),
    Recipe(
        "moon-clouds", "mara", "She was shy tonight. #moon #night #clouds", skies.moon_clouds, tunes.DRIFT, 8
    ),
    Recipe(
        "candy-swirl",
        "pixelpress",
        "Stare at the middle for ten seconds, then look at your hand 🍭 #illusion #swirl",
        patterns.candy_swirl,
        tunes.WALTZ,
        8,
    ),
    Recipe(
        "contours",
        "yuki_outside",
        "Every line is the same height. This is how a map breathes. #maps #topography #design",
        patterns.contours,
        tunes.CALM,
        7,
    ),
    Recipe(
        "moire",
        "theo_makes",
        "Two sheets of circles. That is the whole trick. #moire #illusion #opart",
        patterns.moire,
        tunes.PULSE,
        6,
    ),
    Recipe(
        "silk", "noor.films", "A colour study in five dyes. #colour #silk #calm", patterns.silk, tunes.CALM, 9
    ),
    Recipe(
        "piano-lights",
        "dj_lumen",
        "What my left hand sounds like in colour 🎹 #music #visualizer #piano",
        machines.piano_lights,
        tunes.MUSIC_BOX,
        8,
    ),
    Recipe(
        "tunnel",
        "kilowatt",
        "Last train home, nobody on board. #tunnel #loop #arcade",
        patterns.tunnel,
        tunes.ARCADE,
        7,
    ),
    Recipe(
        "starflight",
        "samira_sky",
        "Second star to the right… #space #stars #hyperspace",
        patterns.starflight,
        tunes.PULSE,
        7,
    ),
    Recipe(
        "life-glow",
        "ada.codes",
        "Conway's Game of Life: four rules and it already has drama. #code #life #simulation",
        patterns.life_glow,
        tunes.HOUSE,
        8,
    ),
    Recipe(
        "little-planet",
        "omar.walks",
        "My whole neighbourhood, folded into a ball 🪐 #tinyplanet #city",
        machines.little_planet,
        tunes.WALTZ,
        8,
    ),
    Recipe(
        "kaleidoscope",
        "pixelpress",
        "Paper, mirrors, sunlight. Made by my grandfather in 1971. #kaleidoscope #symmetry",
        patterns.kaleidoscope,
        tunes.MUSIC_BOX,
        7,
    ),
    Recipe(
        "balloons",
        "omar.walks",
        "Worth the 4:30 alarm 🎈 #balloons #morning #travel",
        skies.balloons,
        tunes.WALTZ,
        8,
    ),
    Recipe(
        "fireflies",
        "yuki_outside",
        "They blink back if you wait long enough. #fireflies #forest #night",
        skies.fireflies,
        tunes.MUSIC_BOX,
        8,
    ),
    Recipe(
        "oscilloscope",
        "dj_lumen",
        "This is a picture made of sound. No editing, only two voltages. #oscilloscope #music",
        machines.scope,
        tunes.PULSE,
        6,
    ),
    Recipe(
        "interference",
        "theo_makes",
        "Three stones, one pond, a lot of arithmetic. #waves #physics",
        patterns.interference,
        tunes.DRIFT,
        6,
    ),
    Recipe(
        "vinyl",
        "dj_lumen",
        "Side B is always the better side. #vinyl #lofi #record",
        machines.vinyl,
        tunes.LOFI,
        8,
    ),
    Recipe(
        "dawn-ridges",
        "samira_sky",
        "Five ridges, one sunrise, no filter needed. #mountains #dawn #hike",
        skies.dawn_ridges,
        tunes.CALM,
        8,
    ),
    Recipe(
        "snow-night",
        "lars.erik",
        "Stille natt. Somebody left the light on ❄️ #snow #winter #night",
        skies.snow_night,
        tunes.MUSIC_BOX,
        7,
    ),
    Recipe(
        "rain-pond",
        "lars.erik",
        "It has been raining for three weeks, so I learned to like circles. #rain #pond #calm",
        skies.rain_pond,
        tunes.CALM,
        6,
    ),
    Recipe(
        "sunset-sea",
        "samira_sky",
        "غروب الشمس 🌅 The minute everybody on the beach went quiet. #sunset #sea",
        skies.sunset_sea,
        tunes.DRIFT,
        7,
    ),
    Recipe(
        "gold-marble",
        "noor.films",
        "Kintsugi for a whole wall. #marble #gold #design",
        patterns.gold_marble,
        tunes.LOFI,
        6,
    ),
    Recipe(
        "aurora",
        "lars.erik",
        "-24 °C and I would do it again tomorrow 💚 #aurora #northernlights #winter",
        skies.aurora,
        tunes.DRIFT,
        7,
    ),
    Recipe(
        "mandelbrot",
        "ada.codes",
        "z² + c. That is it. That is the caption. #fractal #mandelbrot #math",
        patterns.mandelbrot_dive,
        tunes.HOUSE,
        7,
    ),
)
