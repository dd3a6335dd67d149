"""Notes on cells: the comments part and the VML drawing that gives each its box, sized to the text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from invopt_xl.adapters.xlsx.xml_text import DECLARATION, Dialect, column_letters, escape_attribute, escape_text

COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
#: Author of our notes; notes of others on our sheets are kept.
AUTHOR = "InvOpt XL"
_LINE_CHARACTERS, _LINE_POINTS, _WIDTH_POINTS = 38, 12.5, 200


@dataclass(frozen=True)
class Note:
    """A note at a 1-based row and column. `body` is the ready `<text>` element of a kept note, else made from `text`."""

    row: int
    column: int
    text: str
    author: str = AUTHOR
    body: str = ""


def comments_part(dialect: Dialect, notes: Sequence[Note]) -> bytes:
    authors = list(dict.fromkeys([AUTHOR, *(note.author for note in notes)]))
    listed = "".join(f"<author>{escape_text(author)}</author>" for author in authors)
    comments = "".join(
        f'<comment ref="{column_letters(note.column)}{note.row}" authorId="{authors.index(note.author)}" shapeId="0">'
        + (
            note.body
            or f'<text><r><rPr><sz val="9"/><color indexed="81"/><rFont val="Tahoma"/><family val="2"/></rPr><t xml:space="preserve">{escape_text(note.text)}</t></r></text>'
        )
        + "</comment>"
        for note in sorted(notes, key=lambda each: (each.row, each.column))
    )
    return (
        DECLARATION
        + f'<comments xmlns="{dialect.main}"><authors>{listed}</authors><commentList>{comments}</commentList></comments>'.encode()
    )


def vml_part(notes: Sequence[Note], others: Sequence[str] = (), *, block: int = 1) -> bytes:
    """Return the VML drawing of the notes; `others` are ready shapes of the planner (buttons), kept as they are."""
    shapes = "".join(_shape(note, block * 1024 + at) for at, note in enumerate(notes, 1))
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{block}"/></o:shapelayout>'
        '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
        '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
        f"{''.join(others)}{shapes}</xml>"
    ).encode()


def _shape(note: Note, number: int) -> str:
    lines = sum(max(1, math.ceil(len(line) / _LINE_CHARACTERS)) for line in note.text.split("\n"))
    height = 8 + _LINE_POINTS * lines
    rows = math.ceil(height / 15) + 1
    anchor = f"{note.column}, 15, {max(note.row - 1, 0)}, 4, {note.column + 3}, 31, {note.row - 1 + rows}, 4"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;width:{_WIDTH_POINTS}pt;height:{height:.0f}pt;z-index:{number % 1024};visibility:hidden" '
        'fillcolor="#fffdf3" o:insetmode="auto"><v:fill color2="#fffdf3"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        f'<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{escape_attribute(anchor)}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{note.row - 1}</x:Row><x:Column>{note.column - 1}</x:Column></x:ClientData></v:shape>"
    )
