"""Who gives a command: nobody, and then it answers as the public does; or a name, and that is recorded."""

from sqlalchemy.orm import Session

from catalog import audit
from catalog.database import Catalog
from catalog.viewer import PUBLIC, Viewer, breaking_glass, steward
from config.load import ConfigurationError
from config.settings import Settings

BROKE = "broke the glass"
"""The audit's word for who looked at everything; stewards are shown these lines (:mod:`catalog.notices`)."""


def viewer(
    catalog: Catalog, settings: Settings, given: str, action: str, *subjects: str, because: str | None = None
) -> Viewer:
    """Who asks; with a name a steward of everything, and one line of the audit is written for each subject.

    Args:
        catalog: Where it is recorded.
        settings: Say who acts where ``given`` does not.
        given: ``--as``.
        action: What is done, a verb phrase.
        subjects: Of what: a record, a source, the words of a question.
        because: ``--break-glass``: why owners' own records are to be shown as well; None if they are not.

    Raises:
        ConfigurationError: The glass is to be broken without a name or a reason.
    """
    actor = _name(settings, given)
    if because is not None:
        actor = named(settings, given, "Whoever breaks the glass has a name.")
        if not because.strip():
            raise ConfigurationError("Say why the glass is broken: --break-glass REASON.")
        with catalog.writing() as session:
            for subject in subjects:
                broken(session, actor, f"{action} {subject}", because)
        return breaking_glass(actor)
    if not actor:
        return PUBLIC
    with catalog.writing() as session:
        for subject in subjects:
            audit.append(session, actor, action, subject)
    return steward(actor)


def broken(session: Session, actor: str, what: str, because: str) -> None:
    """Write that somebody looks at what is for owners alone, which stewards are told of; to be done before they look.

    Args:
        session: Writing.
        actor: Who it is.
        what: The verb and what it is done to, such as ``show`` and a record's id.
        because: Why, in a sentence.
    """
    audit.append(session, actor, BROKE, what, because.strip())


def named(settings: Settings, given: str, why: str = "This is recorded under a name.") -> str:
    """Who acts; raises ConfigurationError, with the reason why a name is needed, if nobody is named."""
    actor = _name(settings, given)
    if not actor:
        raise ConfigurationError(f'{why} Say who you are with "--as NAME" or LANDMARK_ACTOR.')
    return actor


def _name(settings: Settings, given: str) -> str:
    return (given or settings.actor).strip()
