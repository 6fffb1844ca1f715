"""Documents as the server sends them, many at once."""

from dataclasses import dataclass

import bson

from store.collections import Document


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents.

    Attributes:
        content: Their BSON, one behind the other.
    """

    content: bytes

    def documents(self) -> list[Document]:
        """Decode them."""
        return bson.decode_all(self.content)
