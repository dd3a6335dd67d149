"""Notes on a sheet of ours: ours on the headers are written afresh, those of others move with their rows."""

from __future__ import annotations

import posixpath

from lxml import etree

from invopt_xl.adapters.kept import Carried
from invopt_xl.adapters.package import Relations
from invopt_xl.adapters.xlsx.comments_xml import AUTHOR, COMMENTS_TYPE, VML_TYPE, Note, comments_part, vml_part
from invopt_xl.adapters.xlsx.old_sheet import OldSheet, OldTable, corner, rich_text
from invopt_xl.adapters.xlsx.workbook_part import Workbook
from invopt_xl.adapters.xlsx.xml_text import Element, column_letters, serialize
from invopt_xl.core.sheets import Block

_VML = "{urn:schemas-microsoft-com:vml}"
_OFFICE = "{urn:schemas-microsoft-com:office:excel}"


class NoteKeeper:
    """Collects the notes of one sheet and writes the comments part and its drawing."""

    def __init__(self, workbook: Workbook, old: OldSheet | None, relations: Relations) -> None:
        self._workbook, self._package, self._relations = workbook, workbook.package, relations
        self._ours: list[Note] = []
        self._places: dict[tuple[int, int], tuple[int, int]] = {}
        self._comments = self._target("comments")
        self._drawing = self._target("vmlDrawing")
        self._foreign = [] if old is None or not self._comments else self._read(self._comments)

    def _target(self, kind: str) -> str:
        found = self._relations.of_kind(kind)
        part = self._package.spelled(self._relations.target(found[0])) if found else ""
        return part if part and self._package.has(part) else ""

    def add(self, row: int, column: int, text: str) -> None:
        """Add a note of ours."""
        self._ours.append(Note(row, column, text))

    def foreign_rows(self) -> set[int]:
        """Return the rows of the old sheet on which others left notes."""
        return {note.row for note in self._foreign}

    def move(self, table: OldTable | None, carried: Carried, block: Block) -> None:
        """Note where the cells of an old table went, so that notes on them go along."""
        if table is None or not self._foreign:
            return
        new = {
            name: block.column + i
            for i, name in enumerate([each.name for each in block.columns] + carried.extra_headers)
        }
        rows = {**carried.moved_rows, table.first_row: block.row}
        for i, name in enumerate(table.headers):
            for old_row, new_row in rows.items():
                if name in new:
                    self._places[(old_row, table.first_column + i)] = (new_row, new[name])

    def write(self) -> str:
        """Write the parts and return the relationship id of the drawing; "" when there are no notes."""
        notes = self._ours + self._moved_foreign()
        others = self._other_shapes()
        if not notes and not others and not self._drawing:
            return ""
        dialect, package, folder = self._workbook.dialect, self._package, self._workbook.folder
        if not self._comments:
            self._comments = package.free_name(posixpath.join(folder, "comments%d.xml"))
            self._relations.add(dialect.relations + "/comments", self._comments)
            package.set_content_type(self._comments, COMMENTS_TYPE)
        if not self._drawing:
            self._drawing = package.free_name(posixpath.join(folder, "drawings/vmlDrawing%d.vml"))
            self._relations.add(dialect.relations + "/vmlDrawing", self._drawing)
            package.set_default_type("vml", VML_TYPE)
        package.put(self._comments, comments_part(dialect, notes))
        package.put(self._drawing, vml_part(notes, others))
        return str(
            next(
                each.get("Id")
                for each in self._relations.of_kind("vmlDrawing")
                if package.spelled(self._relations.target(each)) == self._drawing
            )
        )

    def _read(self, part: str) -> list[Note]:
        """Return the notes of others."""
        root = self._package.xml(part)
        tag = self._workbook.dialect.tag
        authors = [each.text or "" for each in root.iter(tag("author"))]
        notes = []
        for each in root.iter(tag("comment")):
            number = int(each.get("authorId", "0"))
            author = authors[number] if number < len(authors) else ""
            text = each.find(tag("text"))
            if author == AUTHOR or text is None:
                continue
            column, row = corner(each.get("ref", "A1"))
            notes.append(
                Note(row, column, rich_text(text), author, etree.tostring(text, encoding="unicode", with_tail=False))
            )
        return notes

    def _moved_foreign(self) -> list[Note]:
        ours = {(note.row, note.column): note.text for note in self._ours}
        moved: dict[tuple[int, int], Note] = {}
        places: dict[str, str] = {}
        for note in self._foreign:
            place = self._places.get((note.row, note.column), (note.row, note.column))
            # LibreOffice forgets authors: a note without one on a header of ours is ours
            if place in ours and (not note.author or note.text.strip() == ours[place].strip()):
                continue
            while place in moved or place in ours:  # the place is taken: the note moves right rather than being lost
                place = (place[0], place[1] + 1)
            moved[place] = Note(*place, note.text, note.author, note.body)
            places[_address(note.row, note.column)] = _address(*place)
        self._move_threads(places)
        return list(moved.values())

    def _move_threads(self, places: dict[str, str]) -> None:
        """Move the conversations that notes stand for along with them."""
        for relation in self._relations.of_kind("threadedComment"):
            part = self._package.spelled(self._relations.target(relation))
            if not self._package.has(part):
                continue
            root = self._package.xml(part)
            for each in root:
                reference = each.get("ref") or ""
                if reference in places:
                    each.set("ref", places[reference])
            self._package.put(part, serialize(root))

    def _other_shapes(self) -> list[str]:
        """Return shapes of the old drawing that are no notes: form buttons of the planner."""
        if not self._drawing:
            return []
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        root = etree.fromstring(self._package.get(self._drawing), parser)
        shapes: list[Element] = [] if root is None else list(root.iter(_VML + "shape"))
        return [
            etree.tostring(each, encoding="unicode", with_tail=False)
            for each in shapes
            if all(data.get("ObjectType") != "Note" for data in each.iter(_OFFICE + "ClientData"))
        ]


def _address(row: int, column: int) -> str:
    return f"{column_letters(column)}{row}"
