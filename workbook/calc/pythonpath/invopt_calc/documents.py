"""Which workbook asks."""

import uno


class Document:
    """The calling workbook: what its plan is kept by, and its sheets as they are now (None: its file says it all)."""

    def __init__(self, book, sheets=None):
        self.book, self.sheets = book, sheets


class Documents:
    def __init__(self, on_close):
        self._on_close = on_close

    def of(self, caller, with_sheets):
        url = caller.getURL() if caller is not None and hasattr(caller, "getURL") else ""
        return Document(uno.fileUrlToSystemPath(url) if url.startswith("file:") else url)
