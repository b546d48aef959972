"""What goes wrong: moods, deaths, power cuts, lost data, clocks and records, whenever chance has it."""

import asyncio
from datetime import timedelta

from support.vault.campaign.provider import Mood, Provider
from support.vault.campaign.world import World


class Trouble:
    """Things go wrong one after the other, for as long as it runs.

    Attributes:
        unlucky: the one group's provider that may lose what it acknowledged; objects survive any one.
        is_hopeless: any other may lose it too, so that only clear errors can be expected.
    """

    def __init__(self, world: World, *, unlucky: Provider, is_hopeless: bool) -> None:
        self.world = world
        self.unlucky = unlucky
        self.is_hopeless = is_hopeless

    async def run(self) -> None:
        """Something goes wrong, lasts a while, and may stop."""
        world, chance = self.world, self.world.chance
        while True:
            await asyncio.sleep(chance.expovariate(1.5))
            kind = chance.choice(
                ("mood", "mood", "mood", "death", "death", "power", "loss", "records", "clock")
            )
            if kind == "mood":
                await self._bad_mood(chance.choice(world.providers))
            elif kind == "death":
                process = chance.choice(world.processes)
                process.die_after(chance.randint(1, 60), is_power_cut=chance.random() < 0.5)
            elif kind == "power":
                chance.choice(world.providers).lose_power()
            elif kind == "loss":
                self._lose(self.unlucky)
                if self.is_hopeless:
                    self._lose(chance.choice(world.providers))
            elif kind == "records":
                world.count("fault: records away")
                world.outage_until = world.loop.time() + chance.uniform(0.1, 1)
            else:
                days = chance.choice((-1, 1))
                world.count("fault: clock jumps", f"{days} day")
                world.ahead += timedelta(days=days)
                world.is_rude = True

    async def _bad_mood(self, provider: Provider) -> None:
        world, chance = self.world, self.world.chance
        mood = chance.choice((*Mood, Mood.LYING, Mood.LYING))
        if mood is Mood.FORGETFUL and provider is not self.unlucky and not self.is_hopeless:
            return
        world.count(f"fault: {mood}", str(provider))
        provider.moods.add(mood)
        try:
            await asyncio.sleep(chance.expovariate(0.4))
        finally:
            provider.moods.discard(mood)

    def _lose(self, provider: Provider) -> None:
        chance = self.world.chance
        if provider.is_gone:
            return
        how = chance.choice(("leave", "remember", "return", "rot", "tear", "mix"))
        self.world.count(f"fault: {how}", str(provider))
        if how == "leave":
            provider.leave()
        elif how == "remember":
            provider.past = provider.disk.held
        elif how == "return":
            provider.return_from_the_dead()
        elif how == "rot":
            provider.rot()
        elif how == "tear":
            provider.tear()
        else:
            provider.mix()
