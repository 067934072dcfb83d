"""The columns of the SIM card list."""

from __future__ import annotations

import django_tables2 as tables

from fleet.models import SimCard
from fleet.web.keyset import Sort

SORTS = {
    sort.name: sort
    for sort in (
        Sort("iccid", "ICCID", ("iccid",)),
        Sort("status", "Status", ("status", "iccid")),
        Sort("usage", "Data used", ("consumed_mb",), descending_first=True),
        Sort("added", "Added", ("remote_created_at",), descending_first=True, nullable=True),
        Sort("changed", "Changed", ("remote_updated_at",), descending_first=True, nullable=True),
    )
}
DEFAULT_SORT = "iccid"


def _cell(name: str) -> str:
    return f"sim_cards/cells/{name}.html"


class SimCardTable(tables.Table):
    """SIM cards in rows."""

    select = tables.TemplateColumn(template_name=_cell("select"), verbose_name="")
    iccid = tables.TemplateColumn(template_name=_cell("iccid"), verbose_name="ICCID, MSISDN")
    status = tables.TemplateColumn(template_name=_cell("status"))
    group = tables.TemplateColumn(template_name=_cell("group"))
    tags = tables.TemplateColumn(template_name=_cell("tags"))
    voice = tables.TemplateColumn(template_name=_cell("voice"))
    usage = tables.TemplateColumn(template_name=_cell("usage"), verbose_name="Data used")
    changed = tables.TemplateColumn(template_name=_cell("changed"), verbose_name="Changed")

    class Meta:
        model = SimCard
        fields: tuple[str, ...] = ()
        orderable = False
        template_name = "sim_cards/table.html"
