"""Arguments that several root fields share, with what GraphiQL says of them."""

from typing import Annotated

import strawberry

from api.types.scalars import DateTime, Position

CompanyId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The company asked about; may be left out where there is only one."
    ),
]
AsOf = Annotated[
    DateTime | None,
    strawberry.argument(description="Only events that occurred up to this moment."),
]
AtPosition = Annotated[
    Position | None,
    strawberry.argument(description="Only events up to this position: what was known then."),
]
