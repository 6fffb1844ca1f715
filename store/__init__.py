"""The log of events, what it says, and how it is followed. Knows nothing of GraphQL or HTTP."""
