"""Execution: documents are remembered, and what is asked for twice is compiled to Python."""

from api.execution.document import RememberedDocuments
from api.execution.executor import CompilingExecutor
from api.execution.reading import pure

__all__ = ["CompilingExecutor", "RememberedDocuments", "pure"]
