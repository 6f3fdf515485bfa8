"""The few pages that people outside the house see; no page loads anything from anywhere."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
}


def page(name: str, status: HTTPStatus = HTTPStatus.OK, **variables: object) -> HTMLResponse:
    """Return the page of this name, with headers that keep its address to itself."""
    text = _environment().get_template(f"{name}.html.j2").render(variables)
    return HTMLResponse(text, status_code=status, headers=HEADERS)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("baton.desk.pages", "."), autoescape=True, undefined=StrictUndefined
    )
