"""Random schemas, and random objects for them: some with everything that can be wrong in them."""

import asyncio
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Optional

import strawberry
from graphql import DocumentNode, FieldNode, Node
from random_values import LEAVES, WRONG, Later, Stream, Value
from strawberry.schema.config import StrawberryConfig

from api.execution import pure
from api.lookahead import Loadable, batch
from api.types.scalars import SCALARS

_numbers = itertools.count()


@dataclass
class Shape:
    """The type of a field.

    Attributes:
        leaf: A key of `LEAVES`, or none.
        objects: The classes that its objects may have.
        annotation: The type without list and null.
    """

    annotation: Any
    leaf: object = None
    objects: list[type] = field(default_factory=list)
    nullable: bool = False
    items: Optional["Shape"] = None

    def full(self) -> Value:
        bare = self.annotation if self.items is None else list[self.items.full()]  # type: ignore[misc]
        return Optional[bare] if self.nullable else bare  # noqa: UP045 - made at run time


@dataclass
class RandomGraph:
    """A schema of its own, and what its root hands out."""

    schema: strawberry.Schema
    shapes: dict[str, Shape]
    dice: random.Random
    fields: dict[type, dict[str, Shape]]

    def root(self, wrong: float) -> dict[str, Any]:
        """Return a value for each root field.

        Args:
            wrong: How often a value is none that the type promises.
        """
        self.wrong = wrong
        return {name: self._value(shape) for name, shape in self.shapes.items()}

    def _value(self, shape: Shape) -> Value:
        if self.dice.random() < self.wrong:
            return self.dice.choice(WRONG)
        if shape.nullable and self.dice.random() < 0.15:
            return None
        if shape.items is not None:
            made = [self._value(shape.items) for _ in range(self.dice.randrange(4))]
            return self._container(made)
        if shape.leaf is not None:
            return self.dice.choice(LEAVES[shape.leaf])
        return self._object(self.dice.choice(shape.objects))

    def _container(self, made: list[Value]) -> Value:
        if self.dice.random() < self.wrong:
            return self.dice.choice([tuple, deque, Stream, Later])(made)
        return made

    def _object(self, cls: type) -> Value:
        made: Any = object.__new__(self._class(cls))
        values = {name: self._value(shape) for name, shape in self.fields[cls].items()}
        lost = [name for name in values if self.dice.random() < self.wrong / 3]
        made.__dict__ |= {name: values[name] for name in values if name not in lost}
        made.results = Results(made.__dict__)
        if self.dice.random() < self.wrong / 3:
            strawberry.cast(self.dice.choice(list(self.fields)), made)
        return made

    def _class(self, cls: type) -> type:
        if self.dice.random() > self.wrong / 3:
            return cls
        return self.dice.choice([type("Child", (cls,), {}), *self.fields])


class Results(dict[tuple[int, ...], Any]):
    """Holds for the nodes of any document what a loader would have loaded."""

    names: dict[int, str]

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__()
        self.values_by_name = values

    def __missing__(self, place: tuple[int, ...]) -> Value:
        return self.values_by_name[f"{Results.names[place[0]]}_"]


def name_nodes(document: DocumentNode) -> None:
    """Let `Results` know which field each node of a document asks for."""
    Results.names = {id(node): node.name.value for node in _field_nodes(document)}


def _field_nodes(node: Node) -> Iterator[FieldNode]:
    if isinstance(node, FieldNode):
        yield node
    for each in getattr(node, "definitions", ()):
        yield from _field_nodes(each)
    selection_set = getattr(node, "selection_set", None)
    for each in selection_set.selections if selection_set else ():
        yield from _field_nodes(each)


