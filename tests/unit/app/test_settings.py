"""Settings: strict, located, and with an origin for every value."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from reelm.app import settings
from reelm.app.errors import BadSettings
from reelm.base import Database


def write(data: Path, text: str) -> Path:
    data.mkdir(exist_ok=True)
    (data / "settings.toml").write_text(text)
    return data


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_an_empty_folder_has_working_defaults(tmp_path: Path) -> None:
    found = settings.load(tmp_path / "a realm")
    assert found.port == 8420
    assert found.public_url == "http://127.0.0.1:8420"
    assert found.database_url == f"sqlite:///{tmp_path}/a realm/records.sqlite"
    assert found.jobs_database_url.endswith("/jobs.sqlite")
    assert found.paths.root_key == tmp_path / "a realm" / "keys" / "root.key"
    assert not found.data.exists()


@pytest.mark.parametrize("name", ["what?", "100%20 of it", "%3F", "#1: ünïcode 短", "a?b=c&d"])
async def test_the_records_are_in_the_folder_whatever_its_name_is(tmp_path: Path, name: str) -> None:
    found = settings.load(tmp_path / name)
    found.data.mkdir()
    database = Database.open(found.database_url)
    await database.check()
    await database.close()
    assert make_url(found.jobs_database_url).database == str(found.paths.jobs)
    assert names(tmp_path) == [name]
    assert found.paths.records.exists()


def test_the_command_line_overrules_the_file_and_both_are_named_as_origins(tmp_path: Path) -> None:
    write(tmp_path, '# mine\nport = 9000\nhost = "::1"\n\n[uploads]\nmax_duration_seconds = 90\n')
    found = settings.load(tmp_path, flags={"port": 9001, "host": None, "public_url": None})
    assert (found.port, found.host, found.uploads.max_duration_seconds) == (9001, "::1", 90)
    assert found.public_url == "http://[::1]:9001"
    origins = {name: origin for name, _, origin in settings.effective(found)}
    assert origins["port"] == "--port"
    assert origins["host"] == "settings.toml line 3"
    assert origins["uploads.max_duration_seconds"] == "settings.toml line 6"
    assert origins["encoders"] == "default"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 0", "line 1: port must be a whole number from 1 to 65,535, not 0"),
        ("port = true", "port must be a whole number"),
        ('\nprot = 1\nlog_level = "loud"', "line 2: prot is not a setting; did you mean port?"),
        ('\nprot = 1\nlog_level = "loud"', "line 3: log_level must be one of debug, info"),
        (
            "[uploads]\nmax_pixel = 5",
            "line 2: uploads.max_pixel is not a setting; did you mean uploads.max_pixels?",
        ),
        ("[other]\nx = 1", "line 2: other.x is not a setting"),
        ('database_url = "mysql://x"', "sqlite:/// or postgresql://"),
        ('public_url = "example"', "http:// or https://"),
        ("port = \n", "line 1"),
        ("data = '/elsewhere'", "data is not a setting"),
        ("host = ''", "host must be an address"),
        ('trusted_proxies = "front"', "addresses or networks separated by commas"),
    ],
)
def test_a_fault_names_its_line_and_what_would_be_right(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadSettings) as caught:
        settings.load(write(tmp_path, text))
    assert said in caught.value.detail
    assert str(tmp_path / "settings.toml") in caught.value.detail


def test_text_that_is_not_utf8_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"host = '\xff'")
    with pytest.raises(BadSettings, match="cannot be read as text"):
        settings.load(tmp_path)


def test_a_flag_out_of_range_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="--port: port must be"):
        settings.load(tmp_path, flags={"port": 70_000})


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    write(tmp_path, "port = 9000\n")
    flags: dict[str, str | int | None] = {
        "port": 9001,
        "host": "0.0.0.0",  # noqa: S104 - only read
        "public_url": "https://clips.example/",
    }
    mine = settings.load(tmp_path, flags=flags)
    theirs = settings.from_command_line(settings.as_arguments(mine), program="child")
    assert theirs == mine
    assert theirs.public_url == "https://clips.example"


def test_everywhere_is_reached_by_the_local_name(tmp_path: Path) -> None:
    assert settings.load(tmp_path, flags={"host": "0.0.0.0"}).public_url == "http://localhost:8420"  # noqa: S104 - only read
