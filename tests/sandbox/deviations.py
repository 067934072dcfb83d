"""Where the sandbox answers otherwise than the letter of the specification, and why.

The specification also lists hardly any field as required. The tests demand every field of these
schemas and no other, apart from what is named here.
"""

from typing import Any

# Values that the specification shows as plain types, although the field can be empty.
NULLABLE: dict[str, tuple[str, ...]] = {
    # The description of sim_card_group_id says that it can be null; a SIM card without a number,
    # without a limit of its own or without a connection has nothing to show in the others. The
    # type of esim_installation_status has null, its list of values does not.
    "SIMCard": (
        "sim_card_group_id",
        "msisdn",
        "data_limit",
        "current_imei",
        "current_mcc",
        "current_mnc",
        "current_device_location",
        "ipv4",
        "ipv6",
        "esim_installation_status",
    ),
    "SimpleSIMCard": ("sim_card_group_id", "msisdn", "data_limit", "esim_installation_status"),
    # Both ids have the default null in the specification; a group without a limit has none.
    "SIMCardGroup": ("private_wireless_gateway_id", "wireless_blocklist_id", "data_limit"),
    # Null until the address is there, says the description.
    "SIMCardPublicIP": ("ip",),
    # Only a data session has these.
    "WirelessConnectivityLog": ("apn", "ipv4", "ipv6"),
    # Null until there is one, say the defaults.
    "PrivateWirelessGateway": ("ip_range",),
    # There is none before the order is on its way.
    "SIMCardOrder": ("tracking_url",),
    # Everything that a creator of an address may leave out.
    "Address": (
        "administrative_area",
        "borough",
        "customer_reference",
        "extended_address",
        "neighborhood",
        "phone_number",
        "postal_code",
    ),
    # There is none before the report is complete.
    "WdrReport": ("report_url",),
    # Neither is known before something is copied, and nothing is expected of what was stopped.
    "MigrationParams": ("eta", "last_copy"),
    # Only what is active was activated.
    "AuthenticationProvider": ("activated_at",),
    # A SIM card without a number or a group has neither.
    "ExternalWdrDetailRecordDto": ("phone_number", "sim_group_id", "sim_group_name"),
    "SimCardUsageDetailRecord": ("phone_number", "sim_group_id", "sim_group_name"),
    "SearchedSIMCardGroup": ("private_wireless_gateway_id", "wireless_blocklist_id", "data_limit"),
}

# The filter of the list knows this status, the list of statuses does not.
MORE_STATUSES = ("unauthorized_imei",)

# Actions that the list's filter or the official client know, the list of types does not.
MORE_ACTIONS = ("set_public_ip", "remove_public_ip", "enable_voice", "disable_voice")

# Operations that the official client has and the specification does not, with one of the same form.
MORE_PATHS = {
    "/sim_cards/{id}/actions/enable_voice": "/sim_cards/{id}/actions/enable",
    "/sim_cards/{id}/actions/disable_voice": "/sim_cards/{id}/actions/disable",
    # Whether the second /v2 is meant is not known; both forms are served.
    "/payment/stored_payment_transactions": "/v2/payment/stored_payment_transactions",
    "/mobile_voice_connections": "/v2/mobile_voice_connections",
    "/mobile_voice_connections/{id}": "/v2/mobile_voice_connections/{id}",
    # An earlier specification had this one.
    "/wireless_blocklists": "/wireless_blocklists/{id}",
}

# Fields that are there only when a parameter asks for them.
OPTIONAL: dict[str, tuple[str, ...]] = {
    "SIMCard": ("pin_puk_codes",),
    "InvoiceDetail": ("download_url",),
}

# Under which key an included resource comes is not written anywhere.
INCLUDED: dict[str, tuple[str, ...]] = {
    "SIMCard": ("sim_card_group",),
    "SimpleSIMCard": ("sim_card_group",),
    "SIMCardGroup": ("iccids",),
}

STRICT = (
    "ExternalWdrDetailRecordDto",
    "SimCardUsageDetailRecord",
    "UsageReportsOptionsRecord",
    "SummaryAndTotal",
    "Summary",
    "ComparativeLine",
    "SimpleLine",
    "MonthDetail",
    "AdjustmentLine",
    "TotalSummary",
    "BreakdownData",
    "NumberBreakdownResult",
    "ServiceDetail",
    "Invoice",
    "InvoiceDetail",
    "LedgerBillingGroupReport",
    "SIMCard",
    "SimpleSIMCard",
    "SIMCardGroup",
    "SearchedSIMCardGroup",
    "SIMCardAction",
    "PaginationMeta",
    "BulkSIMCardAction",
    "BulkSIMCardActionDetailed",
    "SIMCardPublicIP",
    "SIMCardDeviceDetails",
    "SIMCardActivationCode",
    "WirelessConnectivityLog",
    "wireless_Region",
    "UserBalance",
    "PrivateWirelessGateway",
    "PrivateWirelessGatewayStatus",
    "SIMCardGroupAction",
    "WirelessBlocklist",
    "SimplifiedOTAUpdate",
    "CompleteOTAUpdate",
    "SIMCardRegistrationCodeValidation",
    "SIMCardOrder",
    "SIMCardOrderPreview",
    "SimCardDataUsageNotification",
    "Address",
    "BillingGroup",
    "AutoRechargePref",
    "WdrReport",
    "MobileVoiceConnection",
    "AccessIPAddressResponseSchema",
    "AuditEventChanges",
    "AuditLog",
    "AuthenticationProvider",
    "IntegrationSecret",
    "MigrationParams",
    "MigrationSourceCoverageParams",
    "MigrationSourceParams",
    "PaginationMetaSimple",
    "ValidateAddressResult",
    "attempt",
    "webhook_delivery",
)


