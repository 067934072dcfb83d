"""The specification of the API, where it lies next to this project: is what we send allowed?"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FILE = Path(__file__).parents[3] / "shared" / "telnyx" / "openapi.json"


@cache
def specification() -> Any:
    return json.loads(FILE.read_text())


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = specification()["paths"][path][method.lower()]
    return found


def query_problems(method: str, path: str, query: list[tuple[str, str]]) -> list[str]:
    """What the specification has against these query parameters."""
    known = {p["name"]: p for p in map(resolved, parameters(method, path)) if p["in"] == "query"}
    given = _nested(query, known)
    problems = [f"{name} is unknown" for name in given if name not in known]
    for name, parameter in known.items():
        if name in given:
            schema = parameter["schema"]
            problems += _problems(schema, _typed(given[name], schema))
        elif parameter.get("required"):
            problems.append(f"{name} is missing")
    return problems


def body_problems(method: str, path: str, body: object) -> list[str]:
    """What the specification has against this body; None for no body."""
    described = operation(method, path).get("requestBody")
    if described is None:
        return [] if body is None else ["a body where there is none"]
    described = resolved(described)
    if body is None:
        return ["there is no body"] if described.get("required") else []
    return _problems(next(iter(described["content"].values()))["schema"], body)


def required_arguments(method: str, path: str) -> set[str]:
    """Names of the query parameters and fields that have to be there."""
    found = {p["name"] for p in map(resolved, parameters(method, path)) if p.get("required")}
    described = resolved(operation(method, path).get("requestBody", {}))
    for content in described.get("content", {}).values():
        found |= set(resolved(content["schema"]).get("required", ()))
    return found


def parameters(method: str, path: str) -> list[dict[str, Any]]:
    shared = specification()["paths"][path].get("parameters", [])
    return [*shared, *operation(method, path).get("parameters", [])]


def resolved(node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target = specification()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _nested(query: list[tuple[str, str]], known: dict[str, Any]) -> dict[str, Any]:
    """filter[a][b]=c as {"filter": {"a": {"b": "c"}}}, unless the name is known as it is."""
    given: dict[str, Any] = {}
    for name, value in query:
        if name in known:
            given[name] = value
            continue
        first, *inner = name.replace("]", "").split("[")
        place, key = given, first
        for part in inner:
            place, key = place.setdefault(key, {}), part
        place[key] = value
    return given


def _typed(value: Any, schema: Any) -> Any:
    schema = resolved(schema)
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {key: _typed(item, inner.get(key, {})) for key, item in value.items()}
    kind = schema.get("type")
    if kind == "array":
        return [_typed(item, schema.get("items", {})) for item in value.split(",")]
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return int(value) if kind in ("integer", "number") and value.isdecimal() else value


def _problems(schema: Any, value: object) -> list[str]:
    whole = {**schema, "components": specification()["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]
