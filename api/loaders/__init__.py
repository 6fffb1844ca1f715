"""What the edges of the graph load, for many things at once; a module per noun."""

from api.loaders import application, call, callback, campaign, event, log, revision

__all__ = ["application", "call", "callback", "campaign", "event", "log", "revision"]
