"""What somebody with an account does: like, comment, follow, share, take back, leave and come back."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from e2e import sources
from e2e.conftest import Town, Visit
from e2e.person import PASSWORD, Person
from e2e.visitor import Screen, Visitor


async def test_a_like_is_counted_and_stays(visit: Visit, town: Town, newcomer: Person) -> None:
    member = await visit(state=await newcomer.state())
    await member.go(f"/c/{town.clips[0]}")
    like = member.current.get_by_role("button", name=re.compile("^Like"))
    await expect(like).to_have_attribute("aria-pressed", "false")
    # It is on screen before the realm has it, and a reload would cut the request off.
    async with member.page.expect_response(re.compile("/like$")) as answered:
        await member.page.keyboard.press("l")
        await expect(like).to_have_attribute("aria-pressed", "true")
    assert (await answered.value).ok
    await expect(like).to_have_accessible_name(re.compile(r"Like, \d+ like"))
    await member.page.reload()
    await expect(like).to_have_attribute("aria-pressed", "true")
    await like.click()
    await expect(like).to_have_attribute("aria-pressed", "false")


async def test_a_like_that_is_faster_than_the_session_waits_for_it(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    member, pressed = await visit(state=await newcomer.state()), asyncio.Event()

    async def answer_late(route: Route) -> None:
        await pressed.wait()
        await route.continue_()

    await member.page.route("**/api/session", answer_late)
    await member.go(f"/c/{town.clips[0]}")
    like = member.current.get_by_role("button", name=re.compile("^Like"))
    await expect(like).to_have_attribute("aria-pressed", "false")
    await member.page.keyboard.press("l")
    pressed.set()
    await expect(like).to_have_attribute("aria-pressed", "true")


async def test_what_was_sent_arrives_when_the_page_is_left_at_once(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    """The network is so slow that the page has gone before a comment is with the realm."""
    member = await visit(state=await newcomer.state())
    await member.go(f"/c/{town.clips[2]}")
    await member.current.get_by_role("button", name=re.compile("^Comments")).click()
    text = f"Left at once by {newcomer.handle}"
    await member.page.get_by_role("textbox", name="Add a comment").fill(text)
    network = await member.context.new_cdp_session(member.page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100}
    await network.send("Network.emulateNetworkConditions", slow)
    await member.button("Post comment").evaluate(
        "(button) => { button.click(); location.href = 'about:blank'; }"
    )
    await member.page.wait_for_url("about:blank")
    assert not await has_comment(newcomer, town.clips[2], text), "it was sent before the page was left"
    for _ in range(100):
        if await has_comment(newcomer, town.clips[2], text):
            break
        await member.page.wait_for_timeout(200)
    assert await has_comment(newcomer, town.clips[2], text)


async def has_comment(person: Person, clip_id: str, text: str) -> bool:
    found = await person.tell("GET", f"/api/clips/{clip_id}/comments")
    return any(comment["text"] == text for comment in found["comments"])


async def test_a_double_tap_likes_and_does_not_pause(visit: Visit, town: Town, newcomer: Person) -> None:
    member = await visit(screen="phone", state=await newcomer.state())
    await member.go(f"/c/{town.clips[1]}")
    await member.sees_moving(town.clips[1])
    for _ in range(2):
        await member.page.touchscreen.tap(180, 400)
    await expect(member.current.get_by_role("button", name=re.compile("^Like"))).to_have_attribute(
        "aria-pressed", "true"
    )
    await member.page.wait_for_timeout(400)  # longer than a single tap waits for a second one
    await expect(member.video(town.clips[1])).to_have_attribute("data-state", "playing")


async def test_a_stranger_who_likes_is_led_to_sign_in_and_back(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    stranger = await visit()
    await stranger.go(f"/c/{town.clips[0]}")
    await stranger.current.get_by_role("button", name=re.compile("^Like")).click()
    await stranger.sign_in(newcomer.handle, PASSWORD)
    await stranger.page.wait_for_url(f"**/c/{town.clips[0]}")
    await stranger.sees_moving(town.clips[0])


async def test_a_comment_is_shown_to_others_and_can_be_taken_back(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    member = await visit(screen="phone", state=await newcomer.state())
    await member.go(f"/c/{town.clips[2]}")
    await member.current.get_by_role("button", name=re.compile("^Comments")).click()
    text = f"Seen by {newcomer.handle}"
    await member.page.get_by_role("textbox", name="Add a comment").fill(text)
    await member.button("Post comment").click()
    await expect(member.page.get_by_text(text)).to_be_visible()

    stranger = await visit()
    await stranger.go(f"/c/{town.clips[2]}")
    await expect(stranger.page.get_by_text(text)).to_be_visible()

    await member.button("Delete your comment").click()
    await expect(member.page.get_by_text(text)).to_have_count(0)
    await stranger.page.reload()
    await stranger.current_clip()
    await expect(stranger.page.get_by_text(text)).to_have_count(0)


async def test_words_that_stack_or_stretch_stay_in_their_box(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    clip_id = await newcomer.publish(sources.upright(sources.looks()[0]), "Long words")
    for text in ("A" + "\u0301" * 480, "first" + "\n" * 490 + "last"):
        await newcomer.tell("POST", f"/api/clips/{clip_id}/comments", text=text)
    member = await visit(screen="phone", state=await newcomer.state())
    await member.go(f"/c/{clip_id}")
    await member.current.get_by_role("button", name=re.compile("^Comments")).click()
    more = member.page.get_by_role("button", name="more", exact=True)
    await expect(more).to_be_visible()
    heights = await member.page.get_by_role("listitem").evaluate_all(
        "lines => lines.map(line => line.getBoundingClientRect().height)"
    )
    assert max(heights) < 300
    await more.click()
    await expect(member.page.get_by_role("button", name="less", exact=True)).to_have_attribute(
        "aria-expanded", "true"
    )
    ways = await member.page.locator("p[dir=auto], h1[dir=auto]").evaluate_all(
        "texts => texts.map(text => getComputedStyle(text).overflowY)"
    )
    assert "visible" not in ways  # what is painted outside the box would be over other people's words


async def test_somebody_followed_fills_the_following_feed(visit: Visit, town: Town, newcomer: Person) -> None:
    member = await visit(state=await newcomer.state())
    await member.go("/following")
    await expect(member.page.get_by_role("heading", name="Nobody to follow yet")).to_be_visible()
    await member.go("/@ann")
    await member.page.get_by_role("main").get_by_role("button", name="Follow", exact=True).click()
    await expect(member.page.get_by_role("main").get_by_role("button", name="Following")).to_be_visible()
    await member.go("/following")
    await expect(member.current).to_have_accessible_name("Clip by @ann")
    await member.go("/@ann")
    await member.page.wait_for_load_state("networkidle")
    await member.page.get_by_role("main").get_by_role("button", name="Following").click()
    await expect(
        member.page.get_by_role("main").get_by_role("button", name="Follow", exact=True)
    ).to_be_visible()


async def test_sharing_copies_the_link_and_reads_nothing(visit: Visit, town: Town) -> None:
    stranger = await visit()
    await stranger.go(f"/c/{town.clips[0]}")
    await stranger.current.get_by_role("button", name="Share").click()
    await stranger.button("Copy link").click()
    await expect(stranger.page.get_by_role("status").get_by_text("Link copied.")).to_be_visible()
    elsewhere = await stranger.context.new_page()
    await elsewhere.goto(stranger.url + "/settings")
    # The page's own policy forbids reading, so the link is pasted as a person would.
    await elsewhere.goto(stranger.url + "/sign-in")
    await elsewhere.get_by_label("E-mail").focus()
    await elsewhere.keyboard.press("ControlOrMeta+v")
    await expect(elsewhere.get_by_label("E-mail")).to_have_value(f"{stranger.url}/c/{town.clips[0]}")


async def test_ones_own_clip_can_be_deleted_and_is_gone_for_everyone(visit: Visit, newcomer: Person) -> None:
    clip_id = await newcomer.publish(sources.upright("dawn"), "Not for long")
    author = await visit(state=await newcomer.state())
    await author.go(f"/c/{clip_id}")
    await author.sees_moving(clip_id)
    await delete_clip(author)
    await author.page.wait_for_url(re.compile(r"/(@.*)?$"))

    stranger = await visit()
    stranger.expects(f"/c/{clip_id}", f"/api/clips/{clip_id}")
    await stranger.go(f"/c/{clip_id}")
    await expect(stranger.page.get_by_role("heading", name="This clip is not here")).to_be_visible()


async def test_signing_out_and_in_again(visit: Visit, newcomer: Person) -> None:
    member = await visit(state=await newcomer.state())
    await member.go("/settings")
    await expect(member.page.get_by_text(newcomer.email)).to_be_visible()
    await member.button("Sign out").click()
    await member.page.wait_for_url(member.url + "/")
    await member.go("/settings")
    await member.page.get_by_role("main").get_by_role("link", name="Sign in").click()
    await member.sign_in(newcomer.handle, PASSWORD)
    await expect(member.page.get_by_text(newcomer.email)).to_be_visible()


async def test_a_wrong_password_says_so_and_keeps_what_was_typed(visit: Visit, newcomer: Person) -> None:
    stranger = await visit()
    stranger.expects("/api/session")
    await stranger.go("/sign-in")
    await stranger.sign_in(newcomer.handle, "not the password at all")
    await expect(stranger.page.get_by_role("alert")).to_contain_text("wrong")
    await expect(stranger.page.get_by_label("E-mail")).to_have_value(newcomer.email)


async def test_the_theme_is_chosen_and_remembered(visit: Visit) -> None:
    visitor = await visit(scheme="dark")
    await visitor.go("/settings")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = await visitor.page.evaluate(ground)
    await visitor.page.get_by_text("Light", exact=True).click()
    assert await visitor.page.evaluate(ground) != dark
    await visitor.page.reload()
    assert await visitor.page.evaluate(ground) != dark
    await visitor.page.get_by_text("Automatic", exact=True).click()
    assert await visitor.page.evaluate(ground) == dark


async def test_a_profile_is_edited_in_place(visit: Visit, newcomer: Person) -> None:
    member = await visit(state=await newcomer.state())
    await member.go(f"/@{newcomer.handle}")
    await member.button("Edit profile").click()
    await member.page.get_by_label("Name").fill("Nora of the Hills")
    await member.button("Save").click()
    await expect(member.page.get_by_role("heading", name="Nora of the Hills")).to_be_visible()
    await member.page.reload()
    await expect(member.page.get_by_role("heading", name="Nora of the Hills")).to_be_visible()


async def delete_clip(visitor: Visitor) -> None:
    await visitor.button(re.compile("^(More|Delete)")).first.click()
    await visitor.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Delete")).click()


@pytest.mark.parametrize("screen", ["phone", "desktop"])
async def test_a_profile_whose_answer_is_late_moves_nothing(visit: Visit, town: Town, screen: Screen) -> None:
    stranger = await visit(screen=screen)
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await may_answer.wait()
        await route.continue_()

    await stranger.page.route(f"**/api/profiles/{town.ann.handle}", hold)
    await stranger.go(f"/@{town.ann.handle}")
    await asked.wait()
    await expect(stranger.page.get_by_text("@ann", exact=True)).to_be_visible()
    await stranger.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    may_answer.set()
    clips = stranger.page.get_by_role("list", name="Clips of @ann")
    await expect(clips.get_by_role("link").first).to_be_visible()
    assert (await stranger.noticed()).shift < 0.01
