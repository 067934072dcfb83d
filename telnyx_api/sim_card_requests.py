"""What can be asked of SIM cards besides reading and changing their records."""

from collections.abc import Iterator, Sequence

from telnyx_api import fields
from telnyx_api.arguments import list_of, matching, path_id, text
from telnyx_api.fields import Field
from telnyx_api.iot.bulk_sim_card_actions import BulkSimCardAction
from telnyx_api.query import Parameter
from telnyx_api.resource import LARGEST_PAGE, Page, Resource, records
from telnyx_api.sim_card_actions import SimCardAction
from telnyx_api.sim_card_records import (
    ActivationCode,
    DeviceDetails,
    RegistrationCodeValidation,
    SimCardPublicIp,
    WirelessConnectivityLog,
)

PATH = "/sim_cards"
# Ten digits by the words of the specification, nine in its example.
REGISTRATION_CODE = matching(r"[0-9]{9,10}", "a registration code, which has ten digits")

SET_PUBLIC_IP = {"region_code": Parameter("region_code")}
BULK_VOICE = {"sim_card_group_id": Field(required=True)}
BULK_SET_PUBLIC_IPS = {"sim_card_ids": Field(list_of(text, 1), required=True)}
VALIDATE = {"registration_codes": Field(list_of(REGISTRATION_CODE, 1), required=True)}


class SimCardRequests(Resource):
    """The actions of /sim_cards, and what hangs on a single SIM card."""

    def enable(self, id: str) -> SimCardAction:
        """Ask for enabled; the action is followed through client.sim_card_actions."""
        return self._act(id, "enable")

    def disable(self, id: str) -> SimCardAction:
        """Ask for disabled."""
        return self._act(id, "disable")

    def set_standby(self, id: str) -> SimCardAction:
        """Ask for standby."""
        return self._act(id, "set_standby")

    def set_public_ip(self, id: str, region_code: str | None = None) -> SimCardAction:
        """Ask for a public IP, which costs money."""
        given = {"region_code": region_code}
        path = f"{path_of(id)}/actions/set_public_ip"
        return self._one(SimCardAction, "POST", path, parameters=SET_PUBLIC_IP, given=given)

    def remove_public_ip(self, id: str) -> SimCardAction:
        """Ask for the public IP to be removed."""
        return self._act(id, "remove_public_ip")

    def enable_voice(self, id: str) -> SimCardAction:
        """Ask for voice. Newer than the specification; raises errors.NotFound where it is not."""
        return self._act(id, "enable_voice")

    def disable_voice(self, id: str) -> SimCardAction:
        """Ask for no voice; as ``enable_voice``."""
        return self._act(id, "disable_voice")

    def public_ip(self, id: str) -> SimCardPublicIp:
        """The public IP of a SIM card; raises errors.NotFound."""
        return self._one(SimCardPublicIp, "GET", f"{path_of(id)}/public_ip")

    def activation_code(self, id: str) -> ActivationCode:
        """The activation code of an eSIM that is not installed yet."""
        return self._one(ActivationCode, "GET", f"{path_of(id)}/activation_code")

    def device_details(self, id: str) -> DeviceDetails:
        """The device that a SIM card is in."""
        return self._one(DeviceDetails, "GET", f"{path_of(id)}/device_details")

    def page_connectivity_logs(
        self, id: str, number: int = 1, size: int = LARGEST_PAGE
    ) -> Page[WirelessConnectivityLog]:
        """One page of a SIM card's connections; ``size`` is 1 to 250."""
        return self._page(WirelessConnectivityLog, _logs(id), number, size)

    def pages_connectivity_logs(
        self, id: str, page_size: int = LARGEST_PAGE
    ) -> Iterator[Page[WirelessConnectivityLog]]:
        """All pages of a SIM card's connections, each fetched when it is asked for."""
        return self._pages(WirelessConnectivityLog, _logs(id), page_size)

    def list_connectivity_logs(
        self, id: str, page_size: int = LARGEST_PAGE
    ) -> Iterator[WirelessConnectivityLog]:
        """All connections of a SIM card, fetched page by page."""
        return records(self.pages_connectivity_logs(id, page_size))

    def bulk_enable_voice(self, sim_card_group_id: str) -> BulkSimCardAction:
        """Ask for voice on all SIM cards of a group."""
        body = fields.build(BULK_VOICE, {"sim_card_group_id": sim_card_group_id})
        return self._bulk("bulk_enable_voice", body)

    def bulk_disable_voice(self, sim_card_group_id: str) -> BulkSimCardAction:
        """Ask for no voice on all SIM cards of a group."""
        body = fields.build(BULK_VOICE, {"sim_card_group_id": sim_card_group_id})
        return self._bulk("bulk_disable_voice", body)

    def bulk_set_public_ips(self, sim_card_ids: Sequence[str]) -> BulkSimCardAction:
        """Ask for a public IP for each of these SIM cards, which costs money."""
        body = fields.build(BULK_SET_PUBLIC_IPS, {"sim_card_ids": sim_card_ids})
        return self._bulk("bulk_set_public_ips", body)

    def validate_registration_codes(
        self, registration_codes: Sequence[str]
    ) -> Sequence[RegistrationCodeValidation]:
        """Which of these codes could be registered; nothing is."""
        body = fields.build(VALIDATE, {"registration_codes": registration_codes})
        path = f"{PATH}/actions/validate_registration_codes"
        return self._some(RegistrationCodeValidation, "POST", path, body=body)

    def _act(self, id: str, action: str) -> SimCardAction:
        return self._one(SimCardAction, "POST", f"{path_of(id)}/actions/{action}")

    def _bulk(self, action: str, body: dict[str, object]) -> BulkSimCardAction:
        return self._one(BulkSimCardAction, "POST", f"{PATH}/actions/{action}", body=body)


def path_of(id: str) -> str:
    return f"{PATH}/{path_id('id', id)}"


def _logs(id: str) -> str:
    return f"{path_of(id)}/wireless_connectivity_logs"
