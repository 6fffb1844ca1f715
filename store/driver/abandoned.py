"""Transactions that a killed process left open: they block every other writer."""

from contextlib import suppress

import pymongo
from pymongo.errors import PyMongoError

from store.collections import Document

APP_NAME = "dialgraph"

_IDLE_SECONDS = 2.0
_ANSWER_SECONDS = 2.0

_ABANDONED: list[Document] = [
    {"$currentOp": {"allUsers": False, "idleSessions": True}},
    {
        "$match": {
            "type": "idleSession",
            "appName": APP_NAME,
            "transaction.timeInactiveMicros": {"$gt": int(_IDLE_SECONDS * 1_000_000)},
        }
    },
    {"$project": {"_id": "$lsid.id"}},
]


def end_abandoned(client: "pymongo.MongoClient[Document]") -> None:
    """End the open transactions of dialgraph that nobody has gone on with for 2 s.

    Who lives sends the commands of a transaction one right after the other; who merely slept
    begins anew. MongoDB itself waits for 60 s (`transactionLifetimeLimitSeconds`). A user may end
    sessions of his own without further rights; where it fails, MongoDB's own limit stands.
    """
    with suppress(PyMongoError), pymongo.timeout(_ANSWER_SECONDS):
        found = list(client.admin.aggregate(_ABANDONED))
        if found:
            client.admin.command("killSessions", [{"id": each["_id"]} for each in found])
