"""File formats under one upper-case name each, whatever a portal calls them."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

_NAMES = {
    "XLSX": "xlsx xlsm xlsb xlss xlxs xslx excelworkbook spreadsheet excelxlsx microsoftexcel exceldocument"
    " exceloxmlspreadsheet vndopenxmlformatsofficedocumentspreadsheetmlsheet vndmsexcelsheetmacroenabled12",
    "XLS": "xls excel vndmsexcel msexcel",
    "ODS": "ods opendocumentspreadsheet vndoasisopendocumentspreadsheet",
    "CSV": "csv cvs csc commaseparatedvalues textcsv textcomaseparatedvalues csvcollection csvfile",
    "TSV": "tsv tabseparatedvalues",
    "TXT": "txt text plain textplain",
    "JSON": "json",
    "JSONL": "jsonl ndjson",
    "XML": "xml iatixml iati iatiactivity iatiactivities iatiorganisation",
    "RSS": "rss rssxml rssfeed atom atomxml",
    "RDF": "rdf ttl turtle jsonld rdfxml ldjson ntriples n3",
    "GEOJSON": "geojson vndgeojson geojsonl geojsonfile",
    "TOPOJSON": "topojson",
    "SHP": "shp vndshp shapefile shapefilecollection esrishapefile shapefiles zippedshapefile shpzip zippedshp zipshp",
    "GDB": "gdb geodatabase mobilegeodatabase"
    " filegeodatabase esrigeodatabase gdbzip zippedgdb zippedgeodatabse filegdb",
    "GPKG": "gpkg geopackage geopackagevnd geopackagesqlite3",
    "GML": "gml gmlxml",
    "KML": "kml kmlcollection kmlfile vndgoogleearthkmlxml",
    "KMZ": "kmz vndgoogleearthkmz vndgoogleearthkmzxml",
    "GPX": "gpx",
    "GEOTIFF": "geotiff tif tiff gtif geotif cog raster",
    "ASCII GRID": "asc asciigrid grid grd esrigrid arcgrid arcinfogrid ogcaaigrid",
    "NETCDF": "netcdf nc",
    "PARQUET": "parquet geoparquet",
    "PBF": "pbf osmpbf",
    "MBTILES": "mbtiles",
    "GARMIN IMG": "garminimg img",
    "GEOSERVICE": "geoservice arcgisgeoservicesrestapi esrirest arcgisrest featureserver mapserver featureservice"
    " mapservice imageservice vectortileservice sceneservice geodataservice geoprocessingservice geocodingservice"
    " featurelayer maplayer featurecollection imageserver esrimapserver esrifeatureserver"
    " esriimageserver ogcfeatureserver ogcapifeatures liveservice kmlservice",
    "WMS": "wms ogcwms webmapservice",
    "WFS": "wfs ogcwfs webfeatureservice",
    "WCS": "wcs ogcwcs",
    "WMTS": "wmts",
    "API": "api restapi webapi applicationprogramminginterface openapi odata sparql",
    "WEB APP": "webapp html htm aspx dashboard website webpage web link url urllink interactive xhtml xhtmlxml app"
    " webmap webscene webmappingapplication webexperience webexperiencetemplate storymap storymaptheme insightsworkbook"
    " hubsiteapplication hubpage hubinitiative operationview application mobileapplication documentlink onlinemap"
    " interactivemap webproduct linkedwebsite",
    "FORM": "form survey123 surveyform questionnaireform",
    "PDF": "pdf adobepdf pdffile",
    "DOC": "doc msword worddocument",
    "DOCX": "docx word microsoftword wordooxmldocument vndopenxmlformatsofficedocumentwordprocessingmldocument",
    "PPT": "ppt vndmspowerpoint",
    "PPTX": "pptx powerpoint microsoftpowerpoint powerpointooxmlpresentation"
    " vndopenxmlformatsofficedocumentpresentationmlpresentation",
    "JPEG": "jpeg jpg jpgimagefile",
    "JPEG 2000": "jp2 jpeg2000 jpg2000",
    "GIF": "gif",
    "BMP": "bmp msbmp",
    "EMF": "emf",
    "PNG": "png",
    "SVG": "svg svgxml",
    "ZIP": "zip zipcompressed xzipcompressed zippedfile",
    "7Z": "7z",
    "RAR": "rar",
    "GZ": "gz gzip tgz targz",
    "GOOGLE SHEET": "googlesheet googlesheets googlespreadsheet gsheet",
    "ACCESS": "mdb accdb msaccess accessdatabase",
    "DBF": "dbf dbase",
    "SQL": "sql sqlfile",
    "ARCGIS PACKAGE": "mpk lpk ppkx mapx lpkx mpkx mappackage layerpackage projectpackage tilepackage vectortilepackage"
    " scenelayerpackage servicedefinition layer layertemplate mxd aprx",
    "QGIS": "qgis qgz qgs qgisfile",
    "SQLITE": "sqlite sqlite3 vndsqlite3 sqlitegeodatabase db",
    "STATA": "dta stata statadta statadatafile",
    "SPSS": "sav spss por spsssav spssdatafile spsssavefile",
    "R": "rds rdata",
    "XLSFORM": "xlsform",
    "EMAIL": "eml email",
}
_NAME = {word: name for name, words in _NAMES.items() for word in words.split()}
FORMATS = frozenset(_NAMES)
"""The list. A word outside it stays as it is, in capitals."""
_LONGEST = 30
_UNSAID = {"", "na", "unknown", "none", "null", "other", "octetstream"}
_MEDIA_TYPE = re.compile(r"(?:application|text|image|audio|video|multipart|model)/[\w.+-]+(?:\s*;.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(
    r"https?://(?:www\.iana\.org/assignments/media-types/(?P<type>[\w.+/-]+)"
    r"|publications\.europa\.eu/resource/authority/file-type/(?P<file>\w+))",
    re.IGNORECASE,
)
"""Addresses that DCAT-AP gives instead of a word."""


def format_name(word: str, media_type: str = "", address: str = "") -> str:
    """The normalised format: of the portal's own word, else of the media type, else of the address's ending.

    Args:
        word: What the portal calls it: ``xlsx``, ``Feature Service``, ``application/pdf``, an address of IANA's list.
        media_type: The media type, where the portal gives one apart.
        address: Of the file.

    Returns:
        Such as ``XLSX`` or ``WEB APP``; an unknown word in capitals; empty if nothing says.
    """
    return _declared(word[:200], media_type[:200]) or _NAME.get(_key(_ending(address)), "")


@lru_cache(4096)
def _declared(word: str, media_type: str) -> str:
    if named := _AUTHORITY.fullmatch(word.strip()):
        word = named["type"] or named["file"]
    if _MEDIA_TYPE.fullmatch(word.strip()):
        return _of_media_type(word) or _of_media_type(media_type) or _unknown(word)
    own = _key(word)
    if own in _NAME:
        return _NAME[own]
    if own and own not in _UNSAID:
        # "zipped shapefiles", ".csv, .xlsx": the first part that is known, "zipped" being the weakest word
        parts = [_NAME[part] for part in map(_key, re.split(r"[\s,;|/()]+", word)) if part in _NAME]
        likely = [part for part in parts if part != "ZIP"] or parts
        return likely[0] if likely else _unknown(word)
    return _of_media_type(media_type)


def _of_media_type(media_type: str) -> str:
    """Of ``application/vnd.geo+json; charset=utf-8``: its last part without ``x-``, else what follows its plus sign."""
    kind = media_type.partition(";")[0].rpartition("/")[2].strip().lower().removeprefix("x-")
    return _NAME.get(_key(kind)) or _NAME.get(_key(kind.rpartition("+")[2]), "")


def _unknown(word: str) -> str:
    shown = "" if _key(word.partition(";")[0].rpartition("/")[2]) in _UNSAID else word
    return " ".join(shown.upper().split()).lstrip(".")[:_LONGEST]


def _key(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower()[:200])


def _ending(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2] if "." in name else ""
