"""How a result becomes a server-sent event."""

from api.encoding import encode
from api.event_stream import EventStream


def as_text(value: object) -> str:
    return encode(value).decode()


def test_an_event_carries_the_cursor_to_resume_from() -> None:
    event = EventStream().encode_next({"data": None, "extensions": {"cursor": "c1"}}, as_text)

    assert event.split("\r\n") == [
        "id: c1",
        "event: next",
        'data: {"data":null,"extensions":{"cursor":"c1"}}',
        "",
        "",
    ]


def test_an_event_without_a_cursor_has_no_id() -> None:
    event = EventStream().encode_next({"data": None}, as_text)

    assert event == 'event: next\r\ndata: {"data":null}\r\n\r\n'


def test_a_body_of_several_lines_is_data_of_several_lines() -> None:
    event = EventStream().encode_next({"data": None}, lambda _: "{\n1\r2\r\n3}")

    assert event == "event: next\r\ndata: {\r\ndata: 1\r\ndata: 2\r\ndata: 3}\r\n\r\n"


def test_a_silent_stream_is_kept_open_by_comments() -> None:
    stream = EventStream()

    assert stream.heartbeat_interval <= 30
    assert stream.heartbeat_message(as_text) == ": ping\r\n\r\n"
