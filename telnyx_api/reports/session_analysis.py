"""Sessions: events that belong together."""

from typing import Any, TypedDict, Unpack

from telnyx_api.arguments import path_id
from telnyx_api.query import Parameter
from telnyx_api.resource import Resource

PATH = "/session_analysis"


class SessionMetadataMeta(TypedDict, total=False):
    """``meta`` of a SessionMetadata."""

    last_updated: str
    total_record_types: int


class SessionMetadata(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    meta: SessionMetadataMeta
    query_parameters: dict[str, Any]
    record_types: list[dict[str, Any]]


class RecordTypeMetadataMeta(TypedDict, total=False):
    """``meta`` of a RecordTypeMetadata."""

    max_recommended_depth: int
    total_children: int
    total_parents: int
    total_siblings: int


class RecordTypeMetadata(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    aliases: list[str]
    child_relationships: list[dict[str, Any]]
    event: str
    examples: dict[str, Any]
    meta: RecordTypeMetadataMeta
    parent_relationships: list[dict[str, Any]]
    product: str
    record_type: str


class SessionAnalysisCost(TypedDict, total=False):
    """``cost`` of a SessionAnalysis."""

    currency: str
    total: str


class SessionAnalysisMeta(TypedDict, total=False):
    """``meta`` of a SessionAnalysis."""

    event_count: int
    products: list[str]


class SessionAnalysis(TypedDict, total=False):
    """A record as the API sends it; fields that are not listed here stay in the dict."""

    cost: SessionAnalysisCost
    meta: SessionAnalysisMeta
    root: dict[str, Any]
    session_id: str


class SessionAnalysisOptions(TypedDict, total=False):
    """Arguments of the request."""

    include_children: bool | None
    max_depth: int | None
    expand: str | None
    date_time: str | None


RETRIEVE = {
    "include_children": Parameter("include_children", "flag"),
    "max_depth": Parameter("max_depth", "number", highest=5),
    "expand": Parameter("expand", allowed=("record", "none")),
    "date_time": Parameter("date_time", "day or moment"),
}


class SessionAnalyses(Resource):
    """/session_analysis."""

    def metadata(self) -> SessionMetadata:
        """What kinds of records there are, and how they hang together."""
        return self._bare(SessionMetadata, "GET", f"{PATH}/metadata")

    def record_type_metadata(self, record_type: str) -> RecordTypeMetadata:
        """One kind of records."""
        return self._bare(
            RecordTypeMetadata, "GET", f"{PATH}/metadata/{path_id('record_type', record_type)}"
        )

    def retrieve(
        self, record_type: str, event_id: str, **options: Unpack[SessionAnalysisOptions]
    ) -> SessionAnalysis:
        """The session of an event, as a tree with its costs."""
        return self._bare(
            SessionAnalysis,
            "GET",
            f"{PATH}/{path_id('record_type', record_type)}/{path_id('event_id', event_id)}",
            parameters=RETRIEVE,
            given=options,
        )
