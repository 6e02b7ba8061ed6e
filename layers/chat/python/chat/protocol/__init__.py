"""Every frame on the wire, and nothing else: typed commands, replies and events.

A frame is one JSON text: an object, or a list of up to 20 commands one way and of their replies, in order, the other
way. Events come one by one, or as a list of those that waited together. Client to server, then server to client, one
example of each:

    {"action":"hello","id":"0","client":"web/1.0"}
    {"action":"rooms","id":"1"}
    {"action":"create","id":"2","title":"Lunch","kind":"private","members":["grace"]}
    {"action":"direct","id":"3","user":"grace"}
    {"action":"join","id":"4","room":"general"}
    {"action":"leave","id":"5","room":"general"}
    {"action":"invite","id":"6","room":"lunch","user":"grace"}
    {"action":"remove","id":"7","room":"lunch","user":"eve","ban":true}
    {"action":"unban","id":"8","room":"lunch","user":"eve"}
    {"action":"mute","id":"9","room":"lunch","user":"eve","for_s":600}
    {"action":"set_role","id":"10","room":"lunch","user":"grace","role":"moderator"}
    {"action":"transfer","id":"11","room":"lunch","user":"grace"}
    {"action":"members","id":"12","room":"lunch","limit":50}
    {"action":"configure","id":"19","room":"lunch","slow_mode_s":30,"blocked_words":["spam"]}
    {"action":"settings","id":"20","room":"lunch"}
    {"action":"report","id":"21","room":"lunch","seq":120,"reason":"An advertisement."}
    {"action":"reports","id":"22","room":"lunch"}
    {"action":"settle","id":"22a","room":"lunch","seq":120}
    {"action":"subscribe","id":"13","room":"general","after":117}
    {"action":"unsubscribe","id":"14","room":"general"}
    {"action":"send","id":"7f1c","room":"general","text":"Hello"}
    {"action":"restore","id":"7f1c","room":"general","text":"Hello","seq":120,"sent_at_ms":1790000000000,
     "voucher":"qf2mVvsW0RtmA1hUNJwHkq9y"}
    {"action":"edit","id":"23","room":"general","seq":120,"text":"Hello!"}
    {"action":"delete","id":"24","room":"general","seq":120}
    {"action":"react","id":"25","room":"general","seq":120,"emoji":"👍"}
    {"action":"reactions","id":"26","room":"general","seq":120}
    {"action":"pin","id":"27","room":"general","seq":120}
    {"action":"pins","id":"28","room":"general"}
    {"action":"history","id":"15","room":"general","before":120,"limit":50}
    {"action":"search","id":"19","room":"general","query":"lunch friday","limit":20}
    {"action":"files","id":"19c","room":"general","limit":20}
    {"action":"read","id":"16","room":"general","seq":120}
    {"action":"sync","id":"17","rooms":{"general":117}}
    {"action":"typing","id":"31","room":"general"}
    {"action":"presence","id":"32","room":"general"}
    {"action":"receipts","id":"33","room":"general","seq":120}
    {"action":"ping","id":"18"}

    {"type":"ack","id":"7f1c","action":"send","result":{"room":"general","seq":120,"sent_at_ms":1790000000000}}
    {"type":"error","id":"7f1c","code":"room_not_found","message":"…","temporary":false,"retry_after_ms":null}
    {"type":"message","message":{"room":"general","seq":120,"kind":"text","from":{"id":"ada","name":"Ada"},
     "text":"Hello","sent_at_ms":1790000000000,"command_id":"7f1c","media":null}}
    {"type":"message_changed","message":{"room":"general","seq":120,"kind":"text","from":{"id":"ada","name":"Ada"},
     "text":"Hello!","sent_at_ms":1790000000000,"version":2,"changed_at_ms":1790000060000,"rev":7}}
    {"type":"reactions_changed","room":"general","seq":120,"rev":8,"reactions":[{"emoji":"👍","count":1}],
     "user":{"id":"grace","name":"Grace"},"emoji":"👍","removed":false}
    {"type":"pins_changed","room":"general","seq":120,"rev":9,"pinned":true,"by":{"id":"ada","name":"Ada"}}
    {"type":"mention","message":{"room":"general","seq":121,"kind":"text","from":{"id":"ada","name":"Ada"},
     "text":"@grace look","sent_at_ms":1790000070000,"mentions":["grace"]}}
    {"type":"member","room":"lunch","user":{"id":"eve","name":"Eve"},"change":"banned","role":"banned",
     "muted_until_ms":null,"by":{"id":"ada","name":"Ada"}}
    {"type":"read","room":"general","seq":120}
    {"type":"typing","room":"general","user":{"id":"ada","name":"Ada"}}
    {"type":"presence","user":{"id":"ada","name":"Ada"},"online":true}
    {"type":"receipts","room":"general","readers":[{"user":{"id":"ada","name":"Ada"},"seq":120,
     "read_at_ms":1790000000000}]}
    {"type":"room_activity","room":"lunch","last_seq":8,"latest":{"seq":8,"author":"Grace","text":"Soup?",
     "sent_at_ms":1790000000000}}
    {"type":"room_changed","room":"lunch","slow_mode_s":30,"by":{"id":"ada","name":"Ada"}}
    {"type":"room_pace","room":"general","step":"no_typing","tail":null,"as_of_ms":1790000000000}
    {"type":"messages_skipped","room":"general","first":122,"last":180}
    {"type":"author_erased","room":"general","user":"eve"}
    {"type":"account_erasing"}
    {"type":"media_rejected","media":"Qm9yZWQ","room":"general","reason":"The image is damaged."}

`id` is the client's own and unique among its user's commands: the reply carries it, and for `send` it makes sending
again safe. Every command gets exactly one reply, `ack` or `error`. Unknown fields are ignored. The sender's identity is
never read from a frame: it is the one its socket was opened with.

Frames are defined in `commands`, `replies` and `events`, answers of a room's tail over HTTP in `tails`; what these are
made of is in `objects` and `fields`. Everybody else imports from here.
"""

