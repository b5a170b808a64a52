"""The guarded client against real servers on loopback."""

import gzip
import ipaddress
import logging
import random
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from config.declarations import Source
from config.settings import Settings
from harvester.cache import Cache, Kept
from harvester.http import Client, Limits, Pace, without_secrets
from harvester.portal import PortalError
from tests.portals_served.plain import Plain, Reply, Seen, plain

JSON = "application/json"
LATER = "Try again later; if it lasts, tell the portal's publisher."


def source(*allowed: str) -> Source:
    return Source(key="sample", kind="ckan", title="Sample portal", url="https://portal.example", allow_hosts=allowed)


def client(
    *allowed: str,
    limits: Limits | None = None,
    settings: Settings | None = None,
    **more: Any,
) -> Client:
    return Client(source(*allowed), settings or Settings(), limits, **{"sleep": lambda _: None, **more})


def says(body: bytes = b'{"title": "sample"}', status: int = 200, **headers: str) -> Callable[..., None]:
    headers.setdefault("content_type", JSON)
    return lambda seen, reply, server: reply.send(status, body, **headers)


@contextmanager
def refused() -> Iterator[dict[str, str]]:
    """What a person is told: filled when the block has ended with a PortalError."""
    told: dict[str, str] = {}
    with pytest.raises(PortalError) as caught:
        yield told
    error = caught.value
    told |= {"code": error.code, "message": str(error), "address": error.address, "mend": error.mend}


def test_an_allowed_host_is_read_and_counted():
    settings = Settings(contact="data@sample.example")
    with plain(says()) as server, client(server.host, settings=settings) as landmark:
        assert landmark.get_json(f"{server.url}/a", {"q": "mines & é"}, {"X-Sample": "1"}) == {"title": "sample"}
        assert landmark.post_json(f"{server.url}/b", {"rows": 1}) == {"title": "sample"}
        assert landmark.get_text(f"{server.url}/c?x=1#part") == '{"title": "sample"}'
        assert (landmark.requests, landmark.bytes) == (3, 57)
    first, second, third = server.seen
    assert (first.method, first.target) == ("GET", "/a?q=mines+%26+%C3%A9")
    assert first.headers == {
        "host": server.host,
        "accept": JSON,
        "accept-encoding": "gzip",
        "user-agent": landmark.user_agent,
        "x-sample": "1",
    }
    assert landmark.user_agent.startswith("Landmark/")
    assert landmark.user_agent.endswith(" (+data@sample.example)")
    assert (second.method, second.target, second.body) == ("POST", "/b", b'{"rows":1}')
    assert second.headers["content-type"] == JSON
    assert third.target == "/c?x=1"
    assert first.client == second.client == third.client, "one connection is kept"


def test_without_a_contact_the_user_agent_says_so():
    with client() as landmark:
        assert landmark.user_agent.endswith(" (+no contact set)")


