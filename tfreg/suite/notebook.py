"""Findings in a notebook: the summary, every figure and table with its caption, and the claims with their verdicts.

Conventions: the HTML needs nothing but itself; pictures are embedded, and every text is escaped.
"""

import base64
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from tfreg.suite.drawings import save_drawing
from tfreg.suite.findings import Findings

_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}


def as_html(found: Findings) -> str:
    """The findings as a fragment of HTML."""
    figures = [_figure(shown.content, shown.caption) for shown in found.figures.values()]
    tables = [
        f"<p><b>{escape(shown.caption)}</b></p>{shown.content.to_html(index=False, escape=True)}"
        for shown in found.tables.values()
    ]
    claims = [
        f"<li><b>{claim.verdict}</b>: {escape(claim.sentence)} <small>({escape(claim.evidence)})</small></li>"
        for claim in found.claims
    ]
    judged = f"<ul>{''.join(claims)}</ul>" if claims else ""
    return f"<p>{escape(found.summary)}</p>{judged}{''.join(figures)}{''.join(tables)}"


def _figure(drawing: Any, caption: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        picture = save_drawing(drawing, Path(folder) / "figure")[0]
        data = base64.b64encode(picture.read_bytes()).decode()
    source = f"data:{_TYPES[picture.suffix]};base64,{data}"
    caption = escape(caption)
    return f'<figure><img src="{source}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
