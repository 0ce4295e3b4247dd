"""Pictures for case systems: only with the signature, only those that are there."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bot.intake.tables import Upload
from bot.media import MediaSigner, build_media_router, media_reader
from tests.bot.intake.home import Home
from tests.bot.intake.test_uploads import picture, store

pytest_plugins = ["tests.bot.intake.fixtures"]


@pytest.fixture
def signer(tmp_path: Path) -> MediaSigner:
    return MediaSigner(tmp_path, "http://service/")


async def get(home: Home, signer: MediaSigner, folder: Path, url: str) -> httpx.Response:
    app = FastAPI()
    app.include_router(build_media_router(home.database, signer, folder))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.get(url)


async def test_the_signed_address_gives_the_picture(home: Home, signer: MediaSigner, tmp_path: Path) -> None:
    upload = store(home, tmp_path, home.resident(), picture())
    response = await get(home, signer, tmp_path, signer.url(upload.id))
    assert response.status_code == 200 and response.headers["content-type"] == "image/jpeg"
    assert response.content == (tmp_path / upload.path).read_bytes()


@pytest.mark.parametrize("signature", ["x", "0" * 32, "é", "%00", "", "../"])
async def test_without_the_right_signature_there_is_nothing(
    home: Home, signer: MediaSigner, tmp_path: Path, signature: str
) -> None:
    upload = store(home, tmp_path, home.resident(), picture())
    response = await get(home, signer, tmp_path, f"http://service/media/{upload.id}/{signature}")
    assert response.status_code == 404


async def test_one_pictures_signature_opens_no_other(home: Home, signer: MediaSigner, tmp_path: Path) -> None:
    resident = home.resident()
    a, b = store(home, tmp_path, resident, picture()), store(home, tmp_path, resident, picture("PNG"))
    url = f"http://service/media/{b.id}/{signer.signature(a.id)}"
    assert (await get(home, signer, tmp_path, url)).status_code == 404


@pytest.mark.parametrize("gone", ["row", "file"])
async def test_what_is_gone_is_not_found(home: Home, signer: MediaSigner, tmp_path: Path, gone: str) -> None:
    upload = store(home, tmp_path, home.resident(), picture())
    if gone == "file":
        (tmp_path / upload.path).unlink()
    else:
        with home.database.transaction() as session:
            session.delete(session.get_one(Upload, upload.id))
    assert (await get(home, signer, tmp_path, signer.url(upload.id))).status_code == 404


def test_addresses_outlive_a_restart_and_differ_from_house_to_house(tmp_path: Path) -> None:
    first, again = MediaSigner(tmp_path, "http://a"), MediaSigner(tmp_path, "http://a")
    (tmp_path / "other").mkdir()
    assert first.url("u1") == again.url("u1")
    assert first.signature("u1") != MediaSigner(tmp_path / "other", "http://a").signature("u1")
    assert (tmp_path / "media.key").stat().st_mode & 0o777 == 0o600


async def test_a_case_system_that_takes_files_gets_the_picture_itself(home: Home, tmp_path: Path) -> None:
    upload = store(home, tmp_path, home.resident(), picture())
    read = media_reader(home.database, tmp_path)
    content = (tmp_path / upload.path).read_bytes()
    assert await read(upload.id) == (Path(upload.path).name, content, "image/jpeg")
    (tmp_path / upload.path).unlink()
    assert await read(upload.id) is None and await read("never") is None
