"""Pages for people: rendered here, one stylesheet, no scripts; the address is the question."""

from fastapi import APIRouter

from api.pages import coverage, dataset, docs, metrics, organizations, register, runs, search, upcoming

router = APIRouter(include_in_schema=False)
for _module in (search, dataset, organizations, runs, docs, upcoming, metrics, coverage):
    router.include_router(_module.router)
router.include_router(register.public)
