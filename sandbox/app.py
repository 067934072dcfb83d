"""The web application: which paths there are, and what stands before them."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Router

from sandbox import admin, admin_sim_cards, admin_usage, downloads
from sandbox.access import (
    access_ip_addresses,
    address_validation,
    addresses,
    authentication_providers,
    billing_groups,
    integration_secrets,
    telephony_credentials,
)
from sandbox.account import (
    audit_events,
    balance,
    charges,
    detail_records,
    invoices,
    payments,
    user_tags,
    webhook_deliveries,
)
from sandbox.context import Sandbox
from sandbox.faults import Faults
from sandbox.gate import Gate
from sandbox.iot import (
    blocklists,
    bulk_actions,
    gateways,
    group_actions,
    migration_sources,
    migrations,
    ota_updates,
    public_ips,
    regions,
    registration,
    registration_codes,
    sim_card_actions,
    sim_card_deletion,
    sim_card_details,
    sim_card_groups,
    sim_card_orders,
    sim_cards,
    usage_notifications,
    voice,
    voice_connections,
)
from sandbox.problems import method_not_allowed, not_found
from sandbox.rate_limit import RateLimit
from sandbox.reports import (
    call_events,
    ledger_billing_group_reports,
    message_records,
    phone_number_downloads,
    report_kinds,
    session_analysis,
    usage_reports,
    wdrs,
    wireless_detail_records_reports,
)
from sandbox.request_log import RequestLog
from sandbox.safety_net import SafetyNet

API_ROUTES = [
    *sim_cards.routes,
    *sim_card_groups.routes,
    *sim_card_actions.routes,
    *sim_card_deletion.routes,
    *sim_card_details.routes,
    *public_ips.routes,
    *voice.routes,
    *bulk_actions.routes,
    *regions.routes,
    *gateways.routes,
    *blocklists.routes,
    *group_actions.routes,
    *ota_updates.routes,
    *registration_codes.routes,
    *registration.routes,
    *sim_card_orders.routes,
    *usage_notifications.routes,
    *addresses.routes,
    *billing_groups.routes,
    *payments.routes,
    *wireless_detail_records_reports.routes,
    # Written-out paths come before those with a placeholder.
    *message_records.routes,
    *report_kinds.routes,
    *call_events.routes,
    *phone_number_downloads.routes,
    *session_analysis.routes,
    *voice_connections.routes,
    *balance.routes,
    *wdrs.routes,
    *detail_records.routes,
    *usage_reports.routes,
    *charges.routes,
    *invoices.routes,
    *ledger_billing_group_reports.routes,
    *access_ip_addresses.routes,
    *address_validation.routes,
    *authentication_providers.routes,
    *integration_secrets.routes,
    *telephony_credentials.routes,
    *migration_sources.routes,
    *migrations.routes,
    *audit_events.routes,
    *user_tags.routes,
    *webhook_deliveries.routes,
]


async def _unknown(_request: Request, _error: Exception) -> Response:
    return not_found().response()


async def _wrong_method(_request: Request, _error: Exception) -> Response:
    return method_not_allowed().response()


def create_app(
    sandbox: Sandbox,
    api_key: str,
    seed: int,
    rate_limit: int | None = None,
    open_admin: bool = False,
) -> Starlette:
    """The application; ``rate_limit`` in requests a second for each key."""
    gate = Gate(
        inner=Router(API_ROUTES, redirect_slashes=False),
        sandbox=sandbox,
        api_key=api_key,
        faults=Faults(seed),
        rate_limit=RateLimit(rate_limit),
        log=RequestLog(),
    )
    app = Starlette(
        routes=[
            Mount("/v2", gate),
            *downloads.routes,
            Mount(
                "/_sandbox",
                admin.LocalOnly(
                    Router(
                        [*admin.routes, *admin_sim_cards.routes, *admin_usage.routes],
                        redirect_slashes=False,
                    ),
                    open_admin,
                ),
            ),
        ],
        middleware=[Middleware(SafetyNet)],
        exception_handlers={404: _unknown, 405: _wrong_method},
    )
    app.state.sandbox = sandbox
    app.state.gate = gate
    return app
