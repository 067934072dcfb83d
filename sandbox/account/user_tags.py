"""The tags in use: on numbers, which here are those of SIM cards, and on voice connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.filters import Filters
from sandbox.paging import data_response

if TYPE_CHECKING:
    from sandbox.context import Sandbox

# One step in the index for each tag, however many SIM cards carry it.
DISTINCT = """
WITH RECURSIVE found (tag) AS (
    SELECT min(value) FROM sim_cards_tags
    UNION ALL
    SELECT (SELECT min(value) FROM sim_cards_tags WHERE value > tag) FROM found
    WHERE tag IS NOT NULL
)
SELECT tag FROM found WHERE tag IS NOT NULL
"""


async def list_tags(request: Request) -> Response:
    """GET /user_tags; the prefix is compared without regard to case (our choice).

    The account has neither numbers nor outbound profiles: the tags of SIM cards stand for those of
    numbers, and those of voice connections for those of profiles (our choice).
    """
    sandbox: Sandbox = request.app.state.sandbox
    prefix = (Filters(request, ("starts_with",)).text("starts_with") or "").casefold()
    execute = sandbox.state.connection.execute
    numbers = [tag for (tag,) in execute(DISTINCT)]
    stored = execute("SELECT listed FROM voice_connections_documents")
    connections = {tag for (listed,) in stored for tag in orjson.loads(listed)["tags"]}
    answer = {
        "number_tags": [tag for tag in numbers if tag.casefold().startswith(prefix)],
        "outbound_profile_tags": sorted(
            tag for tag in connections if tag.casefold().startswith(prefix)
        ),
    }
    return data_response(answer)


routes = [Route("/user_tags", list_tags, methods=["GET"])]
