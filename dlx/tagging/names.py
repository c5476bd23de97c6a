"""Names of tags, reviewers and data, and texts that people type: one spelling each, fit for a log and a file name."""

from __future__ import annotations

import getpass
import re

from dlx.errors import UserError
from dlx.places import data_name

__all__ = ["FIELDS", "RESERVED", "clean", "data_name", "key", "reviewer_name", "tag_name"]

#: What a reviewer can say about an example beside tags.
FIELDS = ("reviewed", "incorrectly_labelled", "correct_label", "comment")
#: Columns of a sheet that describe an example and are never tags.
RESERVED = (
    "id", "image", "picture", "export", "split", "source", "predictor", "y_true", "y_pred", "true", "predicted",
    "prediction", "label", "error", "loss", "proba", "probability", "confidence",
)  # fmt: skip
_LONGEST = 80
_LONGEST_TEXT = 32_000
#: What XML, and so .xlsx, cannot hold, and the two signs that JSON or UTF-8 would spoil.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


def key(name: str) -> str:
    """What two spellings of one name have in common.

    >>> key(" Great_Cat ") == key("great cat")
    True
    """
    return re.sub(r"[\s_]+", " ", str(name)).strip().casefold()


def clean(text: object) -> str:
    """A text as it survives a log, a CSV file and a spreadsheet: line ends ``\\n``, no control characters, trimmed."""
    text = str(text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text).strip()[:_LONGEST_TEXT].strip()


def tag_name(name: object, *, where: str | None = None) -> str:
    """A new tag's name.

    Raises:
        UserError: empty, too long, or the name of a column that is no tag.
    """
    text = " ".join(clean(name).split())
    if not text or len(text) > _LONGEST:
        raise UserError(f"a tag's name has 1 to {_LONGEST} characters", value=text[: _LONGEST + 1], where=where)
    if key(text) in {key(word) for word in (*FIELDS, *RESERVED)}:
        raise UserError("this word is no tag: it names a column of the sheet", value=text, where=where)
    return text


def reviewer_name(name: str | None = None) -> str:
    """The reviewer's name: as given, else the name of the account.

    Raises:
        UserError: a name that is empty.
    """
    if name is None:
        try:
            name = getpass.getuser()
        except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
            name = "reviewer"
    text = " ".join(clean(name).split())[:_LONGEST]
    if not text:
        raise UserError("a reviewer needs a name", value=name, where="--reviewer")
    return text
