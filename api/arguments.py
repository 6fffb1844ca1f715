"""Arguments that several root fields share, with what GraphiQL says of them."""

from typing import Annotated

import strawberry

from api.types.scalars import DateTime, Position

CompanyId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The company asked about; may be left out where you see only one."
    ),
]
AsOf = Annotated[
    DateTime | None,
    strawberry.argument(
        description="Answer from the events that occurred up to this moment alone."
    ),
]
AtPosition = Annotated[
    Position | None,
    strawberry.argument(
        description="Answer from the events up to this position alone: what was known then."
    ),
]
