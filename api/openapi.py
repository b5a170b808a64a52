"""What the OpenAPI document says of keys, for every operation."""

from typing import Any

from fastapi import FastAPI

from api import examples

_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "lmk_<id>_<secret>",
    "description": "A key that a steward gave you. Without one you are answered as the public.",
}


def describe_keys(app: FastAPI) -> None:
    """Let the document name the key, and the answers to one that is not good or asks too often."""
    generated = app.openapi

    def document() -> dict[str, Any]:
        made = generated()
        if "securitySchemes" not in made.setdefault("components", {}):
            made["components"]["securitySchemes"] = {"key": _SCHEME}
            for path, operations in made["paths"].items():
                if path.startswith("/api/"):
                    for operation in operations.values():
                        operation.setdefault("security", [{}, {"key": []}])
                        operation["responses"] = {**operation["responses"], **examples.WITH_KEYS}
        return made

    app.openapi = document  # type: ignore[method-assign]
