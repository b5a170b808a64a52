"""Countries: their ISO 3166-1 alpha-3 codes and what people call them."""

import gettext
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from catalog.text import normalize

if TYPE_CHECKING:
    from babel import Locale

WORLD = "WLD"
KOSOVO = "XKX"
ABYEI = "AB9"
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh", "pt", "uk")
"""Whose names of countries are read."""

Scheme = Literal["", "iso2", "iso3", "m49", "name"]
"""What a portal declares its countries to be written as; empty where it may be any code of letters or a name."""

_ENGLISH = {
    WORLD: "World",
    KOSOVO: "Kosovo",
    ABYEI: "Abyei",
    "COD": "Democratic Republic of the Congo",
    "COG": "Congo",
    "MMR": "Myanmar",
    "PSE": "State of Palestine",
}
_NO_COUNTRY_OF_ISO = {WORLD: ("", "001"), KOSOVO: ("XK", "412"), ABYEI: ("", "")}
"""Their ISO2 and M49 codes, where systems give them one."""

_CODES = {
    "ado": "AND",
    "bur": "MMR",
    "ddr": "DEU",
    "dhy": "BEN",
    "hvo": "BFA",
    "kos": KOSOVO,
    "ksv": KOSOVO,
    "rho": "ZWE",
    "rom": "ROU",
    "tmp": "TLS",
    "vdr": "VNM",
    "wbg": "PSE",
    "xko": KOSOVO,
    "xkv": KOSOVO,
    "ymd": "YEM",
    "zar": "COD",
    "zim": "ZWE",
}
"""Codes that portals use instead of ISO's, and ISO's former ones of countries that live on in one."""

