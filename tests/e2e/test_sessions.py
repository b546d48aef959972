"""Cookies that are in a browser already: of other realms, of a realm that was, of another tab."""

from itertools import count

from playwright.async_api import APIRequestContext, Playwright, expect

from e2e.conftest import Visit
from e2e.person import PASSWORD, Person
from support.machine.running import Running

_NUMBERS = count(1)
_MISSING = "web.page-token-missing"


async def test_cookies_of_another_realm_on_this_host_keep_nobody_from_signing_up(visit: Visit) -> None:
    visitor = await visit()
    host = visitor.url.partition("://")[2].partition(":")[0]
    for name in ("csrftoken", "reelm-session", "reelm-00000000-session", "reelm-00000000-visitor"):
        cookie = {"name": name, "value": "of-another-realm" * 4, "domain": host, "path": "/"}
        await visitor.context.add_cookies([cookie])  # type: ignore[list-item]  # its own kind of dictionary
    await visitor.sign_up(f"fresh_{next(_NUMBERS)}", PASSWORD)


async def test_a_tab_whose_session_another_tab_replaced_goes_on_by_itself(
    visit: Visit, newcomer: Person, playwright: Playwright, realm: Running
) -> None:
    other = await Person.join(playwright, realm.url, f"other_{next(_NUMBERS)}")
    tab = await visit(state=await newcomer.state())
    tab.expects("403", _MISSING)
    await tab.go(f"/@{other.handle}")
    await tab.settles()
    await sign_in_again(tab.context.request, newcomer)
    await tab.button("Follow").click()
    await expect(tab.button("Following")).to_be_visible()
    await other.api.dispose()


async def test_the_owner_of_an_address_is_told_that_others_tried_it(
    visit: Visit, newcomer: Person, playwright: Playwright, realm: Running
) -> None:
    guesser = await playwright.request.new_context(
        base_url=realm.url, extra_http_headers={"x-forwarded-for": "203.0.113.77"}
    )
    for number in range(6):
        answer = await post_session(guesser, newcomer.email, f"wrong words number {number}")
        assert answer == 401
    owner = await visit()
    await owner.go("/sign-in")
    await owner.sign_in(newcomer.handle, PASSWORD)
    told = "6 wrong passwords were tried for your account"
    await expect(owner.page.get_by_text(told)).to_be_visible()
    await guesser.dispose()


async def sign_in_again(api: APIRequestContext, person: Person) -> None:
    """Sign in beside the page, as another tab of the same browser does."""
    assert await post_session(api, person.email, PASSWORD) == 201


async def post_session(api: APIRequestContext, email: str, password: str) -> int:
    token = (await (await api.get("/api/session")).json())["page_token"]
    body = {"email": email, "password": password}
    return (await api.post("/api/session", data=body, headers={"x-csrftoken": token})).status
