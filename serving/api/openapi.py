"""The description of this interface for programs."""

from typing import Any

from fastapi import APIRouter, Request

router = APIRouter(prefix="/api/v1", include_in_schema=False)


@router.get("/openapi.json")
def openapi(request: Request) -> dict[str, Any]:
    """OpenAPI 3.1, errors included."""
    schema: dict[str, Any] = request.app.openapi()
    return schema
