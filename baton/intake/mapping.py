"""Which column means what: recognised from the header, or said in a mapping file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rapidfuzz import fuzz, process

from baton.domain.custom import custom_key
from baton.errors import InputError
from baton.intake.columns import (
    LEAD_FIELDS,
    LeadField,
    field_of,
    plain,
    recognise,
)

_SIMILAR = 80


class Mapping(BaseModel):
    """What `--map` says.

    Attributes:
        source: Where the file comes from; part of a lead's identity.
        columns: The file's column for each of the lead's.
        dates: How dates are written, as for `strptime`; without it, ISO and month names.
        constants: Values for columns that the file does not have.
        custom: The other columns that are kept as facts; without it, all of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    columns: dict[LeadField, str] = {}
    dates: str | None = None
    constants: dict[LeadField, str] = {}
    custom: list[str] | None = None


class Columns(BaseModel):
    """Where each value stands in a row; kept with a refused row so that it can be read again.

    Attributes:
        source: As in `Mapping`.
        headers: The file's columns, in order.
        fields: Positions of each of the lead's columns; the first that is not blank counts.
        custom: Position of each fact by its name.
        dates: As in `Mapping`.
        constants: As in `Mapping`.
        default_country: Where phone numbers without a prefix ring, if the row has no country.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    headers: tuple[str, ...]
    fields: dict[LeadField, tuple[int, ...]]
    custom: dict[str, int]
    dates: str | None = None
    constants: dict[LeadField, str] = {}
    default_country: str | None = None


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        InputError: It cannot be read, or says something that is not known; the message names what.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Mapping.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"Cannot read the mapping {path}: {error}.") from error
    except ValidationError as error:
        problems = [_problem(item["loc"], item["msg"]) for item in error.errors(include_url=False)]
        raise InputError(
            f"The mapping {path} cannot be used: {'; '.join(problems)}. "
            f"A lead's columns are: {', '.join(LEAD_FIELDS)}."
        ) from error


def _problem(place: tuple[int | str, ...], message: str) -> str:
    parts = [str(part) for part in place if part != "[key]"]
    wrong = parts[-1] if parts else ""
    close = process.extractOne(wrong, LEAD_FIELDS, scorer=fuzz.ratio, score_cutoff=_SIMILAR)
    hint = f" (did you mean {close[0]!r}?)" if close and close[0] != wrong else ""
    return f"{'.'.join(parts) or 'the file'}: {message}{hint}"


def resolve(headers: tuple[str, ...], mapping: Mapping | None, *, file: str) -> Columns:
    """Return where each value stands in the file's rows.

    Raises:
        InputError: The mapping names a column that the file does not have, or there is no mapping
            and the header is not a known one; then the message holds a mapping to begin with.
    """
    if mapping is not None:
        return _resolve_mapping(headers, mapping, file)
    source = recognise(headers)
    if source is None:
        raise InputError(
            f"The columns of {file} are not known: {', '.join(headers)}.\n"
            "Save this as map.yaml, mend it and give it with --map map.yaml:\n\n"
            + skeleton(headers)
        )
    fields: dict[LeadField, tuple[int, ...]] = {}
    others = []
    for position, header in enumerate(headers):
        field = field_of(source, header)
        if field is None:
            others.append(position)
        else:
            fields[field] = (*fields.get(field, ()), position)
    return Columns(source=source, headers=headers, fields=fields, custom=_facts(headers, others))


def _resolve_mapping(headers: tuple[str, ...], mapping: Mapping, file: str) -> Columns:
    positions = {plain(header): position for position, header in enumerate(headers)}
    wanted = [*mapping.columns.values(), *(mapping.custom or ())]
    missing = [name for name in wanted if plain(name) not in positions]
    if missing:
        raise InputError(
            f"The mapping names the column {', '.join(map(repr, missing))}, which {file} does not "
            f"have. Its columns are: {', '.join(headers)}."
        )
    fields = {field: (positions[plain(name)],) for field, name in mapping.columns.items()}
    used = {position for each in fields.values() for position in each}
    if mapping.custom is None:
        others = [position for position in range(len(headers)) if position not in used]
    else:
        others = [positions[plain(name)] for name in mapping.custom]
    return Columns(
        source=mapping.source,
        headers=headers,
        fields=fields,
        custom=_facts(headers, others),
        dates=mapping.dates,
        constants=mapping.constants,
    )


def _facts(headers: tuple[str, ...], positions: Sequence[int]) -> dict[str, int]:
    facts: dict[str, int] = {}
    for position in positions:
        key = custom_key(headers[position])
        facts[key if key not in facts else f"{key}_{position + 1}"] = position
    return facts


def skeleton(headers: tuple[str, ...]) -> str:
    """Return a mapping to begin with: what the names suggest, the rest as comments."""
    guesses = _guesses(headers)
    taken = set(guesses.values())
    lines = ["source: my-source", "columns:"]
    lines.extend(
        f"  {field}: {_quoted(guesses[field])}" if field in guesses else f"  # {field}:"
        for field in LEAD_FIELDS
    )
    lines += [
        "# How dates are written, if not like 2026-03-31:",
        '# dates: "%d-%m-%Y"',
        "# The same for every row:",
        "# constants: {country: US}",
        "# Other columns to keep as facts (without this line, all are kept):",
        f"# custom: [{', '.join(_quoted(name) for name in headers if name not in taken)}]",
    ]
    return "\n".join(lines)


def _guesses(headers: tuple[str, ...]) -> dict[LeadField, str]:
    guesses: dict[LeadField, str] = {}
    for header in headers:
        known = (field_of(source, header) for source in ("baton", "hubspot", "salesforce"))
        field = next((each for each in known if each), None)
        if field is None and plain(header).endswith(" id"):
            field = "external_id"
        if field and field not in guesses:
            guesses[field] = header
    return guesses


def _quoted(name: str) -> str:
    dumped: str = yaml.safe_dump(name, default_flow_style=True, allow_unicode=True, width=1000)
    return dumped.splitlines()[0]
