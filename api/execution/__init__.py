"""Execution: documents are remembered, and what is asked for twice is compiled to Python."""

from api.execution.executor import CompilingExecutor
from api.execution.reading import pure
from api.execution.remembered import RememberedDocuments
from api.execution.sharing import SharedData, SharedEvent

__all__ = ["CompilingExecutor", "RememberedDocuments", "SharedData", "SharedEvent", "pure"]
