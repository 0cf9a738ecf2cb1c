"""A Secret Service for tests: its model, and the same model served on a real session bus by a thread."""

from __future__ import annotations

import threading
from typing import Any

BUS_NAME = "org.freedesktop.secrets"
NONE = "/"
COLLECTION = "/org/freedesktop/secrets/collection/login"
PROMPT = "/org/freedesktop/secrets/prompt/p1"


class ServiceError(Exception):
    """An error answer; its name is what crosses the bus."""


class Model:
    """Sessions, items and one collection. ``locked``: everything asks the user first."""

    def __init__(self) -> None:
        self.items: dict[str, tuple[dict[str, str], bytes, str]] = {}
        self.sessions: set[str] = set()
        self.locked = False
        self.user_agrees = True
        self.has_collection = True
        self.prompts = 0
        self.count = 0
        self.wants: set[str] = set()

    def handle(
        self, path: str, interface: str, method: str, body: tuple[Any, ...]
    ) -> tuple[str, tuple[Any, ...]]:
        """Answer one call: signature and results."""
        name = f"{interface.rpartition('.')[2]}.{method}"
        match name:
            case "Service.OpenSession":
                if body != ("plain", ("s", "")):
                    raise ServiceError("org.freedesktop.DBus.Error.NotSupported")
                self.count += 1
                self.sessions.add(f"/org/freedesktop/secrets/session/s{self.count}")
                return "vo", (("s", ""), f"/org/freedesktop/secrets/session/s{self.count}")
            case "Session.Close":
                self.sessions.remove(path)
                return "", ()
            case "Service.ReadAlias":
                return "o", (COLLECTION if self.has_collection and body[0] == "default" else NONE,)
            case "Service.SearchItems":
                found = [item for item, (has, _, _) in self.items.items() if body[0].items() <= has.items()]
                return "aoao", ([], found) if self.locked else (found, [])
            case "Service.Unlock":
                return "aoo", (([], PROMPT) if self.locked else (body[0], NONE))
            case "Collection.CreateItem":
                return "oo", (self._create(path, *body), NONE)
            case "Item.GetSecret":
                self._check_open()
                if body[0] not in self.sessions:
                    raise ServiceError("org.freedesktop.Secret.Error.NoSession")
                _, value, kind = self.items[path]
                return "(oayays)", ((body[0], b"", value, kind),)
            case "Item.Delete":
                self._check_open()
                del self.items[path]
                return "o", (NONE,)
        raise ServiceError("org.freedesktop.DBus.Error.UnknownMethod")

    def answer_prompt(self) -> bool:
        """Ask the "user"; return whether it was dismissed."""
        self.prompts += 1
        if self.user_agrees:
            self.locked = False
        return not self.user_agrees

    def _check_open(self) -> None:
        if self.locked:
            raise ServiceError("org.freedesktop.Secret.Error.IsLocked")

    def _create(self, path: str, properties: Any, secret: Any, replace: bool) -> str:
        self._check_open()
        session, _parameters, value, kind = secret
        if path != COLLECTION or session not in self.sessions:
            raise ServiceError("org.freedesktop.Secret.Error.NoSession")
        attributes = dict(properties["org.freedesktop.Secret.Item.Attributes"][1])
        for item, (has, _, _) in self.items.items():
            if replace and has == attributes:
                self.items[item] = (attributes, bytes(value), kind)
                return item
        self.count += 1
        item = f"{COLLECTION}/i{self.count}"
        self.items[item] = (attributes, bytes(value), kind)
        return item


class MemoryBus:
    """The model without a bus."""

    def __init__(self, model: Model, opened: list[MemoryBus]) -> None:
        self.model = model
        self.closed = False
        opened.append(self)

    def call(
        self, path: str, interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> Any:
        from core.errors import CredentialStoreError

        assert not self.closed
        assert bool(signature) == bool(body)
        try:
            return self.model.handle(path, interface, method, body)[1]
        except ServiceError as error:
            raise CredentialStoreError(f"refused ({error})") from None

    def is_served(self) -> bool:
        return True

    def prompt(self, path: str) -> bool:
        assert path == PROMPT
        return not self.model.answer_prompt()

    def close(self) -> None:
        self.closed = True


class ServedModel:
    """The model on a real bus."""

    def __init__(self, address: str, model: Model) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import open_dbus_connection

        self.model = model
        self._connection = open_dbus_connection(address)
        self._connection.send_and_get_reply(message_bus.RequestName(BUS_NAME), timeout=10)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)
        self._connection.close()

    def _serve(self) -> None:
        from jeepney import MessageType

        while not self._stopping.is_set():
            try:
                message = self._connection.receive(timeout=0.1)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call:
                self._answer(message)

    def _answer(self, message: Any) -> None:
        from jeepney import DBusAddress, HeaderFields, new_error, new_method_return, new_signal

        fields = message.header.fields
        path, interface, method = (
            fields[name] for name in (HeaderFields.path, HeaderFields.interface, HeaderFields.member)
        )
        if method == "Prompt":
            self._connection.send(new_method_return(message))
            dismissed = self.model.answer_prompt()
            emitter = DBusAddress(path, interface=interface)
            self._connection.send(new_signal(emitter, "Completed", "bv", (dismissed, ("s", ""))))
            return
        try:
            signature, results = self.model.handle(path, interface, method, message.body)
        except ServiceError as error:
            self._connection.send(new_error(message, str(error)))
        else:
            self._connection.send(new_method_return(message, signature or None, results))
