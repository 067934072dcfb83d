"""What no document says for sure about operations, by client resource or by operation.

An operation that is named here by itself does not repeat what is unsure about its resource.
"""

_DURATION = "How long it takes."
_LEGACY = "What it costs to ask for many; whether old ones are kept."

UNSURE: dict[str, str] = {
    "sim_cards": "Codes of refusals; whether 404 bodies are bare errors.",
    "GET /sim_cards": "Under which key an included group comes; whether the order is stable.",
    "GET /sim_cards/{id}": "Under which key an included group comes.",
    "PATCH /sim_cards/{id}": "Whether null clears a data limit, and whether it then pools again.",
    "DELETE /sim_cards/{id}": "Whether a deleted SIM card can be registered again: the documents"
    " contradict each other.",
    "POST /sim_cards/{id}/actions/enable": "The status code for a SIM card that is enabled already"
    " (we take 422) and for one with an action in progress (we take 422 with 10036).",
    "POST /sim_cards/{id}/actions/disable": "As for enable.",
    "POST /sim_cards/{id}/actions/set_standby": "Whether a SIM card on standby can connect: the"
    " documents contradict each other. A switch of the sandbox.",
    "POST /sim_cards/{id}/actions/set_public_ip": "What happens to a SIM card that has one.",
    "POST /sim_cards/{id}/actions/remove_public_ip": "What happens to a SIM card that has none.",
    "GET /sim_cards/{id}/public_ip": "Whether a SIM card without one answers 404.",
    "GET /sim_cards/{id}/activation_code": "The error for physical and for installed SIM cards.",
    "POST /sim_cards/actions/bulk_set_public_ips": "How many ids one request takes.",
    "POST /sim_cards/actions/bulk_enable_voice": "What happens to SIM cards that have voice.",
    "POST /sim_cards/actions/bulk_disable_voice": "What happens to SIM cards without voice.",
    "POST /sim_cards/actions/validate_registration_codes": "All reasons but one for a bad code.",
    "POST /actions/register/sim_cards": "How many codes one request takes.",
    "esims": "The largest amount; the code for a lack of stock.",
    "sim_card_actions": _DURATION + " Which reasons there are.",
    "bulk_sim_card_actions": _DURATION,
    "sim_card_groups": "Whether the data limit is pooled (we take it so); whether null clears it.",
    "DELETE /sim_card_groups/{id}": "Whether SIM cards in it prevent it (we take 70005) or move to"
    " the default group: the documents contradict each other.",
    "sim_card_group_actions": "What the settings of blocklist actions look like. " + _DURATION,
    "private_wireless_gateways": "Regions: the documents and the specification name others.",
    "DELETE /private_wireless_gateways/{id}": "Whether an assigned one can go (we refuse: 10021).",
    "wireless_blocklists": "How long a list can be.",
    "PATCH /wireless_blocklists": "Which list the form without an id changes: the sandbox takes an"
    " id in the body.",
    "ota_updates": "When an update that waits for its SIM card gives up.",
    "sim_card_orders": "The code for an unknown address; stock; when an order changes its status.",
    "sim_card_data_usage_notifications": "Who is notified, how, and whether once a cycle.",
    "mobile_voice_connections": "Whether the doubled `/v2/v2` of the path is meant.",
    "stored_payment_transactions": "Whether the doubled `/v2/v2` of the path is meant.",
    "migrations": "When a migration fails; how speed and time left are worked out.",
    "migration_sources": "Whether the credentials are checked when a source is created.",
    "addresses": "Which of the codes 20200 to 20209 stands for what.",
    "billing_groups": "Whether error codes are whole numbers here, as the specification says.",
    "integration_secrets": "Whether a name can be used twice.",
    "telephony_credentials": "How long a token lasts.",
    "authentication_providers": "Whether the address of the metadata is fetched at once.",
    "access_ip_addresses": _DURATION,
    "balance": "What counts as pending.",
    "auto_recharge_prefs": "How soon a recharge follows.",
    "charges_summary": "In which line the monthly price of SIM cards appears; when it is charged.",
    "charges_breakdown": "Where SIM cards appear: rows have a phone number and no SIM card.",
    "detail_records": "`wireless` and `sim_card_usage` name the same rows; both are taken.",
    "invoices": "Which amounts an invoice has: the answer carries none.",
    "audit_events": "Which changes are recorded, and for how long.",
    "user_tags": "Which resources count.",
    "webhook_deliveries": "For how long deliveries are kept. No event of SIM cards is documented;"
    " those of the sandbox are its own invention.",
    "usage_reports": "Which dimensions and metrics the product wireless has beyond the example.",
    "wdrs": "The largest page; how far back records go.",
    "wireless_detail_records_reports": "The header and the form of the file. " + _DURATION,
    "ledger_billing_group_reports": "The form of the file. " + _DURATION,
    "cdr_batch_reports": _LEGACY,
    "mdr_batch_reports": _LEGACY,
    "legacy_cdr_usage_reports": _LEGACY,
    "legacy_mdr_usage_reports": _LEGACY,
    "number_lookup_usage_reports": _LEGACY,
    "cdr_usage_reports": "How many rows an answer can have.",
    "mdr_usage_reports": _DURATION,
    "mdrs": "How far back records go.",
    "call_events": "How far back events go.",
    "csv_downloads": "Which columns the file has. " + _DURATION,
    "session_analysis": "Which record types have an analysis; error bodies say `message`.",
}
