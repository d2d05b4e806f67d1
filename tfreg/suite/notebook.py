"""Findings in a notebook: the summary, every figure and table with its caption, and the claims with their verdicts.

Conventions: the HTML refers to no other file; pictures are embedded, and every text is escaped.
"""

import base64
import tempfile
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tfreg.suite.drawings import save_drawing
from tfreg.suite.record import Claim

if TYPE_CHECKING:
    from tfreg.suite.findings import Captioned

_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}


def as_html(
    summary: str, figures: Iterable["Captioned"], tables: Iterable["Captioned"], claims: Sequence[Claim]
) -> str:
    """Findings as a fragment of HTML; figures and tables come with their captions."""
    judged = [
        f"<li><b>{claim.verdict}</b>: {escape(claim.sentence)} <small>({escape(claim.evidence)})</small></li>"
        for claim in claims
    ]
    parts = [f"<p>{escape(summary)}</p>"]
    parts += ["<ul>", *judged, "</ul>"] if judged else []
    parts += [_figure(shown) for shown in figures]
    parts += [f"<p><b>{escape(shown.caption)}</b></p>{shown.content.to_html(index=False)}" for shown in tables]
    return "".join(parts)


def _figure(shown: "Captioned") -> str:
    with tempfile.TemporaryDirectory() as folder:
        picture = save_drawing(shown.content, Path(folder) / "figure")[0]
        data = base64.b64encode(picture.read_bytes()).decode()
    source = f"data:{_TYPES[picture.suffix]};base64,{data}"
    caption = escape(shown.caption)
    return f'<figure><img src="{source}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
