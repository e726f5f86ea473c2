"""A chat server on loopback that speaks the OpenAI protocol, and misbehaves when told to."""

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self

JSON = "application/json"
EVENTS = "text/event-stream"
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How the server answers a call."""

    pieces: Sequence[str] = ("Bees ", "dance ", "maps.")
    reasoning: Sequence[str] = ()
    """Sent before the pieces, as `reasoning_content`."""
    finish_reason: str | None = "stop"
    finishes_with_last_piece: bool = False
    ending: Literal["whole", "closed", "reset", "stalled", "garbage"] = "whole"
    """What follows the last piece; all but the first come instead of the finish reason."""
    usage: Literal["alone", "with the last choice", "impossible", "none"] = "alone"
    is_chunked: bool = True
    """Whether the body says where it ends; otherwise its end is that of the connection."""
    takes_stream_options: bool = True
    together: int = 1
    """Begins to answer only when that many calls are under way."""
    after: float = 0.0
    """Seconds before it begins to answer."""
    status: int = 200
    error: str = "this is how it is"
    """The message of an error's body; `{key}` stands for the key that the client sent."""
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """One request as the server saw it; times are those of the event loop."""

    body: Mapping[str, Any]
    key: str
    began: float
    ended: float | None = None
    is_answered: bool = False
    """Whether all but the end of the reply has been sent: a client may call again from here on."""
    was_dropped: bool = False
    """Whether the client went away before the reply was over."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class ChatServer:
    """Serves on a free port of loopback while the context is open.

    Calls are answered with `replies`, one after another; the last of them serves all that follow.
    """

    def __init__(self, *replies: Reply) -> None:
        self.calls: list[Call] = []
        self.open_connections = 0
        self.most_under_way = 0
        """Calls that were not answered yet, at most."""
        self._replies = replies or (Reply(),)
        self._under_way = 0
        self._changed = asyncio.Condition()
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        """Where a client finds the API."""
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}/v1"

    async def until_calls(self, number: int) -> None:
        """Wait until that many calls have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.calls) >= number)

    async def until_disconnected(self) -> None:
        """Wait until no client is connected."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.open_connections == 0)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        await self._count(connections=1)
        try:
            while await self._serve(reader, writer):
                pass
        except (asyncio.CancelledError, ConnectionError):
            writer.transport.abort()
        finally:
            writer.close()
            await self._count(connections=-1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; false when the connection is over."""
        try:
            headers, body = await _read(reader)
        except asyncio.IncompleteReadError:
            return False
        key = headers.get("authorization", "").removeprefix("Bearer ")
        call = Call(json.loads(body), key, asyncio.get_running_loop().time())
        reply = self._replies[min(len(self.calls), len(self._replies) - 1)]
        self.calls.append(call)
        unanswered = sum(call.ended is None and not call.is_answered for call in self.calls)
        self.most_under_way = max(self.most_under_way, unanswered)
        await self._count(calls=1)
        try:
            async with (
                # A client sends nothing while it waits for a reply: what it reads is the end.
                _running(reader.read(1)) as hanging_up,
                _running(self._answer(call, reply, writer)) as answering,
            ):
                await asyncio.wait({answering, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
                # It may be gone before the first word could be written.
                call.was_dropped = not answering.done() or isinstance(
                    answering.exception(), ConnectionError
                )
        finally:
            call.ended = asyncio.get_running_loop().time()
            call.over.set()
            await self._count(calls=-1)
        return not call.was_dropped and not writer.is_closing()

    async def _answer(self, call: Call, reply: Reply, writer: asyncio.StreamWriter) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._under_way >= reply.together)
        await asyncio.sleep(reply.after)
        if reply.status != 200:
            await _refuse(writer, reply, reply.error.replace("{key}", call.key), reply.code)
        elif "stream_options" in call.body and not reply.takes_stream_options:
            refused = Reply(status=400)
            await _refuse(writer, refused, "Unrecognized request argument: stream_options", None)
        else:
            wants_usage = bool(call.body.get("stream_options", {}).get("include_usage"))
            await _stream(writer, call, reply, wants_usage=wants_usage)

    async def _count(self, *, calls: int = 0, connections: int = 0) -> None:
        async with self._changed:
            self._under_way += calls
            self.open_connections += connections
            self._changed.notify_all()


async def _read(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = (line.partition(":") for line in head.split("\r\n")[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in lines}
    return headers, await reader.readexactly(int(headers["content-length"]))


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, Any]) -> AsyncGenerator[asyncio.Task[Any]]:
    """A task that is over when the context is."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _refuse(
    writer: asyncio.StreamWriter, reply: Reply, message: str, code: str | None
) -> None:
    error = {"message": message, "type": "refused", "param": None, "code": code}
    body = json.dumps({"error": error}).encode()
    _begin(writer, reply.status, JSON, {**reply.headers, "Content-Length": str(len(body))})
    writer.write(body)
    await writer.drain()


async def _stream(
    writer: asyncio.StreamWriter, call: Call, reply: Reply, *, wants_usage: bool
) -> None:
    framing = {"Transfer-Encoding": "chunked"} if reply.is_chunked else {"Connection": "close"}
    _begin(writer, 200, EVENTS, {**reply.headers, **framing})
    for chunk in _chunks(reply, wants_usage=wants_usage):
        await _send(writer, json.dumps(chunk), is_chunked=reply.is_chunked)
    if reply.ending == "stalled":
        await asyncio.Event().wait()
    elif reply.ending == "closed":
        writer.close()
    elif reply.ending == "reset":
        writer.transport.abort()
    else:
        call.is_answered = True
        await _send(writer, '{"choices": [{"delta' if reply.ending == "garbage" else "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def _begin(
    writer: asyncio.StreamWriter, status: int, content: str, headers: Mapping[str, str]
) -> None:
    lines = [f"HTTP/1.1 {status} Told", f"Content-Type: {content}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())


async def _send(writer: asyncio.StreamWriter, data: str, *, is_chunked: bool = True) -> None:
    event = f"data: {data}\n\n".encode()
    writer.write(b"%x\r\n%b\r\n" % (len(event), event) if is_chunked else event)
    await writer.drain()


def _chunks(reply: Reply, *, wants_usage: bool) -> Iterable[dict[str, Any]]:
    yield _chunk([_choice({"role": "assistant", "content": ""})])
    for thought in reply.reasoning:
        yield _chunk([_choice({"reasoning_content": thought})])
    *pieces, final = reply.pieces or ("",)
    for piece in pieces:
        yield _chunk([_choice({"content": piece})])
    if reply.finishes_with_last_piece:
        yield _chunk([_choice({"content": final}, reply.finish_reason)])
    else:
        yield _chunk([_choice({"content": final})])
    if reply.ending != "whole":
        return
    if reply.finish_reason and not reply.finishes_with_last_piece:
        last = _chunk([_choice({}, reply.finish_reason)])
        if reply.usage == "with the last choice":
            last["usage"] = USAGE
        yield last
    if reply.usage == "impossible":
        yield _chunk([]) | {"usage": {"prompt_tokens": -1000, "completion_tokens": -50}}
    if reply.usage == "alone" and wants_usage:
        yield _chunk([]) | {"usage": USAGE}


def _choice(delta: Mapping[str, str], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _chunk(choices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "bee-1",
        "choices": choices,
    }
