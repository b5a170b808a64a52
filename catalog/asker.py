"""Who gives a command: nobody, and then it answers as the public does; or a name, and that is recorded."""

from catalog import audit
from catalog.database import Catalog
from catalog.vocabulary import Audience
from config.load import ConfigurationError
from config.settings import Settings


def audience(catalog: Catalog, settings: Settings, given: str, action: str, *subjects: str) -> Audience:
    """What the asker may know: all, if there is a name, and one line of the audit is written for each subject."""
    actor = _name(settings, given)
    if not actor:
        return Audience.PUBLIC
    with catalog.writing() as session:
        for subject in subjects:
            audit.append(session, actor, action, subject)
    return Audience.FULL


def named(settings: Settings, given: str, why: str = "This is recorded under a name.") -> str:
    """Who acts; raises ConfigurationError, with the reason why a name is needed, if nobody is named."""
    actor = _name(settings, given)
    if not actor:
        raise ConfigurationError(f'{why} Say who you are with "--as NAME" or LANDMARK_ACTOR.')
    return actor


def _name(settings: Settings, given: str) -> str:
    return (given or settings.actor).strip()
