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
    "SearchedSIMCardGroup": ("private_wireless_gateway_id", "wireless_blocklist_id", "data_limit"),
}

# The filter of the list knows this status, the list of statuses does not.
MORE_STATUSES = ("unauthorized_imei",)

# Fields that are there only when a parameter asks for them.
OPTIONAL: dict[str, tuple[str, ...]] = {"SIMCard": ("pin_puk_codes",)}

# Under which key an included resource comes is not written anywhere.
INCLUDED: dict[str, tuple[str, ...]] = {
    "SIMCard": ("sim_card_group",),
    "SimpleSIMCard": ("sim_card_group",),
    "SIMCardGroup": ("iccids",),
}

STRICT = (
    "SIMCard",
    "SimpleSIMCard",
    "SIMCardGroup",
    "SearchedSIMCardGroup",
    "SIMCardAction",
    "PaginationMeta",
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
