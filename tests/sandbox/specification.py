"""Holds every answer of the sandbox against the API's own specification."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import requests
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.sandbox import deviations

FILE = Path(__file__).resolve().parents[3] / "shared" / "telnyx" / "openapi.json"
HERE = "urn:specification"


class Specification:
    """The specification with our deviations; finds and applies the schema of an answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        deviations.apply(document)
        self._document = document
        self._registry = Registry().with_resource(
            HERE, Resource.from_contents(document, default_specification=DRAFT202012)
        )
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "$"), path)
            # A written-out part of a path wins over a placeholder.
            for path in sorted(document["paths"], key=lambda path: path.count("{"))
        ]
        self._validators: dict[str, Draft202012Validator] = {}
        # Answers that were found right; the same page comes many times.
        self._right: set[tuple[str, bytes]] = set()

    def _validator(self, pointer: str) -> Draft202012Validator:
        if pointer not in self._validators:
            schema = {"$ref": HERE + pointer}
            cls = validator_for(schema, default=Draft202012Validator)
            self._validators[pointer] = cls(
                schema, registry=self._registry, format_checker=cls.FORMAT_CHECKER
            )
        return self._validators[pointer]

    def pointer(self, method: str, path: str, status: int) -> str:
        """Where the schema of this answer is."""
        if status >= 400:
            return "#/components/schemas/wireless_Errors"
        template = next(path_ for pattern, path_ in self._paths if pattern.match(path))
        responses = self._document["paths"][template][method.lower()]["responses"]
        assert str(status) in responses, f"{method} {template} does not answer {status}"
        reference = responses[str(status)].get("$ref")
        if reference is not None:
            return f"{reference}/content/application~1json/schema"
        escaped = template.replace("~", "~0").replace("/", "~1")
        return (
            f"#/paths/{escaped}/{method.lower()}/responses/{status}"
            "/content/application~1json/schema"
        )

    def _has_content(self, pointer: str) -> bool:
        """Whether the specification shows a body for an answer."""
        holder = self._document
        for part in pointer.removeprefix("#/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if name not in holder:
                return False
            holder = holder[name]
        return True

    def check(self, response: requests.Response, path: str) -> None:
        """Fail unless the answer fits; ``path`` is relative to the base URL."""
        kind = response.headers.get("content-type", "")
        method = str(response.request.method)
        self.check_answer(method, path, response.status_code, kind, response.content)

    def check_answer(self, method: str, path: str, status: int, kind: str, content: bytes) -> None:
        """Fail unless the answer fits; ``kind`` is its media type."""
        pointer = self.pointer(method, path, status)
        if status == 204:
            assert not content, f"{method} {path} answers {status} with a body"
            return
        if not content:
            assert not self._has_content(pointer), f"{method} {path} answers nothing"
            return
        if kind.startswith(("text/csv", "text/plain")):
            # A text with no further rules, where the specification has one.
            holder = self._document
            for part in pointer.removeprefix("#/").split("/")[:-2]:
                holder = holder[part.replace("~1", "/").replace("~0", "~")]
            assert kind.partition(";")[0] in holder, f"{method} {path} answers no {kind}"
            return
        assert kind.startswith("application/json")
        if (pointer, content) in self._right:
            return
        errors = list(self._validator(pointer).iter_errors(json.loads(content)))
        assert not errors, f"{method} {path}: {errors[0].json_path}: {errors[0].message}"
        self._right.add((pointer, content))


@cache
def specification() -> Specification | None:
    """The specification, or None where it is not at hand."""
    if not FILE.exists():
        return None
    return Specification(json.loads(FILE.read_text(encoding="utf-8")))
