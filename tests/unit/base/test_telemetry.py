"""Logs and metrics: readable by machines, and never a place where protected data turns up."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from reelm.base import Conflict, KeyedDigest, Metrics, SealedBytes, Secret, telemetry
from reelm.base.redaction import HIDDEN, describe_exception, redact
from support.machine.determinism import ManualClock
from support.machine.loglines import LogLines, logged
from support.machine.outages import full_disk_log

log = telemetry.logger("reelm.test")


@pytest.fixture
def logs() -> Iterator[LogLines]:
    with logged(ManualClock()) as lines:
        yield lines


def test_a_line_is_json_with_time_level_name_and_fields(logs: LogLines) -> None:
    log.info("vault.put", object_id="01h", duration_ms=12)
    assert logs.lines == [
        {
            "event": "vault.put",
            "module": "reelm.test",
            "level": "info",
            "at": "2026-01-25T12:00:00.000+00:00",
            "object_id": "01h",
            "duration_ms": 12,
        }
    ]


ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("nobody may know")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_line_that_finds_no_room_is_lost_and_the_work_goes_on() -> None:
    with full_disk_log():
        log.error("request failed", path="/api/feed")
        logging.getLogger("granian").error("a library's own words")


def test_a_line_for_a_stream_that_is_closed_is_lost_and_the_work_goes_on(tmp_path: Path) -> None:
    stream = (tmp_path / "log").open("w")
    stream.close()
    with logged(stream=stream):
        log.error("request failed", path="/api/feed")
        logging.getLogger("granian").error("a library's own words")


@pytest.mark.parametrize(
    "value",
    ["\ud800", Unspeakable(), {1: {2: Unspeakable()}}, float("nan"), {("a", "b"): 1}, 10**5_000, ENDLESS],
    ids=["lone surrogate", "no repr", "deep", "nan", "odd key", "huge", "endless"],
)
def test_a_value_that_cannot_be_written_costs_its_line_at_most(logs: LogLines, value: object) -> None:
    log.error("request failed", value=value)
    log.info("the next one")
    assert logs.lines[-1]["event"] == "the next one"
    assert logs.lines[0]["event"] in {"request failed", "telemetry.line-lost"}


def test_debug_is_off_by_default(logs: LogLines) -> None:
    log.debug("quiet")
    assert logs.lines == []


def test_secrets_and_ciphertext_are_hidden_wherever_they_are(logs: LogLines) -> None:
    log.info(
        "x",
        a=Secret(b"k" * 32),
        b=SealedBytes(b"sealed"),
        c={"deep": [KeyedDigest(b"digest"), {"deeper": Secret(b"s")}]},
        d=b"raw bytes",
    )
    line = logs.lines[0]
    assert (line["a"], line["b"], line["d"]) == (HIDDEN, HIDDEN, "[9 bytes]")
    assert line["c"] == {"deep": [HIDDEN, {"deeper": HIDDEN}]}


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "old_password",
        "email",
        "token",
        "session_token",
        "ip",
        "client_ip",
        "Set-Cookie",
        "user_key",
    ],
)
def test_fields_with_a_telling_name_are_hidden(name: str) -> None:
    assert redact({name: "value", "nested": {name: {"a": 1}}}) == {name: HIDDEN, "nested": {name: HIDDEN}}


def test_e_mail_and_network_addresses_inside_text_are_replaced() -> None:
    text = "ana.b+c@mail.example.org from 203.0.113.9, 2001:db8::7 at 12:30:00, listening on 127.0.0.1:80"
    assert redact(text) == "[e-mail] from [address], [address] at 12:30:00, listening on 127.0.0.1:80"


@given(
    user=st.from_regex(r"[a-z0-9._+-]{1,20}", fullmatch=True),
    host=st.from_regex(r"[a-z0-9-]{1,20}\.[a-z]{2,6}", fullmatch=True),
    before=st.text(max_size=20),
)
def test_no_e_mail_address_survives_whatever_stands_around_it(user: str, host: str, before: str) -> None:
    email = f"{user}@{host}"
    assert email not in redact(f"{before} {email}, {before}")
    assert email not in json.dumps(redact({"note": [f"<{email}>"]}))


def test_objects_are_named_not_printed() -> None:
    @dataclass
    class Person:
        name: str = "Ana"

    assert redact([Person()])[0].endswith("Person]")


def test_a_value_that_contains_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "[too deep]" in json.dumps(redact(loop))


def test_an_exception_shows_its_way_but_no_local_variables(logs: LogLines) -> None:
    def fail(password: str) -> None:
        raise ValueError(f"cannot read ana@example.org, {len(password)}")

    try:
        fail("correct horse")
    except ValueError:
        log.exception("it.failed")
    (cause,) = logs.lines[0]["exception"]
    assert cause["type"] == "ValueError"
    assert cause["message"] == "cannot read [e-mail], 13"
    assert cause["frames"][-1].endswith(" fail")
    assert "correct horse" not in logs.stream.getvalue()


def test_an_exception_shows_its_causes(logs: LogLines) -> None:
    error = Conflict("The name is taken. Choose another.")
    error.__cause__ = OSError("disk")
    log.warning("it.failed", exc_info=error)
    assert [cause["message"] for cause in logs.lines[0]["exception"]] == [
        "The name is taken. Choose another.",
        "disk",
    ]


def test_a_cause_that_was_left_out_for_the_caller_is_in_the_log(logs: LogLines) -> None:
    def fail() -> None:
        try:
            int("x")
        except ValueError:
            raise Conflict("It is no number.") from None

    try:
        fail()
    except Conflict:
        log.exception("it.failed")
    assert [cause["type"] for cause in logs.lines[0]["exception"]] == ["Conflict", "ValueError"]


def test_the_last_words_of_a_program_are_shown_from_their_end_and_filtered(logs: LogLines) -> None:
    error = Conflict("It did not work.")
    error.add_note("ended with 1: " + "long " * 500 + "ana@example.org TypeError: no such argument")
    log.error("it.failed", exc_info=error)
    (note,) = logs.lines[0]["exception"][0]["notes"]
    assert note.startswith("… long ")
    assert note.endswith(" [e-mail] TypeError: no such argument")
    assert len(note) <= 2002


@given(st.integers(0, 450), st.sampled_from([" ", "", "\n"]))
def test_the_end_of_a_long_note_never_has_half_an_address(shift: int, gap: str) -> None:
    error = Conflict("It did not work.")
    error.add_note("x" * 300 + gap + "ana.bello@mail.example.org" + gap + "z" * shift + gap + "y" * 1600)
    (note,) = describe_exception(error)[0]["notes"]
    assert "example.org" not in note
    assert len(note) <= 2002


def test_a_database_error_shows_no_parameters(logs: LogLines) -> None:
    error = IntegrityError(
        "INSERT …", {"caption": "private words"}, sqlite3.IntegrityError("UNIQUE constraint failed")
    )
    log.error("it.failed", exc_info=error)
    assert logs.lines[0]["exception"][0]["message"] == "UNIQUE constraint failed"
    assert "private words" not in logs.stream.getvalue()


def test_other_libraries_go_through_the_same_filter(logs: LogLines) -> None:
    logging.getLogger("some.library").warning("sent to %s", "ana@example.org")
    logging.getLogger("httpx").info("GET https://x.example/?q=private")
    (line,) = logs.lines
    assert (line["event"], line["module"], line["level"]) == ("sent to [e-mail]", "some.library", "warning")


def test_an_exception_in_another_library_is_one_line_too(logs: LogLines) -> None:
    try:
        int("x")
    except ValueError:
        logging.getLogger("some.library").exception("oh")
    assert logs.lines[0]["exception"][0]["type"] == "ValueError"


def test_text_with_newlines_cannot_forge_a_line(logs: LogLines) -> None:
    log.info("x", name='a\n{"event": "forged"}')
    assert len(logs.lines) == 1


def test_paths_and_moments_are_readable(tmp_path: Path) -> None:
    assert redact(tmp_path / "a") == str(tmp_path / "a")
    assert redact(ManualClock().now()) == "2026-01-25 12:00:00+00:00"


def test_metrics_are_rendered_from_their_own_registry() -> None:
    metrics = Metrics()
    metrics.counter("reelm_puts_total", "Objects stored.").of().inc()
    metrics.gauge("reelm_queue_count", "Jobs that wait.", queue=("publish",)).of(queue="publish").set(4)
    metrics.histogram("reelm_put_seconds", "Time of a put.", buckets=(0.1, 1)).of().observe(0.5)
    text = metrics.render().decode()
    assert "reelm_puts_total 1.0" in text
    assert 'reelm_queue_count{queue="publish"} 4.0' in text
    assert 'reelm_put_seconds_bucket{le="1.0"} 1.0' in text
    assert "reelm_puts_total" not in Metrics().render().decode()


def test_a_label_takes_declared_values_only_so_no_user_data_fits() -> None:
    metrics = Metrics()
    requests = metrics.counter("reelm_requests_total", "Requests.", method=("GET", "POST"))
    requests.of(method="GET").inc()
    requests.of(method="ana@example.org").inc()
    requests.of(method="BREW").inc(2)
    text = metrics.render().decode()
    assert 'method="GET"} 1.0' in text
    assert 'method="other"} 3.0' in text
    assert "ana" not in text


def test_a_forgotten_label_is_a_mistake() -> None:
    requests = Metrics().counter("reelm_requests_total", "Requests.", method=("GET",))
    with pytest.raises(ValueError, match="labels"):
        requests.of()


def test_an_e_mail_address_in_a_web_address_is_replaced_too() -> None:
    assert redact("GET /reset?to=ana%40example.org") == "GET [e-mail]"


@given(st.integers(0, 60), st.sampled_from([" ", "", "\n"]))
def test_a_cut_never_leaves_half_an_address(shift: int, gap: str) -> None:
    text = ("x" * 50 + gap) * 38 + "y" * shift + gap + "ana.bello@mail.example.org" + " z" * 2000
    shown = redact(text)
    assert "ana.bello@" not in shown
    assert len(shown) <= 2002


def test_every_part_of_a_group_of_exceptions_is_shown(logs: LogLines) -> None:
    parts = [ValueError("first"), ExceptionGroup("inner", [OSError("second")])]
    log.error("it.failed", exc_info=ExceptionGroup("outer", parts))
    (group,) = logs.lines[0]["exception"]
    assert group["parts"][0][0]["message"] == "first"
    assert group["parts"][1][0]["parts"][0][0]["message"] == "second"
