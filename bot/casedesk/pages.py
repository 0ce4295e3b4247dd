"""The page for people: cases listed, status changed by buttons. Placeholder router until the page lands."""

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from bot.casedesk.desk import Desk

router = APIRouter()


def serve_files(app: FastAPI, desk: Desk) -> None:
    app.mount("/media", StaticFiles(directory=desk.media.folder))
