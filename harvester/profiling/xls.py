"""Excel's format of before 2007: read whole, for its parts lie about in it."""

from io import StringIO

from harvester.profiling.pieces import Pieces, Unread
from harvester.profiling.table import MOST_COLUMNS, MOST_SHEETS, ROWS, Found, Remark, Sheet, too_wide

_ENCRYPTED = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_WORD = "WordDocument".encode("utf-16-le")


def sheets(pieces: Pieces) -> Found:
    """The first rows of the sheets of an OLE2 file, which a locked workbook of today is too; raises Unread, Wanted."""
    import xlrd
    from xlrd.compdoc import CompDocError

    pieces.need([(0, pieces.size)])
    pieces.seek(0)
    content = pieces.read()
    if any(mark in content for mark in _ENCRYPTED):
        raise Unread("encrypted", "The file is locked with a password.")
    if _WORD in content:
        raise Unread("format-not-read", "The file is a document, no workbook.")
    try:
        book = xlrd.open_workbook(file_contents=content, on_demand=True, ragged_rows=True, logfile=StringIO())
    except xlrd.XLRDError as error:
        if "encrypt" in str(error).lower() or "password" in str(error).lower():
            raise Unread("encrypted", "The file is locked with a password.") from None
        raise Unread("broken", "The file begins as a workbook and is broken.") from None
    except CompDocError:
        raise Unread("broken", "The file begins as a workbook and is broken.") from None
    found: list[Sheet] = []
    remarks: list[Remark] = []
    with book:
        for number in range(min(book.nsheets, MOST_SHEETS)):
            sheet = book.sheet_by_index(number)
            rows: list[list[object]] = [sheet.row_values(at) for at in range(min(sheet.nrows, ROWS))]
            widest = max(map(len, rows), default=0)
            if widest > MOST_COLUMNS:
                rows = []
                remarks.append(too_wide(sheet.name, widest))
            found.append(Sheet(sheet.name, rows, sheet.nrows, sheet.ncols))
            book.unload_sheet(number)
        if book.nsheets > MOST_SHEETS:
            remarks.append(Remark("too-many-sheets", f"{book.nsheets} sheets; the first {MOST_SHEETS} are read."))
    if _MACROS in content:
        remarks.append(Remark("macros", "The workbook holds macros; they were not looked at."))
    return Found("XLS", tuple(found), tuple(remarks))
