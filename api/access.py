"""Who asks: nobody, the holder of the key in ``Authorization: Bearer``, or who signed in with one."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from fastapi import HTTPException, Request

from api.limits import Buckets
from api.seal import Seal
from catalog import audit, keys
from catalog.database import Catalog
from catalog.viewer import PUBLIC, Viewer

COOKIE = "landmark_session"
NOT_GOOD = "This key is not good here."
"""Of whatever key: nobody learns whether it ever was."""
WRONG_COSTS = 20
"""Requests that one with a wrong key counts for."""
LOGGED = 20
"""Needs an hour that are logged from one address."""
_BEARER = "bearer "
_MOST_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in, and with which secret; held here alone, so that signing out ends it."""

    key: str
    secret: str
    until: datetime


@dataclass(slots=True)
class Access:
    """What one process knows of who may ask.

    Attributes:
        acts: Of who is no steward, by key.
        needs: Logged by who is no steward, by address.
        public_only: Nobody is more than the public here; keys are refused.
        hours: After which a session ends.
    """

    catalog: Catalog
    seal: Seal
    addresses: Buckets
    by_key: Buckets
    acts: Buckets = field(default_factory=lambda: Buckets(0))
    needs: Buckets = field(default_factory=lambda: Buckets(LOGGED, seconds=3600))
    public_only: bool = False
    hours: float = 8
    _sessions: dict[str, Session] = field(default_factory=dict)
    _used: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def viewer(self, request: Request) -> Viewer:
        """Who asks; raises HTTPException 401 for a key that is not good, 429 for one that asks too often.

        A key counts before a session; a session only where nothing is changed, or where a page has looked at its
        token. Somebody whose session has ended is the public.
        """
        given = request.headers.getlist("authorization")
        if given:
            found = self._of_key(request, given)
        elif COOKIE in request.cookies and not self.public_only:
            found = self._of_session(request.cookies[COOKIE])
        else:
            return PUBLIC
        if found.key:
            self._count(found)
        return found

    def act(self, viewer: Viewer) -> None:
        """Count an act; raises HTTPException 429 for who is no steward and acts too often."""
        wait = 0 if viewer.is_steward else self.acts.take(viewer.key)
        if wait:
            raise HTTPException(429, TOO_MANY, headers=retry_after(wait))

    def log(self, request: Request, viewer: Viewer) -> None:
        """Count a need that is logged; raises HTTPException 429 for who is no steward and logs too many."""
        address = request.client.host if request.client else ""
        wait = 0 if viewer.is_steward else self.needs.take(address)
        if wait:
            raise HTTPException(429, TOO_MANY, headers=retry_after(wait))

    def sign_in(self, request: Request, given: str) -> str:
        """The id of a new session; empty for a key that is not good."""
        now = datetime.now(UTC)
        given = given.strip()
        found = None if self.public_only else self._find(given, now)
        if found is None:
            self._wrong(request)
            return ""
        self._count(found)
        session = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions = {one: held for one, held in self._sessions.items() if held.until > now}
            while len(self._sessions) >= _MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._sessions.pop(_digest(request.cookies.get(COOKIE, "")), None)
            until = now + timedelta(hours=self.hours)
            self._sessions[_digest(session)] = Session(found.key, keys.fingerprint(given), until)
        return session

    def sign_out(self, request: Request) -> None:
        """End the session at hand."""
        with self._lock:
            self._sessions.pop(_digest(request.cookies.get(COOKIE, "")), None)

    def record(self, viewer: Viewer, action: str, subject: str) -> None:
        """Write to the audit what the holder of a key did; the public leaves no trace there."""
        if viewer.key:
            with self.catalog.writing() as session:
                audit.append(session, viewer.name, action, subject, f"key {viewer.key}")

    def _of_key(self, request: Request, given: list[str]) -> Viewer:
        scheme = given[0][: len(_BEARER)].lower()
        key = given[0][len(_BEARER) :].strip() if len(given) == 1 and scheme == _BEARER else ""
        found = None if self.public_only else self._find(key, datetime.now(UTC))
        if found is None:
            self._wrong(request)
            raise HTTPException(401, NOT_GOOD, headers={"WWW-Authenticate": "Bearer"})
        return found

    def _find(self, given: str, now: datetime) -> Viewer | None:
        with self.catalog.reading() as session:
            return keys.find(session, given, now)

    def _of_session(self, cookie: str) -> Viewer:
        now = datetime.now(UTC)
        held = self._sessions.get(_digest(cookie))
        if held is None or held.until <= now:
            return PUBLIC
        with self.catalog.reading() as session:
            return keys.still(session, held.key, held.secret, now) or PUBLIC

    def _count(self, viewer: Viewer) -> None:
        wait = self.by_key.take(viewer.key)
        if wait:
            raise HTTPException(429, TOO_MANY, headers=retry_after(wait))
        now = datetime.now(UTC)
        today = (viewer.key, now.date().isoformat())
        if today not in self._used:
            with self.catalog.writing() as session:
                keys.used(session, viewer, now)
            self._used = {one for one in self._used if one[1] == today[1]} | {today}

    def _wrong(self, request: Request) -> None:
        self.addresses.take(request.client.host if request.client else "", WRONG_COSTS)


TOO_MANY = "Too many requests. Please ask again after the seconds that Retry-After says."


def retry_after(seconds: int) -> Mapping[str, str]:
    """The header that says when to ask again."""
    return {"Retry-After": str(seconds)}


def secret_of(request: Request) -> str:
    """The fingerprint of the secret in the header, by which :mod:`catalog.keys` knows it."""
    return keys.fingerprint(request.headers.get("authorization", "")[len(_BEARER) :].strip())


def role(viewer: Viewer) -> str:
    """Whom a cursor belongs to: all that are shown the same."""
    return " ".join([viewer.audience.value, *sorted(viewer.reach), *(f"in:{term}" for term in sorted(viewer.within))])


def _digest(session: str) -> str:
    return sha256(session.encode()).hexdigest()