_SPELLINGS = {
    ABYEI: "abyei; abyei area; abyei administrative area; أبيي; abyé; абьей; абьєй; 阿卜耶伊",
    KOSOVO: "kosovo s res 1244 1999; kosovo unscr 1244; kosovo under unscr 1244; kosovo un 1244; kosovo 1244",
    WORLD: "global; glbl; worldwide; world; monde; mondial; mundo; mundial; العالم; عالمي; весь мир; мир; світ; 全球",
    "ARE": "uae",
    "AZE": "azerbajan",
    "BEN": "بنن",
    "BHS": "багамские острова",
    "BIH": "bosnia; bosnia and herzegowina",
    "BOL": "بوليفيا دولة المتعددة القوميات; 多民族玻利维亚国",
    "BRN": "بروني دار السلام; 文莱达鲁萨兰国",
    "CAF": "car; rca; центральноафриканская республика",
    "CHL": "شيلي",
    "CIV": "ivory coast; cote divoire; كوت ديفوار",
    "COD": "drc; dr congo; rdc; rd congo; rep dem congo; congo kinshasa; zaire; جمهورية الكونغو الديمقراطية",
    "COG": "congo brazzaville; congo republic",
    "COM": "коморские острова",
    "CPV": "cape verde; كابو فيردي",
    "CZE": "czech republic; تشيكيا",
    "DOM": "الجمهورية الدومينيكية; 多米尼加",
    "ECU": "إكوادور",
    "ESH": "western sahara non self governing territory",
    "FLK": "falkland islands; malvinas; iles falkland malvinas",
    "FSM": "micronesia; микронезия федеративные штаты",
    "GAB": "غابون",
    "GBR": "uk; great britain; united kingdom of great britain and northern ireland; "
    "المملكة المتحدة لبريطانيا العظمى وأيرلندا الشمالية",
    "GMB": "gambia; the gambia",
    "GUY": "co operative republic of guyana",
    "HKG": "hong kong; hong kong china; china hong kong sar; chine region administrative speciale de hong kong",
    "IRN": "إيران جمهورية الإسلامية",
    "ITA": "republic of italy",
    "JEY": "泽西",
    "KAZ": "kazajstan",
    "KGZ": "kyrgyz republic; кыргызстан",
    "KIR": "كيريباس",
    "KNA": "سانت كيتس ونيفس",
    "KOR": "south korea",
    "LAO": "laos; lao pdr; جمهورية لاو الديمقراطية الشعبية",
    "LBR": "ليبريا",
    "LBY": "libyan arab jamahiriya; state of libya",
    "LKA": "سري لانكا",
    "LUX": "luxemburg; لكسمبرغ",
    "MAC": "macau; macao; macau china; macao china; china macao sar; china macau special administrative region; "
    "chine region administrative speciale de macao",
    "MDA": "republica de moldova",
    "MDV": "мальдивские острова; ملديف",
    "MKD": "macedonia; fyrom; former yugoslav republic of macedonia",
    "MMR": "burma; republic of the union of myanmar",
    "MNP": "islas marianas septentrionales; северные марианские острова",
    "MOZ": "موزامبيق",
    "NLD": "нидерланды королевство",
    "NRU": "naoero; republic of naoero; наоэро; ناويرو",
    "NZL": "nueva zelandia",
    "PNG": "png",
    "PRK": "north korea; dprk; dpr korea; جمهورية كوريا الشعبية الديمقراطية",
    "PSE": "palestine; opt; o p t; occupied palestinian territory; occupied palestinian territories; gaza; gaza strip; "
    "west bank; west bank and gaza; west bank and gaza strip; palestinian territories; palestinian authority; "
    "territoire palestinien occupe; territorio palestino ocupado; "
    "الأرض الفلسطينية المحتلة; "
    "оккупированная палестинская территория; окупована палестинська територія",
    "RUS": "chechnya; russia; federacion de rusia; 俄罗斯联邦",
    "RWA": "republic of rwanda",
    "SHN": "saint helena; saint helena ascension and tristan da cunha; остров святой елены; سانت هيلانة",
    "SJM": "svalbard and jan mayen islands",
    "SOM": "puntland; somaliland",
    "STP": "سان تومي وبرينسيبي",
    "SVK": "slovakia slovak republic; slovak republic",
    "SWZ": "swaziland",
    "SYC": "сейшельские острова; سيشيل",
    "SYR": "syria",
    "THA": "تايلند",
    "TLS": "east timor; тимор лешти",
    "TTO": "trinidad y tabago",
    "TUR": "turkey; turkiye; turquie; turquia",
    "TWN": "taiwan; taiwan china; taiwan province of china; chinese taipei",
    "URY": "أوروغواي",
    "USA": "usa; u s; u s a; united states of america; الولايات المتحدة الأمريكية",
    "VAT": "holy see; vatican; vatican city; vatican city state; holy see vatican city state; saint siege; santa sede; "
    "святой престол; الكرسي الرسولي; 罗马教廷; 教廷",
    "VEN": "venezuela rb",
    "VGB": "british virgin islands; virgin islands british",
    "VIR": "us virgin islands; u s virgin islands; united states virgin islands; virgin islands us",
    "VNM": "فييت نام",
    "WLF": "wallis and futuna islands",
}
"""Spellings that no list of names has; parts of a country that portals write in a country's place are the country's."""

_WITHIN = re.compile(r"(?P<part>[^()]{2,80})\s\((?P<whole>[^()]{2,80})\)")
"""A territory with its state in brackets, "Guadeloupe (France)"."""
_SHORT = {"rep": "republic", "dem": "democratic", "is": "islands", "st": "saint", "ste": "saint", "isl": "islands"}
_FILLING = "the of and a an de la le les l du des d et el los las del y da do dos das e s"
_FILLERS = frozenset(_FILLING.split())


@lru_cache(maxsize=10_000)
def country_name(iso3: str, language: str = "en") -> str:
    """What a country is called in a language (``en``, ``fr``, ``ar`` ..); English where the language is not known.

    A code that names no country (``XAA``) is given back as it is.
    """
    import pycountry

    code = iso3.upper()
    locale = _locale(language)
    if locale.language == "en" and code in _ENGLISH:
        return _ENGLISH[code]
    if code == WORLD:
        return str(locale.territories["001"])
    entry = pycountry.countries.get(alpha_3=code)
    alpha_2 = entry.alpha_2 if entry else _NO_COUNTRY_OF_ISO.get(code, ("", ""))[0]
    return str(locale.territories.get(alpha_2) or (entry.name if entry else _ENGLISH.get(code, iso3)))


