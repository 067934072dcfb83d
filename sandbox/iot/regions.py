"""Regions of public IPs and private wireless gateways (GET /wireless/regions).

Which regions there are is our choice, apart from the one that the specification shows.
"""

from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.problems import JSON_TYPE, bad_parameter, not_found

PRODUCTS = ("public_ips", "private_wireless_gateways")
SINCE = "2023-03-01T00:00:00.000Z"


@dataclass(frozen=True)
class Region:
    """``public_ips`` addresses under ``network`` (documentation networks, RFC 5737)."""

    code: str
    name: str
    network: str
    first: int
    public_ips: int


REGIONS = {
    region.code: region
    for region in (
        Region("dc2", "Washington DC, US", "198.51.100", 1, 254),
        Region("ch1", "Chicago, US", "203.0.113", 1, 254),
        Region("am1", "Amsterdam, NL", "192.0.2", 1, 100),
        # So few that a test can use them up.
        Region("sy1", "Sydney, AU", "192.0.2", 201, 4),
    )
}
DEFAULT_REGION = "dc2"


async def list_regions(request: Request) -> Response:
    """GET /wireless/regions?product=; there is no meta (specification)."""
    product = request.query_params.get("product")
    if product is None:
        raise bad_parameter("product", "10004", "Missing required parameter", "product is missing.")
    if product not in PRODUCTS:
        raise not_found()
    data = [
        {"code": region.code, "name": region.name, "inserted_at": SINCE, "updated_at": SINCE}
        for region in REGIONS.values()
    ]
    return Response(orjson.dumps({"data": data}), media_type=JSON_TYPE)


routes = [Route("/wireless/regions", list_regions, methods=["GET"])]
