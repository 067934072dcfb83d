"""Tags of numbers and outbound profiles."""

from typing import TypedDict

from telnyx_api.query import Parameter
from telnyx_api.resource import Resource

PATH = "/user_tags"


class UserTagLists(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    number_tags: list[str]
    outbound_profile_tags: list[str]


RETRIEVE = {
    "filter_starts_with": Parameter("filter[starts_with]"),
}


class UserTags(Resource):
    """/user_tags."""

    def retrieve(self, filter_starts_with: str | None = None) -> UserTagLists:
        """The tags in use; ``filter_starts_with`` narrows them."""
        return self._one(
            UserTagLists,
            "GET",
            PATH,
            parameters=RETRIEVE,
            given={"filter_starts_with": filter_starts_with},
        )