@lru_cache(maxsize=10_000)
def iso3_of(text: str, scheme: Scheme = "") -> str | None:
    """The upper-case ISO3 code of one country however it is written; ``None`` if it is none that is known.

    Read are ISO2 and ISO3 (former ones and the World Bank's too), names in the languages of :data:`LANGUAGES`, formal,
    short or abbreviated ("Syrian Arab Rep.", "Congo, Dem. Rep.", "democratic-republic-congo"). ``WLD`` is the world,
    ``XKX`` Kosovo, ``AB9`` Abyei. Case and accents do not matter.

    Args:
        text: What stood in the record.
        scheme: What the portal says it is. A number is only read where it is ``m49`` (ISO's numeric code, ``4`` or
            ``004``); with ``name`` two or three letters are no code ("NA"), with ``iso2`` or ``iso3`` nothing else is.
    """
    word = normalize(text)
    if scheme == "m49":
        return _of_number(word)
    if scheme != "name":
        found = _of_code(word, {"iso2": (2,), "iso3": (3,)}.get(scheme, (2, 3)))
        if found or scheme:
            return found
    # Portals give codes; the names of all countries in eight languages are 15 MB.
    if found := _names().get(word) or _bags().get(_bag(word)):
        return found
    within = _WITHIN.fullmatch(text.strip())
    return iso3_of(within["part"], "name") if within and iso3_of(within["whole"], "name") else None


def _of_code(word: str, lengths: tuple[int, ...]) -> str | None:
    import pycountry

    code = word.upper()
    if len(code) not in lengths or not code.isascii():
        return None
    if code in _NO_COUNTRY_OF_ISO:
        return code
    if code == "XK":
        return KOSOVO
    found = (
        pycountry.countries.get(alpha_3=code)
        if len(code) == 3  # noqa: PLR2004
        else pycountry.countries.get(alpha_2=code)
    )
    return found.alpha_3 if found else _CODES.get(word)


def _of_number(word: str) -> str | None:
    import pycountry

    if not (word.isascii() and word.isdigit() and len(word) <= 3):  # noqa: PLR2004
        return None
    number = word.zfill(3)
    own = next((code for code, (_, m49) in _NO_COUNTRY_OF_ISO.items() if m49 == number), None)
    found = pycountry.countries.get(numeric=number)
    return own or (found.alpha_3 if found else None)


@cache
def _names() -> dict[str, str]:
    """Every name, folded. Where two countries go by one name, the first in English, then in French .. has it."""
    found = {normalize(name): code for code, names in _SPELLINGS.items() for name in names.split(";")}
    for code, name in _ENGLISH.items():
        found[normalize(name)] = code
    for language in LANGUAGES:
        for code, name in _named(language):
            found.setdefault(normalize(name), code)
    found.pop("", None)
    return found


def _named(language: str) -> Iterator[tuple[str, str]]:
    """Codes and names: those of CLDR, and ISO's own, short and formal."""
    import pycountry

    said = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True).gettext
    for entry in pycountry.countries:
        yield entry.alpha_3, country_name(entry.alpha_3, language)
        for field in ("name", "official_name", "common_name"):
            if name := getattr(entry, field, ""):
                yield entry.alpha_3, name
                yield entry.alpha_3, said(name)
    for code in (WORLD, KOSOVO):
        yield code, country_name(code, language)


@cache
def _bags() -> dict[frozenset[str], str]:
    """The words of each name in any order, abbreviations written out. No two countries share such words."""
    return {bag: code for name, code in _names().items() if (bag := _bag(name))}


def _bag(word: str) -> frozenset[str]:
    return frozenset(_SHORT.get(part, part) for part in word.split() if part not in _FILLERS)


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
