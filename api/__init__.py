"""The face: HTTP, GraphQL and the command line."""
