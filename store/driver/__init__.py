"""The one door to the MongoDB driver: nothing else imports motor, pymongo or bson.

Motor is past its end of life (critical fixes until May 2027). Its successor, PyMongo's own asyncio
client, has the same calls, so leaving Motor is a change of this folder alone.
"""

from store.driver.connection import connect, disconnect, run_command
from store.driver.database import Database
from store.driver.decoded import is_body_of, stored_body
from store.driver.transaction import Transaction

__all__ = [
    "Database",
    "Transaction",
    "connect",
    "disconnect",
    "is_body_of",
    "run_command",
    "stored_body",
]
