"""Telephony credentials, as far as they give access."""

from telnyx_api.arguments import path_id
from telnyx_api.hidden import HiddenText
from telnyx_api.resource import Resource
from telnyx_api.session import unreadable

PATH = "/telephony_credentials"


class TelephonyCredentials(Resource):
    """/telephony_credentials."""

    def create_token(self, id: str) -> HiddenText:
        """A new access token, whose repr shows nothing of it."""
        path = f"{PATH}/{path_id('id', id)}/token"
        token = self._text("text/plain", "POST", path).strip()
        if not token:
            raise unreadable("POST", path, 201, "it is empty")
        return HiddenText(token)
