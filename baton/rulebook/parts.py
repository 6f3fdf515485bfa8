"""What every part of the agreement is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=45)]
Word = Annotated[str, Field(min_length=1, max_length=80)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Words = Annotated[str, Field(min_length=1, max_length=4000)]
Minutes = Annotated[int, Field(gt=0, le=60 * 24 * 90)]


class Part(BaseModel):
    """A part of the agreement; a key that is not known is refused."""

    # What stands below a field is its description in the JSON schema that editors read.
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Range(Part):
    """From one number to another, both included."""

    at_least: Annotated[float, Field(ge=0, le=1e15)] | None = None
    """The lowest that counts."""
    at_most: Annotated[float, Field(ge=0, le=1e15)] | None = None
    """The highest that counts."""
