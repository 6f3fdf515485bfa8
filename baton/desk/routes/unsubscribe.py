"""The page behind the link to unsubscribe, and the one click of mail programs (RFC 8058).

Nobody logs in here: the signed link says which lead it was sent to. Only a POST changes anything,
because scanners follow every link of a mail.
"""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from baton.desk.access import RuntimeOf
from baton.desk.pages import page
from baton.desk.unsubscribe_words import Words, words_for
from baton.engine.links import PATH, lead_of_link
from baton.engine.opting_in import subscribe_address
from baton.engine.opting_out import opt_out_lead
from baton.errors import BatonError, LinkError, LinkExpiredError, TransientError

router = APIRouter(include_in_schema=False)


@router.get(PATH + "/{token}")
def ask(runtime: RuntimeOf, request: Request, token: str) -> HTMLResponse:
    """Show a page with one button; nothing is changed."""
    words = words_for(request.headers.get("accept-language", ""))
    try:
        lead_of_link(runtime, token)
    except LinkError as error:
        return _refused(words, error)
    return _shown(words, words.ask, button=words.button)


@router.post(PATH + "/{token}")
def do(runtime: RuntimeOf, request: Request, token: str) -> HTMLResponse:
    """Opt the lead out at once; a second time changes nothing."""
    words = words_for(request.headers.get("accept-language", ""))
    try:
        lead_id = lead_of_link(runtime, token)
        opt_out_lead(runtime, lead_id, source="link", reason="one click")
        address = subscribe_address(runtime, lead_id)
    except BatonError as error:
        return _refused(words, error)
    return _shown(words, words.done, address=address)


def _refused(words: Words, error: BatonError) -> HTMLResponse:
    if isinstance(error, LinkExpiredError):
        return _shown(words, words.expired, HTTPStatus.GONE)
    if isinstance(error, LinkError):
        return _shown(words, words.damaged, HTTPStatus.NOT_FOUND)
    is_passing = isinstance(error, TransientError)
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_passing else HTTPStatus.CONFLICT
    return _shown(words, words.failed, status)


def _shown(
    words: Words,
    says: str,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    button: str | None = None,
    address: str | None = None,
) -> HTMLResponse:
    return page(
        "unsubscribe",
        status,
        language=words.language,
        title=words.title,
        says=says,
        button=button,
        again=words.again,
        address=address,
    )