@pytest.mark.parametrize(
    ("spelled", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("portal.example@127.0.0.1", "127.0.0.1"),
        ("10.1.2.3", "10.1.2.3"),
        ("192.168.1.1", "192.168.1.1"),
        ("100.64.0.1", "100.64.0.1"),
        ("169.254.169.254", "169.254.169.254"),
        ("224.0.0.1", "224.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104
        ("[::1]", "::1"),
        ("[::]", "::"),
        ("[fd00::1]", "fd00::1"),
        ("[fe80::1]", "fe80::1"),
        ("[fec0::1]", "fec0::1"),
        ("[ff02::1]", "ff02::1"),
        ("[::ffff:127.0.0.1]", str(ipaddress.ip_address("::ffff:127.0.0.1"))),  # hexadecimal before Python 3.13
        ("[64:ff9b::a9fe:a9fe]", "64:ff9b::a9fe:a9fe"),
        ("[2002:7f00:1::]", "2002:7f00:1::"),
    ],
)
def test_an_address_that_is_not_public_is_refused_however_it_is_spelt(spelled: str, host: str):
    with client() as landmark, refused() as told:
        landmark.get_json(f"http://{spelled}:8080/api?token=hidden")
    shown = f"[{host}]" if ":" in host else host
    assert told == {
        "code": "host-refused",
        "message": f"{host} is no public address",
        "address": f"http://{shown}:8080/api?token=***",
        "mend": f'If this is meant, add "{host}:8080" to the source\'s allow_hosts.',
    }
    assert landmark.requests == 0


def test_a_loopback_server_not_allowed_hears_nothing():
    with plain(says()) as server, client("127.0.0.1:1") as landmark:
        with refused() as told:
            landmark.get_json(server.url)
        assert told == {
            "code": "host-refused",
            "message": "127.0.0.1 is no public address",
            "address": server.url,
            "mend": f'If this is meant, add "{server.host}" to the source\'s allow_hosts.',
        }
        assert server.seen == []


def test_metadata_and_link_local_are_refused_even_when_allowed():
    hosts = (
        "169.254.169.254", "169.254.1.1", "100.100.100.200", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"
    )  # fmt: skip
    with client(*(f"{host}:80" for host in hosts)) as landmark:
        for host in hosts:
            with refused() as told:
                landmark.get_json(f"http://{host}/")
            assert (told["code"], told["mend"]) == (
                "host-refused",
                "Link-local and reserved addresses are never read.",
            )


def resolver(*answers: str) -> tuple[Callable[[str, int], list[Any]], list[tuple[str, int]]]:
    """A name service that gives its answers one after another, all of the last for good; and what it was asked."""
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[Any]:
        asked.append((host, port))
        addresses = answers[min(len(asked), len(answers)) - 1].split()
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    return resolve, asked


def test_the_connection_goes_to_the_address_that_was_checked():
    resolve, asked = resolver("127.0.0.1", "169.254.169.254")
    with plain(says()) as server:
        name = f"portal.example:{server.port}"
        with client(name, resolve=resolve) as landmark:
            assert landmark.get_json(f"http://Portal.Example.:{server.port}/1") == {"title": "sample"}
            assert landmark.get_json(f"http://{name}/2") == {"title": "sample"}
    assert asked == [("portal.example", server.port)], "resolved once, for the one connection"
    assert [seen.headers["host"] for seen in server.seen] == [name, name]


def test_tls_asks_for_the_name_and_not_for_the_address_it_connects_to():
    names: list[str | None] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # has no certificate: the handshake fails once the name is known
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    resolve, _ = resolver("127.0.0.1")

    def greet() -> None:
        connection, _ = listener.accept()
        with connection, pytest.raises(ssl.SSLError):
            tls.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        name = f"portal.example:{listener.getsockname()[1]}"
        thread = threading.Thread(target=greet)
        thread.start()
        with client(name, resolve=resolve, limits=Limits(retries=0)) as landmark, refused() as told:
            landmark.get_json(f"https://{name}/")
        thread.join()
    assert (names, told["code"]) == (["portal.example"], "unreachable")


def test_a_malformed_allow_hosts_is_told():
    with refused() as told, client("256.1.1.1:80"):
        pass
    assert told == {
        "code": "address-refused",
        "message": '"256.1.1.1:80" in allow_hosts is no host:port',
        "address": "256.1.1.1:80",
        "mend": 'Write it like "127.0.0.1:8080".',
    }


def test_one_bad_address_among_good_ones_refuses_the_name():
    resolve, asked = resolver("93.184.216.34 127.0.0.1")
    with client(resolve=resolve) as landmark, refused() as told:
        landmark.get_json("http://portal.example/?key=hidden")
    assert told == {
        "code": "host-refused",
        "message": "portal.example leads to 127.0.0.1, which is no public address",
        "address": "http://portal.example/?key=***",
        "mend": 'If this is meant, add "portal.example:80" to the source\'s allow_hosts.',
    }
    assert asked == [("portal.example", 80)]


def test_an_unknown_name_and_a_closed_port_are_unreachable():
    resolve, _ = resolver("")
    with client(resolve=resolve) as landmark, refused() as told:
        landmark.get_json("https://portal.example/api")
    assert told == {
        "code": "unreachable",
        "message": "The name portal.example is not known",
        "address": "https://portal.example/api",
        "mend": "Check the source's url and the network.",
    }
    with plain(says()) as server:
        host = server.host
    with client(host) as landmark, refused() as told:
        landmark.get_json(f"http://{host}/")
    assert told["code"] == "unreachable"
    assert told["message"].startswith("No connection to 127.0.0.1: ")


def test_a_name_service_that_says_nothing_does_not_hold_us():
    over = threading.Event()

    def silent(host: str, port: int) -> list[Any]:
        over.wait(3)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    with client(resolve=silent, limits=Limits(connect=0.1, retries=0)) as landmark, refused() as told:
        landmark.get_json("https://portal.example/api")
    over.set()
    assert (told["code"], told["message"]) == ("unreachable", "The name portal.example is not known")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://portal.example/x", "scheme-refused"),
        ("file:///etc/hosts", "scheme-refused"),
        ("portal.example/x", "scheme-refused"),
        ("http://", "address-refused"),
        ("http://[::1", "address-refused"),
        ("http://1.2.3.4.5/", "unreachable"),
        ("http://256.1.1.1/", "address-refused"),
        ("http://0177.0.0.1/", "address-refused"),
        ("http://4294967296/", "address-refused"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str, code: str):
    def unknown(host: str, port: int) -> list[Any]:
        raise OSError(host)

    with client(resolve=unknown) as landmark, refused() as told:
        landmark.get_text(url)
    assert (told["code"], told["address"].rstrip("/")) == (code, url.rstrip("/"))


def routes(**answers: Callable[..., None]) -> Callable[[Seen, Reply, Plain], None]:
    return lambda seen, reply, server: answers[seen.target.strip("/").partition("?")[0]](seen, reply, server)


@pytest.mark.parametrize("place", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest/meta-data/"])
def test_a_redirect_to_a_host_that_is_not_public_is_refused(place: str):
    with plain(says(status=302, location=place)) as server, client(server.host) as landmark:
        with refused() as told:
            landmark.get_json(f"{server.url}/api")
        assert (told["code"], told["address"]) == ("host-refused", place)
        assert len(server.seen) == 1


def test_a_redirect_away_from_the_web_is_refused():
    with plain(says(status=302, location="file:///etc/hosts")) as server, client(server.host) as landmark:
        with refused() as told:
            landmark.get_json(server.url)
        assert (told["code"], told["address"]) == ("scheme-refused", "file:/etc/hosts")


def test_a_redirect_within_the_host_keeps_headers_and_to_another_loses_them():
    with plain(says()) as other:
        answers = routes(
            start=says(status=301, location="/next?page=2"),
            next=says(status=307, location=f"{other.url}/end"),
        )
        with plain(answers) as server, client(server.host, other.host) as landmark:
            sent = {"Authorization": "Bearer hidden", "X-Api-Key": "hidden"}
            assert landmark.get_json(f"{server.url}/start?token=hidden", headers=sent) == {"title": "sample"}
            assert landmark.requests == 3
    assert [seen.target for seen in server.seen] == ["/start?token=hidden", "/next?page=2"]
    assert [seen.headers.get("x-api-key") for seen in server.seen] == ["hidden", "hidden"]
    assert [seen.target for seen in other.seen] == ["/end"]
    assert other.seen[0].headers == {
        "host": other.host,
        "accept": JSON,
        "accept-encoding": "gzip",
        "user-agent": landmark.user_agent,
    }


def test_a_redirect_loop_ends():
    with plain(says(status=302, location="/again")) as server, client(server.host) as landmark:
        with refused() as told:
            landmark.get_json(f"{server.url}/start")
        assert told == {
            "code": "too-many-redirects",
            "message": "The portal sent us on more than 5 times",
            "address": f"{server.url}/again",
            "mend": "Open the source's url in a browser and set it to where that ends.",
        }
        assert len(server.seen) == 6


def test_a_post_is_never_redirected():
    with plain(says(status=308, location="https://u:hidden@portal.example/api?key=hidden")) as server:
        with client(server.host) as landmark, refused() as told:
            landmark.post_json(f"{server.url}/api", {"q": "sample"}, safe=True)
        assert told == {
            "code": "redirected-post",
            "message": "The portal sent a POST on to https://portal.example/api?key=***; its content would be lost",
            "address": f"{server.url}/api",
            "mend": "Set the source's url to the address the portal sends to, https included.",
        }
        assert len(server.seen) == 1


def in_turn(*answers: Callable[..., None]) -> Callable[[Seen, Reply, Plain], None]:
    """Each request gets the next answer; the last one stays."""
    return lambda seen, reply, server: answers[min(len(server.seen), len(answers)) - 1](seen, reply, server)


def busy(server: Plain, slept: list[float]) -> Client:
    """A client that notes its pauses instead of sleeping them, with the middle of its jitter."""
    return client(server.host, sleep=slept.append, jitter=lambda: 0.5)


def test_503_twice_then_fine():
    slept: list[float] = []
    with plain(in_turn(says(status=503), says(status=503), says())) as server, busy(server, slept) as landmark:
        assert landmark.get_json(server.url) == {"title": "sample"}
        assert landmark.requests == 3
    assert slept == [1.0, 2.0]


def test_retry_after_is_honoured_up_to_a_minute():
    answers = in_turn(
        says(status=429, retry_after="7"),
        says(status=503, retry_after="3600"),
        says(status=429, retry_after="Wed, 01 Jan 2020 00:00:00 GMT"),
        says(status=429, retry_after="soon"),
        says(),
    )
    slept: list[float] = []
    with plain(answers) as server, busy(server, slept) as landmark:
        assert landmark.post_json(server.url, {}, safe=True) == {"title": "sample"}
    assert slept == [7.0, 60.0, 0.0, 8.0]


def test_a_portal_that_stays_busy_is_given_up():
    slept: list[float] = []
    with plain(says(status=429)) as server, busy(server, slept) as landmark, refused() as told:
        landmark.get_json(f"{server.url}/api?appname=hidden")
    assert slept == [1.0, 2.0, 4.0, 8.0]
    assert told == {
        "code": "http-429",
        "message": "The portal answered 429 Too Many Requests, 5 times",
        "address": f"{server.url}/api?appname=***",
        "mend": LATER,
    }


def test_a_pause_longer_than_the_call_may_last_is_not_begun():
    slept: list[float] = []
    with plain(says(status=503, retry_after="50")) as server:
        limits = Limits(total=20)
        with client(server.host, limits=limits, sleep=slept.append) as landmark, refused() as told:
            landmark.get_json(server.url)
    assert (told["message"], slept) == ("The portal answered 503 Service Unavailable", [])


def test_a_post_that_may_write_is_not_repeated():
    with plain(says(status=503)) as server, client(server.host) as landmark:
        with refused() as told:
            landmark.post_json(server.url, {})
        assert (told["code"], len(server.seen)) == ("http-503", 1)


@pytest.mark.parametrize(
    ("status", "message", "mend"),
    [
        (403, "The portal answered 403 Forbidden", "Check that the source's key is set and may read this."),
        (404, "The portal answered 404 Not Found", "Check the source's url."),
        (418, "The portal answered 418 I'm a Teapot", "Check the source's url and options."),
        (500, "The portal answered 500 Internal Server Error", LATER),
        (599, "The portal answered 599 (unknown status)", LATER),
    ],
)
def test_an_error_status_is_told(status: int, message: str, mend: str):
    with plain(says(status=status)) as server, client(server.host) as landmark, refused() as told:
        landmark.get_json(f"{server.url}/x")
    assert told == {"code": f"http-{status}", "message": message, "address": f"{server.url}/x", "mend": mend}


def drip(seen: Seen, reply: Reply, server: Plain) -> None:
    where = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"
    reply.raw(where + (b"\r\n" if "body" in seen.target else b"X-Sample: "))
    while not server.stopping.wait(0.02):
        reply.raw(b"x")


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_server_that_drips_does_not_outlast_the_whole_time(part: str):
    with plain(drip) as server, client(server.host, limits=Limits(total=0.3)) as landmark, refused() as told:
        landmark.get_json(f"{server.url}/{part}")
    assert told == {
        "code": "timeout",
        "message": "The answer was not complete after 0.3 s",
        "address": f"{server.url}/{part}",
        "mend": LATER,
    }


def test_a_server_that_says_nothing_does_not_outlast_the_gap():
    def silent(seen: Seen, reply: Reply, server: Plain) -> None:
        server.stopping.wait(10)

    with plain(silent) as server, client(server.host, limits=Limits(read=0.1)) as landmark:
        with refused() as told:
            landmark.get_json(server.url)
        assert (told["code"], landmark.requests) == ("timeout", 1)
        assert told["message"] == "No connection within 10 s or no byte for 0.1 s"


def test_a_server_that_says_nothing_does_not_outlast_the_whole_time():
    def silent(seen: Seen, reply: Reply, server: Plain) -> None:
        server.stopping.wait(5)
        reply.send(200, b"{}", content_type=JSON)  # whoever waits on is answered

    limits = Limits(total=0.1, read=30)
    with plain(silent) as server, client(server.host, limits=limits) as landmark, refused() as told:
        landmark.get_json(server.url)
    assert (told["code"], told["message"]) == ("timeout", "The answer was not complete after 0.1 s")


def test_a_body_over_the_cap_is_stopped_declared_or_not():
    def endless(seen: Seen, reply: Reply, server: Plain) -> None:
        reply.raw(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stopping.is_set():
            reply.raw(b"x" * 10_000)

    limits = Limits(max_bytes=100_000)
    expected = {
        "code": "too-large",
        "message": "The answer is larger than 100,000 bytes",
        "mend": "Ask for smaller pages in the source's options.",
    }
    for script in (endless, says(b"x" * 100_001)):
        with plain(script) as server, client(server.host, limits=limits) as landmark, refused() as told:
            landmark.get_text(server.url)
        assert told == {**expected, "address": server.url}
    with plain(says(b"x" * 100_000)) as server, client(server.host, limits=limits) as landmark:
        assert len(landmark.get_text(server.url)) == 100_000


def test_a_gzip_bomb_is_stopped_before_it_fills_the_memory():
    bomb = gzip.compress(b"0" * 200_000_000, compresslevel=1, mtime=0)
    assert len(bomb) < 1_000_000
    limits = Limits(max_bytes=4_000_000)
    with plain(says(bomb, content_encoding="gzip")) as server, client(server.host, limits=limits) as landmark:
        tracemalloc.start()
        with refused() as told:
            landmark.get_json(server.url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert told["code"] == "too-large"
    assert peak < 16_000_000


def test_gzip_is_unpacked_and_counted_as_received():
    body = b'{"notes": "' + b"sample " * 600_000 + b'"}'
    packed = gzip.compress(body[:100], mtime=0) + gzip.compress(body[100:])
    with plain(says(packed, content_encoding="gzip")) as server, client(server.host) as landmark:
        assert landmark.get_json(server.url) == {"notes": "sample " * 600_000}
        assert landmark.bytes == len(packed)


@pytest.mark.parametrize(
    ("body", "headers", "code", "message"),
    [
        (
            b"<html>sample maintenance page</html>",
            {"content_type": "text/html; charset=utf-8"},
            "not-json",
            "text/html was answered where JSON was expected; the content is something else",
        ),
        (
            b'{"result": {"results": [{"title": "sam',
            {},
            "not-json",
            "application/json was answered where JSON was expected; the content breaks off or is malformed",
        ),
        (b"", {}, "not-json", "application/json was answered where JSON was expected; the content is empty"),
        (
            b'{"a": 1}',
            {"content_length": "4000", "connection": "close"},
            "cut-short",
            "The connection broke off before the answer was complete",
        ),
        (
            gzip.compress(b'{"a": 1}', mtime=0)[:-9],
            {"content_encoding": "gzip"},
            "cut-short",
            "The packed answer breaks off",
        ),
        (b'{"a": 1}', {"content_encoding": "gzip"}, "cut-short", "The packed answer cannot be unpacked"),
        (
            b'{"a": 1}',
            {"content_encoding": "gzip, gzip"},
            "encoding-refused",
            "The portal packed its answer as gzip, gzip, which was not asked for",
        ),
    ],
)
@pytest.mark.parametrize("face", ["own", "requests"])
def test_an_answer_that_is_not_whole_json_is_told(
    face: str, body: bytes, headers: dict[str, str], code: str, message: str
):
    def answer(seen: Seen, reply: Reply, server: Plain) -> None:
        reply.send(200, body, **{"content_type": JSON, **headers})
        reply.raw(b"")

    with plain(answer) as server, client(server.host) as landmark, refused() as told:
        if face == "own":
            landmark.get_json(f"{server.url}/api", {"client_id": "hidden"})
        else:
            landmark.requests_session().get(f"{server.url}/api", params={"client_id": "hidden"})
    assert (told["code"], told["message"], told["address"]) == (code, message, f"{server.url}/api?client_id=***")
    assert "hidden" not in str(told)


def test_a_kept_connection_that_the_server_closed_is_opened_again():
    def once(seen: Seen, reply: Reply, server: Plain) -> None:
        if len(server.seen) == 2:
            reply.raw(b"")  # hangs up without a word
        else:
            reply.send(200, b"{}", content_type=JSON)

    with plain(once) as server, client(server.host) as landmark:
        assert landmark.get_json(server.url) == {}
        assert landmark.get_json(server.url) == {}
        assert landmark.requests == 3


def test_text_is_read_in_its_charset():
    latin = says("été".encode("latin-1"), content_type="text/csv; charset=ISO-8859-1")
    with plain(latin) as server, client(server.host) as landmark:
        assert landmark.get_text(server.url) == "été"
    with plain(says("\ufeffété".encode(), content_type="text/csv")) as server, client(server.host) as landmark:
        assert landmark.get_text(server.url) == "été"


def test_secrets_are_stripped_and_the_rest_is_left():
    assert {
        url: without_secrets(url)
        for url in (
            "https://user:hidden@portal.example/a?q=mines&page=2",
            "https://portal.example/a?APIKEY=hidden&keyword=x&subscription-key=hidden;Password=hidden",
            "https://portal.example/?%74oken=hidden&access_token=hidden&client_id=hidden&appname=hidden#hidden",
            "https://portal.example/a@b?token&key=",
            "//user@portal.example",
            "http://[::1",
            "",
        )
    } == {
        "https://user:hidden@portal.example/a?q=mines&page=2": "https://portal.example/a?q=mines&page=2",
        "https://portal.example/a?APIKEY=hidden&keyword=x&subscription-key=hidden;Password=hidden": (
            "https://portal.example/a?APIKEY=***&keyword=x&subscription-key=***;Password=***"
        ),
        "https://portal.example/?%74oken=hidden&access_token=hidden&client_id=hidden&appname=hidden#hidden": (
            "https://portal.example/?%74oken=***&access_token=***&client_id=***&appname=***"
        ),
        "https://portal.example/a@b?token&key=": "https://portal.example/a@b?token&key=***",
        "//user@portal.example": "//portal.example",
        "http://[::1": "http://[::1",
        "": "",
    }


def test_no_key_reaches_the_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with plain(says()) as server, client(server.host) as landmark:
        landmark.get_json(f"{server.url}/api?token=hidden", headers={"X-Key": "hidden"})
        landmark.requests_session().get(f"{server.url}/api?token=hidden", headers={"X-Key": "hidden"})
        with refused() as told:
            landmark.get_json(server.url, headers={"X-Key": "hidden\nmore"})
        assert told["code"] == "address-refused"
    assert "hidden" not in caplog.text + str(told)


def test_one_request_per_second_and_host():
    pace = Pace()
    assert [pace.turn("a", 1.0, 10.0), pace.turn("a", 1.0, 10.25), pace.turn("b", 1.0, 10.5)] == [0.0, 0.75, 0.0]
    assert [pace.turn("a", 1.0, 10.5), pace.turn("a", 1.0, 20.0)] == [1.5, 0.0]


def test_the_pace_is_shared_and_a_proxy_comes_from_the_settings_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    slept: list[float] = []
    with plain(says()) as proxy, plain(says()) as near:
        settings = Settings(proxy=f"http://operator:hidden@{proxy.host}")
        for _ in range(2):
            with client(near.host, settings=settings, sleep=slept.append) as landmark:
                assert landmark.get_json("http://93.184.216.34/api") == {"title": "sample"}
                assert landmark.get_json(near.url) == {"title": "sample"}
                with refused() as told:
                    landmark.get_json("http://10.0.0.1/api")
                assert told["code"] == "host-refused"
        with client(near.host) as landmark:
            assert landmark.get_json(near.url) == {"title": "sample"}
    assert [(seen.target, seen.headers["host"]) for seen in proxy.seen] == [
        ("http://93.184.216.34/api", "93.184.216.34")
    ] * 2
    assert proxy.seen[0].headers["proxy-authorization"] == "Basic b3BlcmF0b3I6aGlkZGVu"
    assert len(near.seen) == 3, "an allowed host is asked directly"
    assert len(slept) == 1
    assert 0.5 < slept[0] <= 1.0


def test_a_proxy_is_not_asked_for_an_address_in_our_network_that_a_portal_sends_us_to():
    away = says(status=302, location="http://169.254.169.254/latest/meta-data/")
    with plain(away) as proxy, client(settings=Settings(proxy=f"http://{proxy.host}")) as landmark, refused() as told:
        landmark.get_json("http://93.184.216.34/api")
    assert (told["code"], [seen.target for seen in proxy.seen]) == ("host-refused", ["http://93.184.216.34/api"])


def test_a_requests_session_goes_through_the_guards():
    answers = in_turn(says(status=502), says(b'{"n": "\xc3\xa9"}'), says(status=302, location="/end"), says(b"[1]"))
    with plain(answers) as server, client(server.host, sleep=lambda _: None) as landmark:
        session = landmark.requests_session()
        with refused() as told:
            session.get("http://127.0.0.1:1/")
        assert told["code"] == "host-refused"
        with refused() as told:
            session.put(server.url, data=b"{}")
        assert told["code"] == "method-refused"
        with pytest.raises(requests.exceptions.InvalidSchema):
            session.get("file:///etc/hosts")
        posted = session.post(server.url, json={"q": 1}, headers={"User-Agent": "other"})
        assert (posted.status_code, posted.reason, posted.text, posted.json()) == (200, "OK", '{"n": "é"}', {"n": "é"})
        followed = session.get(f"{server.url}/start")
        assert (followed.url, followed.json(), followed.headers["content-type"]) == (f"{server.url}/end", [1], JSON)
    assert [(seen.method, seen.body) for seen in server.seen] == [
        ("POST", b'{"q": 1}'),
        ("POST", b'{"q": 1}'),
        ("GET", b""),
        ("GET", b""),
    ]
    assert {seen.headers["user-agent"] for seen in server.seen} == {landmark.user_agent}
    assert len({seen.client for seen in server.seen}) == 3, "kept alive but for answers that are not read"


def test_a_password_that_the_machine_keeps_for_a_host_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login sample password hidden\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with plain(says()) as server, client(server.host) as landmark:
        assert landmark.requests_session().get(server.url).json() == {"title": "sample"}
    assert "authorization" not in server.seen[0].headers


def test_hdx_python_api_reads_through_the_guards():
    from hdx.api.configuration import Configuration

    found = b'{"success": true, "result": {"count": 1, "results": [{"name": "sample-survey"}]}}'
    with plain(in_turn(says(found), says(b"<p>sample</p>", content_type="text/html"))) as server:
        hdx = Configuration(hdx_url=server.url, hdx_read_only=True, user_agent="sample")
        hdx.setup_session_remoteckan()
        with client() as stranger:
            stranger.guard(hdx.get_session())
            with refused() as told:
                hdx.call_remoteckan("package_search", {"rows": 1})
            assert (told["code"], told["address"]) == ("host-refused", f"{server.url}/api/action/package_search")
            assert server.seen == []
        with client(server.host) as landmark:
            landmark.guard(hdx.get_session())
            assert hdx.call_remoteckan("package_search", {"rows": 1}) == {
                "count": 1,
                "results": [{"name": "sample-survey"}],
            }
            assert (landmark.requests, landmark.bytes) == (1, len(found))
            with refused() as told:
                hdx.call_remoteckan("package_search", {"rows": 1})
            assert told["message"] == "text/html was answered where JSON was expected; the content is something else"
    assert [(seen.method, seen.target) for seen in server.seen] == [("POST", "/api/action/package_search")] * 2
    assert server.seen[0].headers["user-agent"] == landmark.user_agent


def test_a_broken_connection_is_tried_twice_more_and_only_where_it_is_safe():
    slept: list[float] = []

    def hangs_up(seen: Seen, reply: Reply, server: Plain) -> None:
        if len(server.seen) % 3:
            reply.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a"')
        else:
            reply.send(200, b"{}", content_type=JSON)

    with plain(hangs_up) as server, busy(server, slept) as landmark:
        assert landmark.get_json(server.url) == {}
        assert (len(server.seen), slept) == (3, [1.0, 2.0])
        with refused() as told:
            landmark.post_json(server.url, {"rows": 1})
        assert (told["code"], len(server.seen)) == ("cut-short", 4)


def test_an_answer_still_being_prepared_is_no_answer():
    slept: list[float] = []
    with (
        plain(in_turn(says(b"[]", status=202, retry_after="3"), says(b"[1]"))) as server,
        busy(server, slept) as client_,
    ):
        assert client_.get_json(server.url) == [1]
    with plain(says(b"[]", status=202)) as server, busy(server, slept) as landmark, refused() as told:
        landmark.get_json(server.url)
    assert slept == [3.0, 1.0, 2.0, 4.0, 8.0]
    assert (told["code"], told["message"]) == ("http-202", "The portal answered 202 Accepted, 5 times")
    assert told["mend"] == "The portal is still preparing its answer: try again later."


@pytest.mark.parametrize("asked", ["²", "9" * 400, "-5", "1.5", "Wed, 01 Jan 99999 00:00:00 GMT"])
def test_a_retry_after_that_means_nothing_is_no_harm(asked: str):
    slept: list[float] = []
    with plain(in_turn(says(status=503, retry_after=asked), says())) as server, busy(server, slept) as landmark:
        assert landmark.get_json(server.url) == {"title": "sample"}
    assert slept == [60.0 if asked.startswith("9") else 1.0]


def test_a_pause_one_client_was_asked_for_holds_for_all(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Client, "pace", Pace())
    slept: list[float] = []
    answers = in_turn(says(status=429, retry_after="30"), says())
    with plain(answers) as proxy:
        settings = Settings(proxy=f"http://{proxy.host}")
        for _ in range(2):
            with client(settings=settings, sleep=slept.append) as landmark:
                landmark.get_json("http://93.184.216.34/api")
    assert [round(pause) for pause in slept] == [30, 31]


def test_a_host_is_asked_by_so_many_at_once_whoever_asks():
    here, gone = threading.Semaphore(0), threading.Event()
    under_way: list[int] = []

    def slow(seen: Seen, reply: Reply, server: Plain) -> None:
        under_way.append(1)
        most.append(len(under_way))
        here.release()
        gone.wait(10)
        under_way.pop()
        reply.send(200, b"{}", content_type=JSON)

    most: list[int] = []
    with plain(slow) as server:
        clients = [client(server.host, limits=Limits(at_once=2)) for _ in range(5)]
        threads = [threading.Thread(target=each.get_json, args=(server.url,)) for each in clients]
        for thread in threads:
            thread.start()
        assert here.acquire(timeout=10)
        assert here.acquire(timeout=10)
        with client(server.host, limits=Limits(at_once=2, total=0.2)) as late, refused() as told:
            late.get_json(server.url)
        gone.set()
        for thread in threads:
            thread.join()
        for each in clients:
            each.close()
    assert (told["code"], late.requests) == ("timeout", 0)
    assert (len(most), max(most)) == (5, 2)


def versioned(body: bytes, etag: str = '"1"', **more: str) -> Callable[..., None]:
    """A page that is 304 to one who has it."""

    def answer(seen: Seen, reply: Reply, server: Plain) -> None:
        if seen.headers.get("if-none-match") == etag:
            reply.send(304, etag=etag)
        else:
            reply.send(200, body, content_type=JSON, etag=etag, **more)

    return answer


def test_an_unchanged_answer_is_given_again_by_a_later_process(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    modified = "Wed, 01 Jan 2020 00:00:00 GMT"
    with plain(versioned(b'{"a": 1}', last_modified=modified)) as server:
        for expected in (0, 1):
            with client(server.host, settings=settings) as landmark:
                assert landmark.get_json(f"{server.url}/a") == {"a": 1}
                assert landmark.requests_session().get(f"{server.url}/b").json() == {"a": 1}
                assert landmark.get_text(f"{server.url}/a") == '{"a": 1}'
                assert landmark.not_modified == expected * 3
        again = server.seen[3].headers
        assert (again["if-none-match"], again["if-modified-since"]) == ('"1"', modified)
        with client(server.host, settings=Settings(data_dir=tmp_path, http_cache_bytes=0)) as landmark:
            assert landmark.get_json(f"{server.url}/a") == {"a": 1}
            assert landmark.not_modified == 0
    answers = in_turn(versioned(b"[1]"), versioned(b"[2]", '"2"'))
    with plain(answers) as server, client(server.host, settings=settings) as landmark:
        assert [landmark.get_json(server.url) for _ in range(3)] == [[1], [2], [2]]
        assert landmark.not_modified == 1
    assert {path.name for path in tmp_path.iterdir()} == {"http.db"}


def test_what_a_key_opens_or_the_portal_forbids_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(data_dir=tmp_path)
    with plain(versioned(b"[1]")) as server, client(server.host, settings=settings) as landmark:
        landmark.get_json(server.url, headers={"Authorization": "Bearer hidden"})
        landmark.get_json(f"{server.url}?token=hidden")
        landmark.post_json(server.url, {})
    forbidden = versioned(b"[1]", cache_control="private, No-Store")
    with plain(forbidden) as server, client(server.host, settings=settings) as landmark:
        landmark.get_json(server.url)
    monkeypatch.setenv("LANDMARK_KEY_SAMPLE", "hidden-sample-key")
    with plain(versioned(b"[1]")) as server, client(server.host, settings=Settings(data_dir=tmp_path)) as landmark:
        landmark.get_json(server.url)
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_is_bounded_in_size_and_age_and_a_broken_file_is_no_harm(tmp_path: Path):
    now = [1e9]
    path = tmp_path / "deep" / "http.db"
    cache = Cache(path, 1000, "sample", clock=lambda: now[0])
    bodies = {name: random.Random(name).randbytes(300) for name in "abcd"}
    for name in "abc":
        now[0] += 1
        cache.keep(name, "", Kept(name, "", JSON, bodies[name]))
    now[0] += 1
    assert cache.find("a", "") == Kept("a", "", JSON, bodies["a"])
    assert cache.find("a", "text/html") is None
    now[0] += 1
    cache.keep("d", "", Kept("d", "", JSON, bodies["d"]))
    cache.keep("e", "", Kept("e", "", JSON, random.Random(1).randbytes(1001)))
    assert [name for name in "abcde" if cache.find(name, "")] == ["a", "c", "d"], "the one not used for longest went"
    now[0] += 7 * 86_400
    assert cache.find("a", "") is None
    cache.close()
    path.write_bytes(b"no database at all, but a sample of noise" * 100)
    assert cache.find("a", "") is None
    cache.keep("a", "", Kept("a", "", JSON, b"x"))
    assert cache.find("a", "") == Kept("a", "", JSON, b"x")
    cache.close()


KEY = "hidden/sample+key=="


def test_a_key_comes_from_the_environment_and_stays_out_of_all_that_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LANDMARK_KEY_SAMPLE", KEY)
    monkeypatch.setenv("LANDMARK_KEY_ANOTHER_ONE", "some other key")
    settings = Settings()
    assert (settings.key_of("sample"), settings.key_of("another-one"), settings.key_of("none")) == (
        KEY,
        "some other key",
        "",
    )

    def echo(seen: Seen, reply: Reply, server: Plain) -> None:
        """Gives the caller's key back, as IDMC does: in links, plain, with escaped slashes."""
        escaped = KEY.replace("/", "\\/")
        links = f'{{"next": "{server.url}{seen.target}", "plain": "{KEY}", "php": "{escaped}"}}'
        if "away" in seen.target:
            reply.send(302, location=f"{other.url}/end?client_id={quote(KEY, safe='')}&AWS_Signature=theirs&page=2")
        elif "fault" in seen.target:
            reply.send(418, location=KEY)
        elif "path" in seen.target:
            reply.send(200, b"no json", content_type=KEY)
        else:
            reply.send(200, links.encode(), content_type=JSON)

    with plain(says()) as other, plain(echo) as server, client(server.host, other.host, settings=settings) as landmark:
        assert landmark.key == KEY
        page = landmark.get_json(f"{server.url}/list", {"client_id": landmark.key, "page": 1})
        assert page == {"next": f"{server.url}/list?client_id=***&page=1", "plain": "***", "php": "***"}
        followed = landmark.get_json(page["next"], {"client_id": landmark.key})
        assert followed["next"] == f"{server.url}/list?client_id=***&page=1"
        assert [seen.target for seen in server.seen] == [f"/list?client_id={quote(KEY, safe='')}&page=1"] * 2
        assert KEY not in landmark.get_text(f"{server.url}/list", {"odd_name": KEY})
        response = landmark.requests_session().get(f"{server.url}/list", params={"odd_name": KEY})
        assert (response.url, response.json()["plain"]) == (f"{server.url}/list?odd_name=***", "***")
        assert landmark.get_json(f"{server.url}/away") == {"title": "sample"}
        assert [seen.target for seen in other.seen] == ["/end?AWS_Signature=theirs&page=2"]
        told = []
        for path in ("fault", f"path/{KEY}", "path"):
            with refused() as one:
                landmark.get_json(f"{server.url}/{path}", {"odd_name": KEY}, {"X-Key": KEY})
            told.append(one)
        assert told[0]["address"] == f"{server.url}/fault?odd_name=***"
    assert "hidden" not in f"{told} {caplog.text} {settings!r} {settings.model_dump()}"


def test_a_key_too_short_to_be_hidden_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LANDMARK_KEY_SAMPLE", "short")
    with refused() as told:
        client(settings=Settings())
    assert told == {
        "code": "key-refused",
        "message": "The key of sample has fewer than 8 characters; it could not be kept out of reports",
        "address": "https://portal.example",
        "mend": "Correct it in the environment, or unset it.",
    }


def test_the_settings_say_how_long_and_how_much(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LANDMARK_HTTP_TOTAL", "600")
    monkeypatch.setenv("LANDMARK_HTTP_MAX_BYTES", "1000")
    with client(settings=Settings()) as landmark:
        assert landmark.limits == Limits(total=600, max_bytes=1000)
