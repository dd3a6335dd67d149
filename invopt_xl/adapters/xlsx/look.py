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

#: Number format by role; those of `MEASURED` get the decimals that their column needs.
FORMATS: dict[Role, str] = {
    "key": "@",
    "money": "#,##0.00",
    "share": "0.0%",
    "days": "#,##0.0",
    "count": "#,##0",
    "date": "date",
}
#: Roles whose decimals depend on the numbers.
MEASURED: tuple[Role, ...] = ("units", "number")
#: Column widths in characters, without the header's own need.
WIDTHS: dict[Role, float] = {
    "key": 14,
    "text": 15,
    "sentence": 30,
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
#: Roles whose texts keep a distance from the number to their left.
_INDENTED: tuple[Role, ...] = ("key", "text", "sentence")
_RIGHT: tuple[Role, ...] = ("units", "money", "share", "days", "count", "number", "date")
#: Roles whose texts break into lines, so that a long one never covers the cells beside it.
WRAPPED: tuple[Role, ...] = ("sentence", "input")


class Look:
    """Cell format indices by role, made when first needed."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._cells: dict[tuple[Role, int, bool, bool, bool], int] = {}

    def cell(
        self, role: Role, *, decimals: int = 0, is_date: bool = False, text_prefix: bool = False, plain: bool = False
    ) -> int:
        """Return the format of a body cell. `decimals` matter to `MEASURED` roles; `plain` cells (no Excel table around them) get a line below."""
        wanted = (role, decimals, is_date, text_prefix, plain)
        if wanted not in self._cells:
            self._cells[wanted] = self._styles.cell(_cell_style(*wanted))
        return self._cells[wanted]

    def header(self, role: Role) -> int:
        fill = INPUT_HEADER_FILL if role == "input" else HEADER_FILL
        side = "center" if role in _CENTERED else "right" if role in _RIGHT else "left"
        return self._styles.cell(
            CellStyle(
                bold=True,
                color=HEADER_TEXT,
                fill=fill,
                wrap=True,
                vertical="center",
                horizontal=side,
                indent=int(role in _INDENTED),
            )
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


def _cell_style(role: Role, decimals: int, is_date: bool, text_prefix: bool, plain: bool) -> CellStyle:
    indent = int(role in _INDENTED and not is_date)
    code = "date" if is_date else FORMATS.get(role, "General")
    if role in MEASURED and not is_date:
        code = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    style = CellStyle(
        code,
        horizontal="center" if role in _CENTERED else "left" if indent else "",
        vertical="center",
        indent=indent,
        wrap=role in WRAPPED,
        text_prefix=text_prefix,
    )
    if role == "input":
        style = dataclasses.replace(style, fill=INPUT_FILL, border=LINE, unlocked=True)
    elif plain:
        style = dataclasses.replace(style, border=LINE, border_sides=("bottom",))
    return style
