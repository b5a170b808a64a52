"""File formats under one upper-case name each, whatever a portal calls them."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

_NAMES = {
    "XLSX": "xlsx xlsm excelworkbook spreadsheet excelxlsx vndopenxmlformatsofficedocumentspreadsheetmlsheet"
    " vndmsexcelsheetmacroenabled12",
    "XLS": "xls excel vndmsexcel msexcel",
    "ODS": "ods opendocumentspreadsheet vndoasisopendocumentspreadsheet",
    "CSV": "csv commaseparatedvalues textcsv textcomaseparatedvalues",
    "TSV": "tsv tabseparatedvalues",
    "TXT": "txt text plain textplain",
    "JSON": "json",
    "JSONL": "jsonl ndjson",
    "XML": "xml",
    "RDF": "rdf ttl turtle jsonld rdfxml ldjson",
    "GEOJSON": "geojson vndgeojson geojsonl",
    "TOPOJSON": "topojson",
    "SHP": "shp shapefile esrishapefile shapefiles zippedshapefile shpzip zippedshp zipshp",
    "GDB": "gdb geodatabase filegeodatabase esrigeodatabase gdbzip zippedgdb filegdb",
    "GPKG": "gpkg geopackage",
    "KML": "kml vndgoogleearthkmlxml",
    "KMZ": "kmz vndgoogleearthkmz",
    "GPX": "gpx",
    "GEOTIFF": "geotiff tif tiff geotif cog",
    "ASCII GRID": "asc asciigrid",
    "NETCDF": "netcdf nc",
    "PARQUET": "parquet geoparquet",
    "PBF": "pbf osmpbf",
    "MBTILES": "mbtiles",
    "GARMIN IMG": "garminimg img",
    "GEOSERVICE": "geoservice arcgisgeoservicesrestapi esrirest arcgisrest featureserver mapserver featureservice",
    "WMS": "wms ogcwms webmapservice",
    "WFS": "wfs ogcwfs webfeatureservice",
    "WCS": "wcs ogcwcs",
    "WMTS": "wmts",
    "API": "api restapi",
    "WEB APP": "webapp html htm dashboard website webpage web link url interactive",
    "PDF": "pdf",
    "DOC": "doc msword",
    "DOCX": "docx word vndopenxmlformatsofficedocumentwordprocessingmldocument",
    "PPT": "ppt vndmspowerpoint",
    "PPTX": "pptx powerpoint vndopenxmlformatsofficedocumentpresentationmlpresentation",
    "JPEG": "jpeg jpg",
    "PNG": "png",
    "SVG": "svg",
    "ZIP": "zip xzipcompressed zippedfile",
    "7Z": "7z",
    "RAR": "rar",
    "GZ": "gz gzip tgz targz",
    "GOOGLE SHEET": "googlesheet googlesheets",
    "ACCESS": "mdb accdb msaccess",
    "SQLITE": "sqlite db",
    "STATA": "dta stata",
    "SPSS": "sav spss por",
    "R": "rds rdata",
    "XLSFORM": "xlsform",
    "EMAIL": "eml email",
}
_NAME = {word: name for name, words in _NAMES.items() for word in words.split()}
_LONGEST = 30


def format_name(word: str, media_type: str = "", address: str = "") -> str:
    """The normalised format: of the portal's own word, else of the media type, else of the address's ending.

    Returns:
        Such as ``XLSX`` or ``WEB APP``; an unknown word in capitals; empty if nothing says.
    """
    return _declared(word[:200], media_type[:200]) or _NAME.get(_key(_ending(address)), "")


@lru_cache(4096)
def _declared(word: str, media_type: str) -> str:
    own = _key(word)
    if own in _NAME:
        return _NAME[own]
    if own:
        # "zipped shapefiles", ".csv, .xlsx": the first part that is known, "zipped" being the weakest word
        parts = [_NAME[part] for part in map(_key, re.split(r"[\s,;|/()]+", word)) if part in _NAME]
        named = [part for part in parts if part != "ZIP"] or parts
        return named[0] if named else " ".join(word.upper().split())[:_LONGEST]
    kind = _key(media_type.partition(";")[0].rpartition("/")[2].removeprefix("x-"))
    return _NAME.get(kind, "")


def _key(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower()[:200])


def _ending(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2] if "." in name else ""
