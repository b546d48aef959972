"""Who lives in the demo realm: accounts, follows, likes and comments, as plain data."""

from dataclasses import dataclass

from reelm.people import ProfileEdit


@dataclass(frozen=True, slots=True)
class Person:
    handle: str
    display_name: str
    profile: ProfileEdit


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment under a clip, by the clip's recipe name."""

    clip: str
    handle: str
    text: str


PEOPLE: tuple[Person, ...] = (
    Person(
        "mara", "Mara Lindqvist", ProfileEdit(bio="Night buses, wet streets, borrowed lenses. Gothenburg.")
    ),
    Person(
        "theo_makes",
        "Theo Okafor",
        ProfileEdit(bio="I build small machines that do one thing. Physics teacher on weekdays 🔧"),
    ),
    Person("samira_sky", "سميرة الحداد", ProfileEdit(bio="أطارد الضوء · chasing light from Tyre to Tromsø")),
    Person("yuki_outside", "ゆき Outside", ProfileEdit(bio="Tent, stove, map. In that order.")),
    Person("noor.films", "Noor", ProfileEdit(bio="Colour first, story later. She/her.")),
    Person(
        "ada.codes",
        "Ada Ferreira",
        ProfileEdit(bio="Generative things in 40 lines or fewer. The source is always in the comments."),
    ),
    Person("kilowatt", "KILOWATT", ProfileEdit(bio="synths / sunsets / speed limits")),
    Person(
        "pixelpress",
        "Pixel Press Studio",
        ProfileEdit(bio="Risograph & screen printing in Leipzig. Open on Thursdays."),
    ),
    Person("dj_lumen", "DJ Lumen 💿", ProfileEdit(bio="Vinyl only. Yes, only. Bookings through my mother.")),
    Person("omar.walks", "Omar Benali", ProfileEdit(bio="Walking every street of my city. 61 % done.")),
    Person(
        "lars.erik",
        "Lars-Erik Nordgren-Väisänen",
        ProfileEdit(bio="Weather station volunteer north of the Arctic Circle. It is dark. I am fine."),
    ),
    Person(
        "grandma_ines",
        "Inês, 78",
        ProfileEdit(bio="My grandchildren set this up. I like everything they show me 🌷"),
    ),
    Person("quietviewer", "quiet viewer", ProfileEdit()),
    Person(
        "benny",
        "Benny the Beekeeper",
        ProfileEdit(
            bio="Donaudampfschifffahrtsgesellschaftskapitän a. D. · bees 🐝 · long words · short clips"
        ),
    ),
)

FOLLOWS: dict[str, tuple[str, ...]] = {
    "mara": ("noor.films", "samira_sky", "lars.erik", "omar.walks"),
    "theo_makes": ("ada.codes", "pixelpress", "yuki_outside"),
    "samira_sky": ("mara", "lars.erik", "yuki_outside", "noor.films"),
    "yuki_outside": ("samira_sky", "lars.erik", "omar.walks"),
    "noor.films": ("mara", "pixelpress", "samira_sky"),
    "ada.codes": ("theo_makes", "kilowatt", "pixelpress", "dj_lumen"),
    "kilowatt": ("dj_lumen", "ada.codes"),
    "pixelpress": ("theo_makes", "noor.films", "ada.codes"),
    "dj_lumen": ("kilowatt", "mara"),
    "omar.walks": ("mara", "samira_sky", "yuki_outside", "benny"),
    "lars.erik": ("samira_sky", "yuki_outside", "mara"),
    "grandma_ines": ("theo_makes", "omar.walks", "noor.films", "yuki_outside", "samira_sky", "pixelpress"),
    "quietviewer": ("ada.codes", "mara", "dj_lumen", "theo_makes"),
    "benny": ("omar.walks", "theo_makes", "lars.erik", "grandma_ines"),
}

LIKES: dict[str, tuple[str, ...]] = {
    "lava-lamp": ("mara", "kilowatt", "quietviewer", "benny", "ada.codes"),
    "bokeh-city": ("noor.films", "samira_sky", "omar.walks", "grandma_ines", "quietviewer"),
    "pendulum-wave": (
        *(
            "mara",
            "ada.codes",
            "pixelpress",
            "grandma_ines",
            "quietviewer",
            "benny",
            "omar.walks",
            "yuki_outside",
        ),
        *("noor.films", "dj_lumen"),
    ),
    "synthwave": ("dj_lumen", "ada.codes", "quietviewer", "noor.films"),
    "rule-30": ("theo_makes", "pixelpress", "quietviewer"),
    "halftone": ("theo_makes", "noor.films", "ada.codes"),
    "campfire": ("samira_sky", "lars.erik", "benny", "grandma_ines", "omar.walks", "mara"),
    "moon-clouds": ("samira_sky", "lars.erik", "grandma_ines"),
    "candy-swirl": ("ada.codes", "grandma_ines", "kilowatt"),
    "contours": ("omar.walks", "ada.codes", "theo_makes", "lars.erik"),
    "moire": ("pixelpress", "ada.codes", "noor.films"),
    "silk": ("mara", "pixelpress"),
    "piano-lights": ("kilowatt", "grandma_ines", "mara", "quietviewer"),
    "tunnel": ("dj_lumen", "ada.codes"),
    "starflight": ("lars.erik", "kilowatt", "theo_makes", "quietviewer", "benny"),
    "life-glow": ("theo_makes", "quietviewer", "kilowatt", "pixelpress"),
    "little-planet": ("mara", "ada.codes", "grandma_ines", "benny"),
    "kaleidoscope": ("grandma_ines", "theo_makes", "noor.films", "samira_sky", "benny"),
    "balloons": ("samira_sky", "grandma_ines", "yuki_outside", "mara", "benny", "lars.erik"),
    "fireflies": ("lars.erik", "samira_sky", "grandma_ines", "omar.walks"),
    "oscilloscope": ("theo_makes", "ada.codes", "kilowatt"),
    "interference": ("ada.codes", "lars.erik"),
    "vinyl": ("kilowatt", "mara", "noor.films", "quietviewer", "grandma_ines"),
    "dawn-ridges": ("yuki_outside", "lars.erik", "omar.walks", "mara", "grandma_ines"),
    "snow-night": ("samira_sky", "yuki_outside", "grandma_ines", "benny"),
    "rain-pond": ("mara", "yuki_outside"),
    "sunset-sea": (
        "mara",
        "noor.films",
        "omar.walks",
        "yuki_outside",
        "grandma_ines",
        "lars.erik",
        "quietviewer",
    ),
    "gold-marble": ("pixelpress", "mara"),
    "aurora": (
        *(
            "samira_sky",
            "mara",
            "yuki_outside",
            "omar.walks",
            "grandma_ines",
            "theo_makes",
            "benny",
            "noor.films",
        ),
        *("quietviewer", "ada.codes", "kilowatt"),
    ),
    "mandelbrot": ("theo_makes", "quietviewer", "pixelpress"),
}

