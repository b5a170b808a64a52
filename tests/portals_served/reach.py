"""IMPACT's Resource Centre on loopback: JSON that holds HTML. All resources are fictional and a sample."""

from html import escape
from typing import Any

from tests.portals_served.served import DOCUMENTED, Answer, Asked, Mood, Served


def resource(number: int, **changes: str) -> dict[str, str]:
    """What the page says of a resource; "-" where it says nothing."""
    plain = {
        "title": f"SAMPLE Dataset {number} & codebook",
        "url": f"https://repository.sample.example/document/impact/{number:08x}/SAMPLE_dataset_{number}.xlsx",
        "country": "Ukraine",
        "type": "Dataset",
        "programme": "Multi-Sector Needs Assessment (MSNA)",
        "sector": "Protection, Mine Action",
        "published": "16 March 2026",
        "collected": "8 March 2026 - 11 March 2026",
        "format": "xlsx",
    }
    return plain | changes


def html(one: dict[str, str], noise: int = 0) -> str:
    """A resource as the page shows it."""
    told = {name: escape(text) for name, text in one.items()}
    return f"""<div class="resources_result"><div class="row"><div class="left"><label class="{told["format"]}">
{told["format"].upper()}</label></div><div class="right"><h3><a href="{told["url"]}" target="_blank">{told["title"]}</a>
</h3><h4>{told["country"]}</h4><p><span>{told["type"]}</span> <span>Published: {told["published"]}</span></p>
<ul><li><strong>Programme:</strong> {told["programme"]}</li>
<li><strong>Sector/cluster:</strong> {told["sector"]}<br></li>
<li><strong>Data collection date:</strong> {told["collected"]}</li>
<li><strong>Downloads:</strong> {noise}</li></ul><img src="/sample.png"></div></div></div>"""


RESOURCES = [resource(number) for number in range(1, 12)]
RESOURCES[3] = resource(
    4,
    title="SAMPLE Terms of Reference",
    type="Terms of Reference",
    programme="-",
    sector="-",
    format="pdf",
    country="Lebanon, Syria",
    url="https://repository.sample.example/document/reach/000000aa/SAMPLE_ToR.pdf",
)
RESOURCES[5] = resource(6, url="{base}/resources/view-resource/?id=606", collected="-", format="")


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """A page of resources; WordPress answers 0 to an action it does not know."""
    if (asked.method, asked.path) != ("POST", "/wp-admin/admin-ajax.php"):
        return None
    form: dict[str, Any] = {name: values[0] for name, values in asked.form.items()}
    if form.get("action") != "screen_resources" or form.get("args[order]") != "oldest":
        return Answer(b"0", content_type="text/html; charset=UTF-8")
    page, limit = int(form["args[page]"]), int(form["args[limit]"])
    found = [] if mood.empty else RESOURCES
    some = found[(page - 1) * limit :][:limit]
    told = "".join(html(one, mood.noise) for one in some)
    words = f"<p>{len(found):,} Results</p><nav data-nonce='{mood.noise}'><a>{page}</a></nav>"
    return Answer({"html": f"<!-- {mood.noise} --><div class='list'>{told}</div>", "pagination": words})


SERVED = Served(
    kind="reach",
    answers=answers,
    ids=(
        *("00000001", "00000002", "00000003", "000000aa", "00000005", "view-606"),
        *("00000007", "00000008", "00000009", "0000000a", "0000000b"),
    ),
    shape=DOCUMENTED,
    pages=2,
    declared={"options": {"page_size": 10}},
)