import msgspec

from chat.protocol.commands import (
    AnyCommand,
    Command,
    Configure,
    CreateRoom,
    DeleteMessage,
    EditMessage,
    Hello,
    Invite,
    JoinRoom,
    LeaveRoom,
    ListFiles,
    ListMembers,
    ListPins,
    ListReactions,
    ListReports,
    ListRooms,
    MarkRead,
    Mute,
    OpenDirect,
    Pin,
    Ping,
    React,
    ReadHistory,
    ReadPresence,
    ReadReceipts,
    ReadSettings,
    RemoveMember,
    ReportMessage,
    RestoreMessage,
    Search,
    SendMessage,
    SetRole,
    SettleReports,
    StartTyping,
    Subscribe,
    Sync,
    Transfer,
    Unban,
    Unsubscribe,
)
from chat.protocol.events import (
    AccountErasing,
    AnyEvent,
    AuthorErased,
    MediaRejected,
    MemberChanged,
    Mentioned,
    MessageChanged,
    MessagePosted,
    MessagesSkipped,
    PinsChanged,
    PresenceChanged,
    ReactionsChanged,
    ReadMoved,
    ReceiptsMoved,
    RoomAdvanced,
    RoomChanged,
    RoomPace,
    TypingStarted,
)
from chat.protocol.fields import (
    MAX_ASKED,
    MAX_BLOCKED_WORDS,
    MAX_COMMANDS,
    MAX_EMOJI,
    MAX_INVITED,
    MAX_MENTIONED,
    MAX_MUTE_S,
    MAX_NUMBER,
    MAX_PAGE,
    MAX_PINS,
    MAX_REASON_CHARS,
    MAX_REPLY_BYTES,
    MAX_SLOW_MODE_S,
    MAX_SYNCED,
    MAX_TEXT_CHARS,
    TYPING_VALID_S,
    VERSION,
    CommandId,
    Emoji,
    Instant,
    MediaKind,
    MessageKind,
    PageSize,
    Position,
    Role,
    RoomId,
    RoomKind,
    Sequence,
    Text,
    Title,
    UserId,
    Voucher,
)
from chat.protocol.objects import (
    Author,
    Media,
    MediaFile,
    Member,
    Message,
    MessageReport,
    Picture,
    Preview,
    Range,
    Reaction,
    Reactor,
    Reader,
    Reconnection,
    Room,
    Tail,
    Variant,
)
from chat.protocol.replies import (
    Ack,
    AnyReply,
    Changed,
    Done,
    Found,
    History,
    MemberList,
    PinList,
    Pong,
    Presence,
    Reacted,
    ReactionList,
    Ready,
    Receipts,
    Refusal,
    ReportList,
    Result,
    RoomEntered,
    RoomList,
    RoomSettings,
    Sent,
    Subscribed,
    Synced,
)
from chat.protocol.tails import TailChanges, TailLive, TailSegment