COMMENTS: tuple[Remark, ...] = (
    Remark("lava-lamp", "mara", "I watched this eleven times and my tea is cold."),
    Remark("lava-lamp", "benny", "My bees would hate it. I love it."),
    Remark("bokeh-city", "noor.films", "Please never find your glasses."),
    Remark("bokeh-city", "grandma_ines", "This is what I see every evening, dear. Now you know 🌷"),
    Remark("pendulum-wave", "ada.codes", "The moment they line up again 😭 What are the lengths?"),
    Remark(
        "pendulum-wave",
        "theo_makes",
        "10 to 24 swings in 24 seconds, so L = g·(24/2πn)². The longest is 1.43 m!",
    ),
    Remark("pendulum-wave", "grandma_ines", "I called the whole family to the telephone to look at it."),
    Remark("pendulum-wave", "quietviewer", "first comment I have ever written anywhere. wow."),
    Remark("synthwave", "dj_lumen", "Needs more cowbell. Otherwise perfect."),
    Remark("synthwave", "ada.codes", "the horizon line is doing so much work here"),
    Remark("rule-30", "theo_makes", "Showing this to 9B on Monday."),
    Remark("halftone", "theo_makes", "What line screen is this? 28?"),
    Remark("halftone", "pixelpress", "@theo_makes exactly 28. You have good eyes."),
    Remark("campfire", "lars.erik", "We have this one too, but with snow."),
    Remark("campfire", "benny", "Knisterknasterlagerfeuerstimmungsvideo of the year 🔥"),
    Remark("moon-clouds", "samira_sky", "القمر خجول الليلة 🌙"),
    Remark("candy-swirl", "kilowatt", "my hand is melting, thanks"),
    Remark("contours", "omar.walks", "Is this a real place? I want to walk it."),
    Remark(
        "contours",
        "yuki_outside",
        "Only in the sense that all places are real if you believe in contour lines 🗺️",
    ),
    Remark("piano-lights", "grandma_ines", "My mother played that. Thank you."),
    Remark("starflight", "lars.erik", "Confirmed: it looks like this. I have been outside."),
    Remark("life-glow", "theo_makes", "There is a glider escaping top left!"),
    Remark("life-glow", "quietviewer", "I named it Kevin."),
    Remark("little-planet", "benny", "How do you get your shopping home if you live on the left?"),
    Remark("little-planet", "omar.walks", "Downhill. Everything is downhill."),
    Remark("kaleidoscope", "grandma_ines", "Your grandfather had patience. It shows."),
    Remark("balloons", "mara", "The striped one is the best one, I will not be taking questions."),
    Remark("balloons", "samira_sky", "4:30 is a crime, but I forgive you ❤️"),
    Remark("fireflies", "samira_sky", "We used to have them at home. I had forgotten."),
    Remark("oscilloscope", "theo_makes", "3:2 with a drifting phase. Beautiful."),
    Remark("vinyl", "noor.films", "The tone-arm wobble 👌"),
    Remark("vinyl", "quietviewer", "which record?"),
    Remark("vinyl", "dj_lumen", "One that my mother says I may not name."),
    Remark("dawn-ridges", "yuki_outside", "Which hut? Asking for my knees."),
    Remark("snow-night", "benny", "Goodnight from 40 sleeping hives."),
    Remark(
        "rain-pond", "mara", "This is the most Gothenburg thing I have seen, and you do not even live here."
    ),
    Remark("sunset-sea", "omar.walks", "Everybody needs that minute."),
    Remark("sunset-sea", "quietviewer", "تحفة"),
    Remark("aurora", "samira_sky", "I am booking the train. I mean it this time."),
    Remark("aurora", "lars.erik", "@samira_sky bring socks. More socks than you think."),
    Remark("aurora", "grandma_ines", "Seventy-eight years and never seen it. Now I have, a little 💚"),
    Remark("mandelbrot", "theo_makes", "Iteration depth?"),
    Remark("mandelbrot", "ada.codes", "420. Every pixel here thought about it 420 times before answering."),
)
