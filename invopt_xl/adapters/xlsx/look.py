"""How our sheets look: number formats, widths and colours by role. The only place where a colour is named."""

from __future__ import annotations

import dataclasses

from invopt_xl.adapters.xlsx.styles_xml import CellStyle, HighlightStyle, Styles
from invopt_xl.core.sheets import Role, Tone

#: Fill of cells that belong to the planner, and of their headers.
INPUT_FILL, INPUT_HEADER_FILL = "FFF8E1", "B7791F"
HEADER_FILL, HEADER_TEXT = "1F4E78", "FFFFFF"
LINE, GREY_TEXT, TITLE_TEXT = "D9DEE4", "6B7280", "1F3864"

TONES: dict[Tone, HighlightStyle] = {
    "bad": HighlightStyle("9C0006", "FBE3E4"),
    "watch": HighlightStyle("7F5200", "FFF0CC"),
    "good": HighlightStyle("1E6B3A", "E2F2E6"),
    "muted": HighlightStyle("6B7280", "F1F3F5"),
}
#: Tab colours and chart colours by tone.
STRONG: dict[Tone, str] = {"bad": "C0504D", "watch": "E0A030", "good": "4F9D69", "muted": "9AA5B1"}
PALETTE = ("2F6DA8", "9DB7D1", "E0A030", "4F9D69", "8064A2", "9AA5B1")
BAR, BAR_NEGATIVE = "A9C8E8", "E6A5A3"

#: Number format by role: whole numbers and others, because "#,##0.##" shows 12 as "12.".
FORMATS: dict[Role, tuple[str, str]] = {
    "key": ("@", "@"),
    "text": ("General", "General"),
    "sentence": ("General", "General"),
    "severity": ("General", "General"),
    "units": ("#,##0", "#,##0.0#"),
    "money": ("#,##0.00", "#,##0.00"),
    "share": ("0.0%", "0.0%"),
    "days": ("#,##0.0", "#,##0.0"),
    "count": ("#,##0", "#,##0"),
    "number": ("#,##0", "#,##0.0##"),
    "date": ("date", "date"),
    "input": ("General", "General"),
}
#: Column widths in characters, without the header's own need.
WIDTHS: dict[Role, float] = {
    "key": 14,
    "text": 15,
    "sentence": 70,
    "severity": 11,
    "units": 12,
    "money": 14,
    "share": 11,
    "days": 10,
    "count": 11,
    "number": 12,
    "date": 12,
    "input": 15,
}
_CENTERED: tuple[Role, ...] = ("severity",)
_NUMERIC: tuple[Role, ...] = ("units", "money", "share", "days", "count", "number")


class Look:
    """Cell format indices by role, made when first needed."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles

    def cell(
        self, role: Role, *, whole: bool = True, is_date: bool = False, text_prefix: bool = False, plain: bool = False
    ) -> int:
        """Return the format of a body cell. `plain` cells (no Excel table around them) get a line below."""
        code = "date" if is_date else FORMATS[role][0 if whole else 1]
        style = CellStyle(
            code,
            horizontal="center" if role in _CENTERED else "left" if is_date or role == "date" else "",
            text_prefix=text_prefix,
        )
        if role == "input":
            style = dataclasses.replace(style, fill=INPUT_FILL, border=LINE, unlocked=True)
        elif plain:
            style = dataclasses.replace(style, border=LINE, border_sides=("bottom",))
        return self._styles.cell(style)

    def header(self, role: Role) -> int:
        fill = INPUT_HEADER_FILL if role == "input" else HEADER_FILL
        side = "right" if role in _NUMERIC else "left"
        return self._styles.cell(
            CellStyle(bold=True, color=HEADER_TEXT, fill=fill, wrap=True, vertical="center", horizontal=side)
        )

    def title(self) -> int:
        return self._styles.cell(CellStyle(bold=True, size=12, color=TITLE_TEXT))

    def text(self, style: str) -> int:
        """Return the format of a line of text: heading, note or plain."""
        if style == "heading":
            return self._styles.cell(CellStyle(bold=True, size=18, color=TITLE_TEXT))
        return self._styles.cell(CellStyle(color=GREY_TEXT, size=10) if style == "note" else CellStyle())

    def tone(self, tone: Tone) -> int:
        return self._styles.highlight(TONES[tone])
