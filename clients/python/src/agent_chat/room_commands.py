"""Rooms and the people in them: each method is one command of the protocol."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Literal

from agent_chat import frames
from agent_chat.caller import Caller
from agent_chat.frames import (
    Done,
    Member,
    MemberList,
    MessageReport,
    Presence,
    Reader,
    Receipts,
    ReportList,
    Room,
    RoomEntered,
    RoomList,
    RoomSettings,
)
from agent_chat.ids import new_id


class RoomCommands(Caller):
    """Part of `Chat`."""

    async def rooms(self) -> list[Room]:
        """The public rooms and this user's own, by title, with unread counts."""
        rooms: list[Room] = []
        after: str | None = None
        while True:
            page = await self.call(frames.ListRooms(id=new_id(), after=after), RoomList)
            rooms += page.rooms
            if (after := page.after) is None:
                return sorted(rooms, key=lambda room: (room.title.casefold(), room.room))

    async def create(
        self,
        title: str,
        *,
        kind: Literal["public", "private"] = "public",
        room: str | None = None,
        members: list[str] | None = None,
    ) -> Room:
        """Makes a room with this user as owner; `members` are invited. `room` is its id where one is wanted.

        Raises `RoomExistsError` for an id that is taken.
        """
        command = frames.CreateRoom(id=new_id(), title=title, kind=kind, room=room, members=members or [])
        return (await self.call(command, RoomEntered)).room

    async def direct(self, user: str) -> Room:
        """The one room of this user and another, made by whoever asks first."""
        return (await self.call(frames.OpenDirect(id=new_id(), user=user), RoomEntered)).room

    async def join(self, room: str) -> Room:
        """Becomes a member of a public room. Raises `RoomPrivateError`, `RoomNotFoundError`."""
        return (await self.call(frames.JoinRoom(id=new_id(), room=room), RoomEntered)).room

    async def leave(self, room: str) -> None:
        """Ends this user's membership; feeds of the room end. Repeating it after it was done is refused."""
        await self.call(frames.LeaveRoom(id=new_id(), room=room), Done)

    async def invite(self, room: str, user: str) -> None:
        """Makes another user, by id, a member."""
        await self.call(frames.Invite(id=new_id(), room=room, user=user), Done)

    async def remove(self, room: str, user: str, *, ban: bool = False) -> None:
        """Ends another's membership; with `ban`, keeps them out until `unban`."""
        await self.call(frames.RemoveMember(id=new_id(), room=room, user=user, ban=ban), Done)

    async def unban(self, room: str, user: str) -> None:
        """Lets a banned user in again."""
        await self.call(frames.Unban(id=new_id(), room=room, user=user), Done)

    async def mute(self, room: str, user: str, *, for_s: int) -> None:
        """Keeps a member from posting for `for_s` seconds, at most 30 days; 0 ends it."""
        await self.call(frames.Mute(id=new_id(), room=room, user=user, for_s=for_s), Done)

    async def set_role(self, room: str, user: str, role: Literal["moderator", "member", "reader"]) -> None:
        """Gives a member another role. For owners."""
        await self.call(frames.SetRole(id=new_id(), room=room, user=user, role=role), Done)

    async def transfer(self, room: str, user: str) -> None:
        """Makes another member the owner and this user a moderator."""
        await self.call(frames.Transfer(id=new_id(), room=room, user=user), Done)

    async def members(self, room: str, *, page_size: int = 100) -> AsyncGenerator[Member, None]:
        """Everybody in a room, by user id; pages are fetched as the iterator gets to them."""
        after: str | None = None
        while True:
            command = frames.ListMembers(id=new_id(), room=room, after=after, limit=page_size)
            page = await self.call(command, MemberList)
            for member in page.members:
                yield member
            if (after := page.after) is None:
                return

    async def presence(self, *, room: str | None = None, users: list[str] | None = None) -> Presence:
        """Who is online: of a room, or of up to 100 users. One of both is given."""
        return await self.call(frames.ReadPresence(id=new_id(), room=room, users=users), Presence)

    async def typing(self, room: str) -> None:
        """This user is typing; to be called again every 5 seconds while they do."""
        await self.call(frames.StartTyping(id=new_id(), room=room), Done)

    async def receipts(self, room: str, seq: int) -> Receipts:
        """How many members have read up to `seq`, and a page of them; `readers` has them all."""
        return await self.call(frames.ReadReceipts(id=new_id(), room=room, seq=seq), Receipts)

    async def readers(self, room: str, seq: int, *, page_size: int = 100) -> AsyncGenerator[Reader, None]:
        """Who has read at least up to `seq`, in no order."""
        after: str | None = None
        while True:
            command = frames.ReadReceipts(id=new_id(), room=room, seq=seq, after=after, limit=page_size)
            page = await self.call(command, Receipts)
            for reader in page.readers:
                yield reader
            if (after := page.after) is None:
                return

    async def settings(self, room: str) -> RoomSettings:
        """What is set for a room."""
        return await self.call(frames.ReadSettings(id=new_id(), room=room), RoomSettings)

    async def configure(
        self, room: str, *, slow_mode_s: int | None = None, blocked_words: list[str] | None = None
    ) -> RoomSettings:
        """Changes what is set for a room, nothing that is None. `slow_mode_s` 0 ends slow mode. For moderators."""
        command = frames.Configure(id=new_id(), room=room, slow_mode_s=slow_mode_s, blocked_words=blocked_words)
        return await self.call(command, RoomSettings)

    async def report(self, room: str, seq: int, reason: str) -> None:
        """Tells the room's moderators of a message."""
        await self.call(frames.ReportMessage(id=new_id(), room=room, seq=seq, reason=reason), Done)

    async def reports(self, room: str, *, page_size: int = 100) -> AsyncGenerator[MessageReport, None]:
        """What was reported in a room in the last 180 days, by message number. For moderators."""
        after: str | None = None
        while True:
            page = await self.call(frames.ListReports(id=new_id(), room=room, after=after, limit=page_size), ReportList)
            for report in page.reports:
                yield report
            if (after := page.after) is None:
                return

    async def settle(self, room: str, seq: int) -> None:
        """Ends all reports of a message, which changes nothing else. For moderators."""
        await self.call(frames.SettleReports(id=new_id(), room=room, seq=seq), Done)
