"""What is wrong with a document by the rules of GraphQL."""

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.limits import MAX_FLAWS

Rules = tuple[type[ASTValidationRule], ...]


def flaws(
    schema: GraphQLSchema,
    document: DocumentNode,
    rules: Rules = tuple(specified_rules),
    *,
    for_strangers: bool,
) -> list[GraphQLError]:
    """Return what is wrong with a document, of much the first that was found.

    Args:
        schema: That it is for.
        document: Within the limits: comparing what is merged takes its square.
        rules: Those of GraphQL; strawberry's own are added.
        for_strangers: Whether they ask, who may not look into the schema.
    """
    rules = (*rules, MaybeNullValidationRule, OneOfInputValidationRule)
    if for_strangers:
        rules = (*rules, NoSchemaIntrospectionCustomRule)
    return validate(schema, document, rules, max_errors=MAX_FLAWS)
