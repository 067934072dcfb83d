"""What the API says about SIM cards."""

from typing import Any, TypedDict

from telnyx_api.data_amount import DataAmount


class SimCardStatus(TypedDict, total=False):
    """``value`` may be a word that the specification does not list."""

    value: str
    reason: str | None


class DeviceLocation(TypedDict, total=False):
    """Coordinates are decimal numbers in strings, ``accuracy`` is in ``accuracy_unit``."""

    latitude: str
    longitude: str
    accuracy: int
    accuracy_unit: str


class PinPukCodes(TypedDict, total=False):
    """Only when asked for; the repr shows nothing. Never to be logged."""

    pin1: str
    puk1: str
    pin2: str
    puk2: str


class SimCard(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict.

    Only ``retrieve`` gives present IMEI, network, addresses, location and live session.
    """

    id: str
    record_type: str
    type: str
    iccid: str
    imsi: str
    msisdn: str
    eid: str | None
    version: str
    status: SimCardStatus
    sim_card_group_id: str | None
    tags: list[str]
    authorized_imeis: list[str] | None
    data_limit: DataAmount | None
    current_billing_period_consumed_data: DataAmount
    actions_in_progress: bool
    resources_with_in_progress_actions: list[dict[str, Any]]
    voice_enabled: bool
    esim_installation_status: str | None
    current_imei: str | None
    current_mcc: str | None
    current_mnc: str | None
    current_device_location: DeviceLocation | None
    ipv4: str | None
    ipv6: str | None
    live_data_session: str | None
    pin_puk_codes: PinPukCodes | None
    created_at: str
    updated_at: str


class WirelessConnectivityLog(TypedDict, total=False):
    """When a SIM card was registered with a network, or had a data session."""

    id: int
    record_type: str
    sim_card_id: str
    log_type: str
    state: str
    apn: str
    cell_id: str
    imei: str
    imsi: str
    ipv4: str
    ipv6: str
    mobile_country_code: str
    mobile_network_code: str
    radio_access_technology: str
    start_time: str
    stop_time: str
    last_seen: str
    created_at: str


class DeviceDetails(TypedDict, total=False):
    """The device that a SIM card is in."""

    record_type: str
    imei: str
    brand_name: str
    model_name: str
    device_type: str
    operating_system: str


class SimCardPublicIp(TypedDict, total=False):
    """``ip`` is None until it is provisioned."""

    record_type: str
    sim_card_id: str
    type: str
    ip: str | None
    region_code: str
    created_at: str
    updated_at: str


class ActivationCode(TypedDict, total=False):
    """What a device needs to install an eSIM, once."""

    record_type: str
    activation_code: str


class RegistrationCodeValidation(TypedDict, total=False):
    """``invalid_detail`` says why a code is not valid."""

    record_type: str
    registration_code: str
    valid: bool
    invalid_detail: str | None