def apply(specification: dict[str, Any]) -> None:
    """Change a loaded specification in place."""
    schemas = specification["components"]["schemas"]
    for name in STRICT:
        schema = schemas[name]
        schema["required"] = [
            field for field in schema["properties"] if field not in OPTIONAL.get(name, ())
        ]
        schema["properties"].update({field: {} for field in INCLUDED.get(name, ())})
        schema["additionalProperties"] = False
    for name, fields in NULLABLE.items():
        for field in fields:
            properties = schemas[name]["properties"]
            properties[field] = {"anyOf": [properties[field], {"type": "null"}]}
    schemas["SIMCardStatus"]["properties"]["value"]["enum"] += MORE_STATUSES
    # The description says that it is null while there is nothing to explain.
    status = schemas["SIMCardAction"]["properties"]["status"]["properties"]
    status["reason"]["type"] = ["string", "null"]
    schemas["SIMCardAction"]["properties"]["action_type"]["enum"] += MORE_ACTIONS
    for path, same in MORE_PATHS.items():
        paths = specification["paths"]
        paths[path] = {**paths[same], **paths.get(path, {})}
    # An order keeps what its address left out.
    address = schemas["SIMCardOrder"]["properties"]["order_address"]["properties"]
    for field in ("administrative_area", "extended_address", "postal_code"):
        address[field]["type"] = ["string", "null"]
    # A new gateway shows no number of groups (behaviour).
    gateway = schemas["PrivateWirelessGateway"]["properties"]["assigned_resources"]["items"]
    gateway = schemas[gateway["$ref"].rsplit("/", 1)[-1]] if "$ref" in gateway else gateway
    gateway["properties"]["count"]["type"] = ["integer", "null"]
    # The documents show the id of the blocklist here, the specification only that of the gateway.
    settings = schemas["SIMCardGroupAction"]["properties"]["settings"]["properties"]
    settings["wireless_blocklist_id"] = settings["private_wireless_gateway_id"]
    # The three forms of a list of values are the same, so exactly one can never hold.
    values = specification["paths"]["/wireless_blocklist_values"]["get"]["responses"]["200"]
    data = values["content"]["application/json"]["schema"]["properties"]["data"]
    data["anyOf"] = data.pop("oneOf")
    # A provider that was set up with a fingerprint has no certificate.
    settings = schemas["AuthenticationProvider"]["properties"]["settings"]["properties"]
    settings["idp_certificate"]["type"] = ["string", "null"]
    # All forms of a detail record fit each other, so exactly one never does; this account has
    # only wireless ones (behaviour, section 8).
    schemas["DetailRecord"].pop("oneOf")
    schemas["DetailRecord"]["$ref"] = "#/components/schemas/SimCardUsageDetailRecord"


# What follows is for requests that are made up from the specification.

# Codes with which any operation may refuse a request that the specification allows. It says hardly
# anything about which values are right and nothing about the state of things.
REFUSALS = {
    "10004": "hardly any field is listed as required (behaviour, section 1)",
    "10005": "the resource that an id names is not there (behaviour, section 7)",
    "10006": "ids are UUIDs (behaviour, section 9), the specification takes any text",
    "10012": "a name or number that has to be unique (behaviour, section 7)",
    "10015": "blank texts, amounts, dates, IMEIs and codes in another form (our choice)",
    "10017": "the resource that a field names is not there (behaviour, section 7)",
    "10021": "it is in use (behaviour, section 3)",
    "10023": "the body is missing or is not JSON (behaviour, section 7)",
    "10027": "the state does not allow it (behaviour, section 1)",
    "10031": "a filter or sort that the list does not have (our choice, see sandbox/filters.py)",
    "10033": "a number or range beyond the limits of section 6 (behaviour)",
    "10036": "an action is in progress (behaviour, section 1)",
    "20100": "there is no money for it (behaviour, section 7)",
    "70001": "out of stock (behaviour, section 4)",
    "70005": "the group is not empty (behaviour, section 3)",
    "70006": "the default group (behaviour, section 3)",
    "70007": "a SIM card without a group (behaviour, section 1)",
    "70008": "no public IP is left (behaviour, section 2)",
}

# The same for one operation.
REFUSALS_OF = {
    ("GET /usage_reports", "10003"): "products, dimensions and metrics are those of its options,"
    " with the specification's own code for it (behaviour, section 7)",
    ("GET /usage_reports/options", "10003"): "as for the report",
    ("POST /actions/purchase/esims", "10032"): "the one product is whitelabel (section 4)",
    ("POST /private_wireless_gateways", "10032"): "regions are those of /wireless/regions",
    ("POST /sim_cards/{id}/actions/set_public_ip", "10032"): "regions, as for gateways",
}

# Parts of a request that are wrong by the specification and are taken all the same.
TAKEN = {
    "path": "ids of addresses are whole numbers as strings (behaviour, section 9), not UUIDs",
    "query": "unknown parameters are ignored, single values may be repeated, objects are bracketed,"
    " and the word null is a value of a filter (behaviour, section 6)",
    "null": "a field of the body that can be left out can be null (our choice: section 1 says that"
    " how a field is cleared is not known)",
}

# Operations that take a method that the specification does not have.
MORE_METHODS = {
    "/wireless_blocklists": "PATCH without an id is an older form (behaviour, section 9)",
}
