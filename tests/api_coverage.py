"""Writes docs/api-coverage.md: what of the API the client calls and the sandbox answers.

``python -m tests.api_coverage`` writes it anew; a test fails while it is not up to date.
"""

import inspect
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, get_args, get_type_hints

from starlette.routing import Match, Route

from sandbox.app import API_ROUTES
from telnyx_api import Client
from tests.telnyx_api.operations import OPERATIONS
from tests.unsure import UNSURE

FILE = Path(__file__).resolve().parent.parent / "docs" / "api-coverage.md"
HEAD = """# Coverage of the API

Every operation of the Telnyx API that Simfleet knows: the call of the client in `telnyx_api`, what
the sandbox keeps and does for it, and what no document says for sure. `make docs` writes this page.

{count} operations: {specified} of the specification, and {more} of an older one. The client calls
{called} of them, the sandbox answers {answered}.
"""
OLDER = {("PATCH", "/wireless_blocklists")}


def client_call(name: str) -> Any:
    """The method behind a name such as ``sim_cards.enable``, or None."""
    resource, _, method = name.partition(".")
    client = Client(api_key="none", base_url="http://127.0.0.1:9/v2")
    return getattr(getattr(client, resource, None), method, None)


def sandbox_route(method: str, path: str) -> Route | None:
    """The route that answers an operation, or None."""
    scope = {
        "type": "http",
        "method": method,
        "path": path.replace("{", "").replace("}", ""),
        "root_path": "",
        "headers": [],
    }
    fitting = (r for r in API_ROUTES if isinstance(r, Route) and r.matches(scope)[0] is Match.FULL)
    return next(fitting, None)


def _first_sentence(thing: Any) -> str:
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return text.replace("|", "\\|").replace("``", "`")


def _signature(name: str) -> str:
    call = client_call(name)
    if call is None:
        return "missing"
    parameters = inspect.signature(call).parameters.values()
    needed = [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    keywords = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
    if keywords is not None:
        (values,) = get_args(get_type_hints(call, include_extras=True)[keywords])
        needed += [f"{field}=" for field in sorted(values.__required_keys__)]
    more = ["…"] if len(needed) < len(parameters) or keywords is not None else []
    return f"`{name}({', '.join(needed + more)})`"


def _state(method: str, path: str) -> str:
    route = sandbox_route(method, path)
    if route is None:
        return "missing"
    # The method and the path, which many docstrings begin with, are in the first column.
    said = re.sub(r"^[A-Z]+ /\S*[:;,.]?\s*", "", _first_sentence(route.endpoint))
    return said[:1].upper() + said[1:]


def _behind(operations: list[tuple[str, str, str]]) -> str:
    """What the sandbox's modules say of themselves, those of one resource."""
    routes = (sandbox_route(method, path) for method, path, _ in operations)
    modules = dict.fromkeys(inspect.getmodule(route.endpoint) for route in routes if route)
    return " ".join(_first_sentence(module) for module in modules)


def lines() -> Iterator[str]:
    """The page, line by line."""
    rows = sorted(OPERATIONS, key=lambda row: (row[2].partition(".")[0], row[1], row[0]))
    yield HEAD.format(
        count=len(rows),
        specified=len(rows) - len(OLDER),
        more=len(OLDER),
        called=sum(client_call(name) is not None for *_, name in rows),
        answered=sum(sandbox_route(method, path) is not None for method, path, _ in rows),
    )
    for resource, group in groupby(rows, key=lambda row: row[2].partition(".")[0]):
        operations = list(group)
        yield f"## {resource}\n"
        yield f"In the sandbox: {_behind(operations)}\n"
        if UNSURE.get(resource):
            yield f"Unsure: {UNSURE[resource]}\n"
        yield "| operation | client | sandbox | unsure |"
        yield "|---|---|---|---|"
        for method, path, name in operations:
            operation = f"{method} {path}"
            cells = (f"`{operation}`", _signature(name), _state(method, path))
            yield f"| {' | '.join(cells)} | {UNSURE.get(operation, '')} |"
        yield ""


def page() -> str:
    """The whole page."""
    return "\n".join(lines()).rstrip("\n") + "\n"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
