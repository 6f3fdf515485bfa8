"""The page on which the lead chooses one of the times that are held.

Nobody logs in here: the signed link says which hand-off it belongs to. A GET only shows, because
scanners follow every link of a mail; a POST has times held, or takes one.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from baton.desk.access import RuntimeOf
from baton.desk.pages import page
from baton.desk.times_words import Words, words_for, words_in
from baton.engine import actions
from baton.engine.choosing import ForLead, times_for_lead
from baton.engine.links import TIMES_PATH, hand_off_of_link
from baton.errors import (
    BatonError,
    LinkError,
    LinkExpiredError,
    NotFoundError,
    RefusedError,
    TransientError,
)
from baton.messages.filters import local
from baton.runtime import Runtime

router = APIRouter(include_in_schema=False)
MOST_BYTES = 4096


async def form_of(request: Request) -> dict[str, str]:
    """Return what a button sent; nothing if it is longer than any button's."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return {}
    return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True))


@router.get(TIMES_PATH + "/{token}")
def ask(runtime: RuntimeOf, request: Request, token: str) -> HTMLResponse:
    """Show when the meeting is, and what is held; nothing is held or changed."""
    try:
        return _shown(times_for_lead(runtime, hand_off_of_link(runtime, token)))
    except BatonError as error:
        return _refused(request, error)


@router.post(TIMES_PATH + "/{token}")
def choose(
    runtime: RuntimeOf,
    request: Request,
    token: str,
    form: Annotated[dict[str, str], Depends(form_of)],
) -> HTMLResponse:
    """Hold times for the lead, or take the one that was pressed; twice is once."""
    try:
        hand_off_id = hand_off_of_link(runtime, token)
        if "starts_at" in form:
            return _choose(runtime, hand_off_id, _instant(form["starts_at"]))
        return _offer(runtime, hand_off_id)
    except BatonError as error:
        return _refused(request, error)


def _offer(runtime: Runtime, hand_off_id: uuid.UUID) -> HTMLResponse:
    before = times_for_lead(runtime, hand_off_id)
    if not before.is_open:
        return _shown(before)
    try:
        actions.offer_times(runtime, hand_off_id, by=None)
    except RefusedError:
        return _shown(times_for_lead(runtime, hand_off_id), _words(before).full)
    return _shown(times_for_lead(runtime, hand_off_id))


def _choose(runtime: Runtime, hand_off_id: uuid.UUID, starts_at: datetime | None) -> HTMLResponse:
    before = times_for_lead(runtime, hand_off_id)
    if not before.is_open:
        return _shown(before)
    if starts_at == before.stands:
        # The page is loaded again, and the invite is out already.
        return _told(before, _words(before).chosen, at=starts_at)
    if starts_at is None:
        return _shown(before, _words(before).gone)
    try:
        actions.choose_time(runtime, hand_off_id, starts_at, by=None)
    except RefusedError:
        return _shown(times_for_lead(runtime, hand_off_id), _words(before).gone)
    return _shown(times_for_lead(runtime, hand_off_id))


def _instant(text: str) -> datetime | None:
    """Return the aware UTC instant that a button names; None if it names none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _words(shown: ForLead) -> Words:
    return words_in(shown.language)


def _shown(shown: ForLead, refusal: str | None = None) -> HTMLResponse:
    words = _words(shown)
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    if shown.chosen is not None:
        return _told(shown, words.chosen, at=shown.chosen)
    if not shown.is_open or shown.stands is None or shown.ae is None:
        return _told(shown, words.closed)
    says = [refusal] if refusal else []
    says.append(words.stands.format(at=_local(shown, shown.stands)))
    if shown.held_until is None:
        says.append(words.ask.format(ae=shown.ae))
        return _page(words, says, status, button=words.show)
    until = _local(shown, shown.held_until)
    says.append(words.held.format(ae=shown.ae, until=until))
    times = [(start.isoformat(), _local(shown, start)) for start in shown.starts]
    return _page(words, says, status, times=times)


def _told(shown: ForLead, says: str, *, at: datetime | None = None) -> HTMLResponse:
    said = says.format(at=_local(shown, at)) if at else says
    return _page(_words(shown), [said], HTTPStatus.OK)


def _local(shown: ForLead, at: datetime) -> str:
    return local(at, shown.time_zone, _words(shown).language)


def _refused(request: Request, error: BatonError) -> HTMLResponse:
    words = words_for(request.headers.get("accept-language", ""))
    if isinstance(error, LinkExpiredError):
        return _page(words, [words.expired], HTTPStatus.GONE)
    if isinstance(error, LinkError | NotFoundError):
        return _page(words, [words.damaged], HTTPStatus.NOT_FOUND)
    is_passing = isinstance(error, TransientError)
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_passing else HTTPStatus.CONFLICT
    return _page(words, [words.failed], status)


def _page(
    words: Words,
    says: list[str],
    status: HTTPStatus,
    *,
    times: list[tuple[str, str]] | None = None,
    button: str | None = None,
) -> HTMLResponse:
    return page(
        "times",
        status,
        language=words.language,
        title=words.title,
        says=says,
        times=times or [],
        button=button,
    )
