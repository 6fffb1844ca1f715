"""How the edges of the graph are read from the facts of a view."""

from collections.abc import Sequence

from store.collections import Document, Pipeline
from store.fold import fold_stages


def last_pipeline(match: Document, column: str) -> Pipeline:
    """Write what finds the last value of a column for each thing, covered by an index.

    Args:
        match: The view's condition for some things of one kind.
        column: `campaign` or `application`; the facts that carry it have a `<column>At`.
    """
    if "at" in match:
        match = {**match, f"{column}At": match["at"]}
        del match["at"]
    return [
        {"$match": match},
        {"$sort": {"idKey": 1, f"{column}At": -1, "_id": -1}},
        {"$group": {"_id": "$idKey", column: {"$first": f"${column}"}}},
    ]


def naming_pipeline(facts: str, match: Document, applications: Sequence[str]) -> Pipeline:
    """Write what finds the callbacks that ever named some applications, each with its fold.

    Args:
        facts: The facts' collection.
        match: The view's condition for callbacks.
        applications: As id keys.
    """
    return [
        {"$match": {**match, "application": {"$in": applications}}},
        {"$group": {"_id": {"application": "$application", "idKey": "$idKey"}}},
        {
            "$lookup": {
                "from": facts,
                "localField": "_id.idKey",
                "foreignField": "idKey",
                "pipeline": [{"$match": match}, *fold_stages("callback")],
                "as": "folded",
            }
        },
    ]