def a_random_graph(dice: random.Random) -> RandomGraph:
    """Return a schema of some object types and interfaces."""
    fields: dict[type, dict[str, Shape]] = {}
    interfaces = [_a_type(dice, fields, "I", strawberry.interface, Loadable) for _ in range(2)]
    for _ in range(dice.randint(3, 6)):
        base = dice.choice([*interfaces, Loadable])
        _a_type(dice, fields, "T", strawberry.type, base)
    shapes = {f"root{n}": _a_shape(dice, fields, composite=0.9) for n in range(5)}
    query = strawberry.type(
        type("Query", (), {name: _root(name, shape) for name, shape in shapes.items()})
    )
    schema = strawberry.Schema(
        query, types=list(fields), config=StrawberryConfig(scalar_map=SCALARS)
    )
    return RandomGraph(schema, shapes, dice, fields)


def _a_type(
    dice: random.Random,
    fields: dict[type, dict[str, Shape]],
    letter: str,
    decorate: Callable[[type], type],
    base: type,
) -> type:
    name = f"{letter}{next(_numbers)}"
    inherited = fields.get(base, {})
    namespace: dict[str, Any] = {"__annotations__": {}}
    mine: dict[str, Shape] = {}
    for _ in range(dice.randint(2, 6)):
        number = next(_numbers)
        shape = _a_shape(dice, fields, composite=0.35)
        kind = dice.choice(["attribute"] * 25 + ["loaded"] * 15 + ["pure"] * 5 + ["plain", "late"])
        if kind == "attribute":
            namespace["__annotations__"][f"f{number}"] = shape.full()
            mine[f"f{number}"] = shape
        else:
            namespace[f"f{number}"] = _RESOLVERS[kind](f"f{number}_", shape.full())
            mine[f"f{number}_"] = shape
            if kind == "loaded":
                namespace.setdefault("batched", []).append(f"f{number}")
    made = decorate(type(name, (base,), namespace))
    for each in [name for cls in made.__mro__ for name in cls.__dict__.get("batched", ())]:
        batch(name, each)(_never)
    fields[made] = {**inherited, **mine}
    return made


async def _never(*_: object) -> list[Any]:
    raise AssertionError("the results are there already")


def _a_shape(
    dice: random.Random, fields: dict[type, dict[str, Shape]], *, composite: float
) -> Shape:
    nullable = dice.random() < 0.5
    if dice.random() < 0.25:
        inner = _a_shape(dice, fields, composite=composite)
        return Shape(list, nullable=nullable, items=inner)
    usable = [cls for cls in fields if _concrete(fields, cls)]
    if usable and dice.random() < composite:
        cls = dice.choice(usable)
        return Shape(cls, objects=_concrete(fields, cls), nullable=nullable)
    leaf = dice.choice(list(LEAVES))
    return Shape(leaf, leaf=leaf, nullable=nullable)


def _concrete(fields: dict[type, dict[str, Shape]], cls: type) -> list[type]:
    return [each for each in fields if issubclass(each, cls) and each.__name__[0] == "T"]


def _root(name: str, shape: Shape) -> Value:
    def resolve(info: strawberry.Info) -> Value:
        return info.root_value[name]

    return _a_field(resolve, shape.full())


def _loaded(name: str, annotation: Value) -> Value:
    del name

    def resolve(self: Value, info: strawberry.Info, limit: int | None = None) -> Value:
        del limit
        return self.loaded(info)

    return _a_field(resolve, annotation)


def _pure(name: str, annotation: Value) -> Value:
    def resolve(self: Value) -> Value:
        return getattr(self, name)

    return _a_field(pure(resolve), annotation)


def _plain(name: str, annotation: Value) -> Value:
    def resolve(self: Value, limit: int = 5) -> Value:
        return [getattr(self, name)][limit - limit]

    return _a_field(resolve, annotation)


def _late(name: str, annotation: Value) -> Value:
    async def resolve(self: Value) -> Value:
        await asyncio.sleep(0)
        return getattr(self, name)

    return _a_field(resolve, annotation)


_RESOLVERS = {"loaded": _loaded, "pure": _pure, "plain": _plain, "late": _late}


def _a_field(resolve: Callable[..., Any], annotation: Value) -> Value:
    resolve.__annotations__["return"] = annotation
    return strawberry.field(resolver=resolve)
