"""All kinds of operation, in the order of the menus."""

from __future__ import annotations

from fleet.operations.kinds import (
    groups,
    imei_locks,
    public_ips,
    records,
    removal,
    status,
    undo,
    usage_notifications,
    voice,
)
from fleet.operations.kinds.kind import Kind, Subject

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        status.Enable(),
        status.Disable(),
        status.SetStandby(),
        public_ips.SetPublicIp(),
        public_ips.RemovePublicIp(),
        voice.VoiceOn(),
        voice.VoiceOff(),
        records.MoveToGroup(),
        records.AddTags(),
        records.RemoveTags(),
        records.ReplaceTags(),
        records.SetDataLimit(),
        records.ClearDataLimit(),
        imei_locks.LockToDevice(),
        imei_locks.AddImeis(),
        imei_locks.ReplaceImeis(),
        imei_locks.ClearImeis(),
        usage_notifications.AddNotification(),
        usage_notifications.ChangeNotification(),
        usage_notifications.DeleteNotification(),
        removal.Refresh(),
        removal.DeleteSimCard(),
        groups.SetGateway(),
        groups.RemoveGateway(),
        groups.SetBlocklist(),
        groups.RemoveBlocklist(),
        groups.SetGroupLimit(),
        groups.ClearGroupLimit(),
        groups.RenameGroup(),
        voice.GroupVoiceOn(),
        voice.GroupVoiceOff(),
        undo.Undo(),
        undo.UndoGroups(),
    )
}


def offered(subject: Subject) -> list[Kind]:
    """The kinds that people choose from, of SIM cards or of groups."""
    return [kind for kind in KINDS.values() if kind.is_offered and kind.subject == subject]
