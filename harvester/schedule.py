"""APScheduler from the declared sources; never inside an API worker, for each worker would harvest."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from catalog import runs
from catalog.database import Catalog
from config.declarations import Source
from config.settings import Settings

JITTER_SECONDS = 120
"""Portals see many harvesters at full hours."""
FULL_EVERY = timedelta(days=7)
"""Deletions are invisible to incremental runs, so everything is read this often."""
MISFIRE_SECONDS = 24 * 3600


def run_schedule(catalog: Catalog, sources: Sequence[Source], settings: Settings) -> None:
    """Run until interrupted; a source that is being harvested elsewhere is left to that."""
    scheduler = BlockingScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": MISFIRE_SECONDS}
    )
    for source in sources:
        scheduler.add_job(_harvest, trigger(source), args=(catalog, source, settings), id=source.key)
        print(f"{source.key}: {source.schedule}", file=sys.stderr)

    def failed(event: JobExecutionEvent) -> None:
        print(f"{event.job_id}: {event.exception}", file=sys.stderr)

    scheduler.add_listener(failed, EVENT_JOB_ERROR)
    try:
        scheduler.start()
    except (KeyboardInterrupt, SystemExit):
        scheduler.shutdown(wait=False)


def next_runs(sources: Sequence[Source]) -> Iterator[tuple[str, datetime]]:
    """When each source runs next, jitter aside, soonest first."""
    now = datetime.now(UTC)
    moments = [
        (source.key, CronTrigger.from_crontab(source.schedule, "UTC").get_next_fire_time(None, now))
        for source in sources
    ]
    yield from sorted(moments, key=lambda entry: (entry[1], entry[0]))


def trigger(source: Source) -> CronTrigger:
    """The source's crontab, some seconds apart from everybody else's."""
    timing = CronTrigger.from_crontab(source.schedule, "UTC")
    timing.jitter = JITTER_SECONDS
    return timing


def _harvest(catalog: Catalog, source: Source, settings: Settings) -> None:
    from harvester.cli import harvest_all, index

    with catalog.reading() as session:
        last_full = runs.last_complete(session, source.key, "full")
    full = last_full is None or datetime.now(UTC) - last_full > FULL_EVERY
    harvest_all(catalog, [source], settings, full=full)
    index(catalog, settings)