__all__ = [
    "MAX_ASKED",
    "MAX_BLOCKED_WORDS",
    "MAX_COMMANDS",
    "MAX_EMOJI",
    "MAX_INVITED",
    "MAX_MENTIONED",
    "MAX_MUTE_S",
    "MAX_NUMBER",
    "MAX_PAGE",
    "MAX_PINS",
    "MAX_REASON_CHARS",
    "MAX_REPLY_BYTES",
    "MAX_SLOW_MODE_S",
    "MAX_SYNCED",
    "MAX_TEXT_CHARS",
    "TYPING_VALID_S",
    "VERSION",
    "AccountErasing",
    "Ack",
    "AnyCommand",
    "AnyEvent",
    "AnyReply",
    "Author",
    "AuthorErased",
    "Changed",
    "Command",
    "CommandId",
    "Configure",
    "CreateRoom",
    "DeleteMessage",
    "Done",
    "EditMessage",
    "Emoji",
    "Found",
    "Hello",
    "History",
    "Instant",
    "Invite",
    "JoinRoom",
    "LeaveRoom",
    "ListFiles",
    "ListMembers",
    "ListPins",
    "ListReactions",
    "ListReports",
    "ListRooms",
    "MarkRead",
    "Media",
    "MediaFile",
    "MediaKind",
    "MediaRejected",
    "Member",
    "MemberChanged",
    "MemberList",
    "Mentioned",
    "Message",
    "MessageChanged",
    "MessageKind",
    "MessagePosted",
    "MessageReport",
    "MessagesSkipped",
    "Mute",
    "OpenDirect",
    "PageSize",
    "Picture",
    "Pin",
    "PinList",
    "Ping",
    "PinsChanged",
    "Pong",
    "Position",
    "Presence",
    "PresenceChanged",
    "Preview",
    "Range",
    "React",
    "Reacted",
    "Reaction",
    "ReactionList",
    "ReactionsChanged",
    "Reactor",
    "ReadHistory",
    "ReadMoved",
    "ReadPresence",
    "ReadReceipts",
    "ReadSettings",
    "Reader",
    "Ready",
    "Receipts",
    "ReceiptsMoved",
    "Reconnection",
    "Refusal",
    "RemoveMember",
    "ReportList",
    "ReportMessage",
    "RestoreMessage",
    "Result",
    "Role",
    "Room",
    "RoomAdvanced",
    "RoomChanged",
    "RoomEntered",
    "RoomId",
    "RoomKind",
    "RoomList",
    "RoomPace",
    "RoomSettings",
    "Search",
    "SendMessage",
    "Sent",
    "Sequence",
    "SetRole",
    "SettleReports",
    "StartTyping",
    "Subscribe",
    "Subscribed",
    "Sync",
    "Synced",
    "Tail",
    "TailChanges",
    "TailLive",
    "TailSegment",
    "Text",
    "Title",
    "Transfer",
    "TypingStarted",
    "Unban",
    "Unsubscribe",
    "UserId",
    "Variant",
    "Voucher",
    "encode",
]

_encoder = msgspec.json.Encoder()


def encode(frame: AnyReply | AnyEvent | list[AnyReply]) -> bytes:
    """A frame as it goes over the wire: compact JSON, UTF-8."""
    return _encoder.encode(frame)
