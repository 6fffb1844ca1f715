"""The types of the graph, a module per noun; what their edges load stands in `api.loaders`."""
