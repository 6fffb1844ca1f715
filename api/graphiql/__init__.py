"""GraphiQL, the page to explore the graph with, served without the internet."""

from api.graphiql.serving import graphiql, routes, wants_graphiql

__all__ = ["graphiql", "routes", "wants_graphiql"]
