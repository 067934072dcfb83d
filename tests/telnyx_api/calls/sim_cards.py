"""Calls of SIM cards, groups and actions."""

from tests.telnyx_api.calls.call import Call

CALLS = {
    "sim_cards.page": Call(
        {
            "filter_iccid": "iccid",
            "filter_msisdn": "msisdn",
            "filter_status": ["unauthorized_imei"],
            "filter_tags": ["tag", "tag2"],
            "include_sim_card_group": True,
            "filter_sim_card_group_id": "sim card group id",
            "sort": "-current_billing_period_consumed_data.amount",
        },
        query={
            "filter[iccid]": "iccid",
            "filter[msisdn]": "msisdn",
            "filter[status]": "unauthorized_imei",
            "filter[tags]": "tag,tag2",
            "include_sim_card_group": "true",
            "filter[sim_card_group_id]": "sim card group id",
            "sort": "-current_billing_period_consumed_data.amount",
            "page[number]": "1",
            "page[size]": "250",
        },
        answer="list",
    ),
    "sim_cards.retrieve": Call(
        {"id": "1", "include_sim_card_group": True, "include_pin_puk_codes": True},
        query={"include_sim_card_group": "true", "include_pin_puk_codes": "true"},
    ),
    "sim_cards.update": Call(
        {
            "id": "1",
            "authorized_imeis": ["authorized imei", "authorized imei2"],
            "data_limit": {"amount": "2048.0", "unit": "MB"},
            "sim_card_group_id": "sim card group id",
            "tags": ["tag", "tag2"],
        },
        body={
            "authorized_imeis": ["authorized imei", "authorized imei2"],
            "data_limit": {"amount": "2048.0", "unit": "MB"},
            "sim_card_group_id": "sim card group id",
            "tags": ["tag", "tag2"],
        },
    ),
    "sim_cards.delete": Call({"id": "1", "report_lost": True}, query={"report_lost": "true"}),
    "sim_cards.register": Call(
        {
            "registration_codes": ["0123456789"],
            "sim_card_group_id": "sim card group id",
            "status": "standby",
            "tags": ["tag", "tag2"],
        },
        body={
            "registration_codes": ["0123456789"],
            "sim_card_group_id": "sim card group id",
            "status": "standby",
            "tags": ["tag", "tag2"],
        },
        answer="list",
    ),
    "sim_cards.enable": Call({"id": "1"}),
    "sim_cards.disable": Call({"id": "1"}),
    "sim_cards.set_standby": Call({"id": "1"}),
    "sim_cards.set_public_ip": Call(
        {"id": "1", "region_code": "region code"}, query={"region_code": "region code"}
    ),
    "sim_cards.remove_public_ip": Call({"id": "1"}),
    "sim_cards.public_ip": Call({"id": "1"}),
    "sim_cards.activation_code": Call({"id": "1"}),
    "sim_cards.device_details": Call({"id": "1"}),
    "sim_cards.page_connectivity_logs": Call(
        {"id": "1"}, query={"page[number]": "1", "page[size]": "250"}, answer="list"
    ),
    "sim_cards.bulk_enable_voice": Call(
        {"sim_card_group_id": "sim card group id"}, body={"sim_card_group_id": "sim card group id"}
    ),
    "sim_cards.bulk_disable_voice": Call(
        {"sim_card_group_id": "sim card group id"}, body={"sim_card_group_id": "sim card group id"}
    ),
    "sim_cards.bulk_set_public_ips": Call(
        {"sim_card_ids": ["sim card id", "sim card id2"]},
        body={"sim_card_ids": ["sim card id", "sim card id2"]},
    ),
    "sim_cards.validate_registration_codes": Call(
        {"registration_codes": ["0123456789"]},
        body={"registration_codes": ["0123456789"]},
        answer="list",
    ),
    "sim_card_groups.page": Call(
        {
            "filter_name": "name",
            "filter_private_wireless_gateway_id": "private wireless gateway id",
            "filter_wireless_blocklist_id": "wireless blocklist id",
        },
        query={
            "filter[name]": "name",
            "filter[private_wireless_gateway_id]": "private wireless gateway id",
            "filter[wireless_blocklist_id]": "wireless blocklist id",
            "page[number]": "1",
            "page[size]": "250",
        },
        answer="list",
    ),
    "sim_card_groups.create": Call(
        {"data_limit": {"amount": "2048.0", "unit": "MB"}, "name": "name"},
        body={"data_limit": {"amount": "2048.0", "unit": "MB"}, "name": "name"},
    ),
    "sim_card_groups.retrieve": Call(
        {"id": "1", "include_iccids": True}, query={"include_iccids": "true"}
    ),
    "sim_card_groups.update": Call(
        {"id": "1", "data_limit": {"amount": "2048.0", "unit": "MB"}, "name": "name"},
        body={"data_limit": {"amount": "2048.0", "unit": "MB"}, "name": "name"},
    ),
    "sim_card_groups.delete": Call({"id": "1"}),
    "sim_card_groups.set_private_wireless_gateway": Call(
        {"id": "1", "private_wireless_gateway_id": "private wireless gateway id"},
        body={"private_wireless_gateway_id": "private wireless gateway id"},
    ),
    "sim_card_groups.remove_private_wireless_gateway": Call({"id": "1"}),
    "sim_card_groups.set_wireless_blocklist": Call(
        {"id": "1", "wireless_blocklist_id": "wireless blocklist id"},
        body={"wireless_blocklist_id": "wireless blocklist id"},
    ),
    "sim_card_groups.remove_wireless_blocklist": Call({"id": "1"}),
    "sim_card_actions.page": Call(
        {
            "filter_action_type": "set_public_ip",
            "filter_bulk_sim_card_action_id": "bulk sim card action id",
            "filter_sim_card_id": "sim card id",
            "filter_status": "failed",
        },
        query={
            "filter[action_type]": "set_public_ip",
            "filter[bulk_sim_card_action_id]": "bulk sim card action id",
            "filter[sim_card_id]": "sim card id",
            "filter[status]": "failed",
            "page[number]": "1",
            "page[size]": "250",
        },
        answer="list",
    ),
    "sim_card_actions.retrieve": Call({"id": "1"}),
}
