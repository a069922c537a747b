"""The part of JSON Schema that the API's strict mode takes, and what it takes it for.

Source: developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas". Only documented keywords pass:
a schema that is legal here is legal there; the API may let more through than it documents.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_PROPERTIES = 5_000
MAX_DEPTH = 10
MAX_ENUM_VALUES = 1_000
MAX_NAME_CHARACTERS = 120_000

_ANNOTATIONS = {"title", "description", "$schema", "$id", "$comment"}
_BY_TYPE = {
    "object": {"properties", "required", "additionalProperties", "$defs", "definitions"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"enum", "const", "pattern", "format"},
    "number": {"enum", "const", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "integer": {"enum", "const", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "boolean": {"enum", "const"},
    "null": set(),
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}

Schema = Mapping[str, Any]


def find_fault(*, schema: Schema) -> str | None:
    """What makes `schema` illegal in strict mode, in the API's words without its prefix; None if it is legal."""
    if schema.get("type") != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'."
    if "anyOf" in schema:
        return "In context=(), 'anyOf' is not permitted."
    nodes = [*_walk(schema, path=())]
    for node, path in nodes:
        fault = _find_node_fault(node, root=schema)
        if fault:
            return f"In context={path}, {fault}"
    return _find_excess([node for node, _ in nodes], depth=_depth(schema, root=schema, seen=()))


def _walk(node: Schema, *, path: tuple[str, ...]) -> Iterator[tuple[Schema, tuple[str, ...]]]:
    yield node, path
    for group in ("properties", "$defs", "definitions"):
        for name, child in dict(node.get(group, {})).items():
            yield from _walk(child, path=(*path, group, name))
    if isinstance(node.get("items"), dict):
        yield from _walk(node["items"], path=(*path, "items"))
    for index, child in enumerate(node.get("anyOf", ())):
        yield from _walk(child, path=(*path, "anyOf", str(index)))


def _find_node_fault(node: Schema, *, root: Schema) -> str | None:
    if "$ref" in node:
        return (
            None
            if _resolve(node, root=root) is not None
            else f"reference can only point to definitions: {node['$ref']}."
        )
    if "anyOf" in node:
        return _find_foreign_keyword(node, allowed={"anyOf"})
    types = [node["type"]] if isinstance(node.get("type"), str) else list(node.get("type", ()))
    if not types:
        return None if "enum" in node or "const" in node else "schema must have a 'type' key."
    unknown = [name for name in types if name not in _BY_TYPE]
    if unknown:
        return f"{unknown[0]!r} is not a valid type."
    allowed = set().union(*(_BY_TYPE[name] for name in types), {"type", "enum"})
    return _find_foreign_keyword(node, allowed=allowed) or _find_shape_fault(node, types=types)


def _find_foreign_keyword(node: Schema, *, allowed: set[str]) -> str | None:
    foreign = [keyword for keyword in node if keyword not in allowed | _ANNOTATIONS]
    return f"{foreign[0]!r} is not permitted." if foreign else None


def _find_shape_fault(node: Schema, *, types: list[str]) -> str | None:
    if "array" in types and not isinstance(node.get("items"), dict):
        return "array schema missing items."
    if "object" not in types:
        return None
    if node.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    missing = [name for name in node.get("properties", {}) if name not in node.get("required", ())]
    if missing or "required" not in node:
        rule = "'required' is required to be supplied and to be an array including every key in properties."
        return f"{rule} Missing '{missing[0]}'." if missing else rule
    extra = [name for name in node["required"] if name not in node.get("properties", {})]
    return f"'required' includes a key that is not in properties: '{extra[0]}'." if extra else None


def _find_excess(nodes: list[Schema], *, depth: int) -> str | None:
    names = [name for node in nodes for group in ("properties", "$defs") for name in node.get(group, {})]
    values = [value for node in nodes for value in node.get("enum", ())]
    properties = sum(len(node.get("properties", {})) for node in nodes)
    if depth > MAX_DEPTH:
        return f"{depth} levels of nesting exceeds limit of {MAX_DEPTH}."
    if properties > MAX_PROPERTIES:
        return f"{properties} properties exceeds limit of {MAX_PROPERTIES}."
    if len(values) > MAX_ENUM_VALUES:
        return f"{len(values)} enum values exceeds limit of {MAX_ENUM_VALUES}."
    if sum(len(str(name)) for name in [*names, *values]) > MAX_NAME_CHARACTERS:
        return f"Expected at most {MAX_NAME_CHARACTERS} characters in property names and enum values."
    return None


def _resolve(node: Schema, *, root: Schema) -> Schema | None:
    found: Any = root
    for step in str(node["$ref"]).removeprefix("#").strip("/").split("/"):
        if step:
            found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _depth(node: Schema, *, root: Schema, seen: tuple[str, ...]) -> int:
    """Nested objects from `node` down; a recursive reference counts once."""
    if "$ref" in node:
        target = _resolve(node, root=root)
        if node["$ref"] in seen or target is None:
            return 0
        return _depth(target, root=root, seen=(*seen, node["$ref"]))
    children = [*node.get("properties", {}).values(), *node.get("anyOf", ())]
    if isinstance(node.get("items"), dict):
        children.append(node["items"])
    deepest = max((_depth(child, root=root, seen=seen) for child in children), default=0)
    return deepest + ("properties" in node)


def find_mismatch(value: Any, *, schema: Schema, root: Schema | None = None) -> str | None:
    """Where and how `value` breaks `schema`; None if it satisfies it. For schemas that `find_fault` accepts."""
    root = schema if root is None else root
    if "$ref" in schema:
        return find_mismatch(value, schema=_resolve(schema, root=root) or {}, root=root)
    if "anyOf" in schema:
        found = [find_mismatch(value, schema=option, root=root) for option in schema["anyOf"]]
        return None if None in found else f"no option of anyOf: {found[0]}"
    fault = _find_value_fault(value, schema)
    if fault:
        return fault
    for name, child, inner in _children(value, schema):
        fault = find_mismatch(child, schema=inner, root=root)
        if fault:
            return f"{name}: {fault}"
    return None


def _find_value_fault(value: Any, schema: Schema) -> str | None:
    types = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", ()))
    if types and not any(_is_of(value, name) for name in types):
        return f"not of type {'/'.join(types)}"
    if "enum" in schema and value not in schema["enum"]:
        return "not a value of the enum"
    if "const" in schema and value != schema["const"]:
        return "not the constant"
    if isinstance(value, dict) and set(value) != set(schema.get("properties", {})):
        return "keys differ from the properties"
    if isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return "number of items out of bounds"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return "does not match the pattern"
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return "out of bounds"
    return None


def _is_of(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _PYTHON_TYPES[name])


def _children(value: Any, schema: Schema) -> Iterator[tuple[str, Any, Schema]]:
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            yield name, value[name], inner
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield str(index), item, schema["items"]


def make_instance(*, schema: Schema, root: Schema | None = None) -> Any:
    """The smallest value that satisfies `schema`: what the fake says to a question that has no lines in it."""
    root = schema if root is None else root
    if "$ref" in schema:
        return make_instance(schema=_resolve(schema, root=root) or {}, root=root)
    if "anyOf" in schema:
        return make_instance(schema=schema["anyOf"][0], root=root)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        return {name: make_instance(schema=child, root=root) for name, child in schema.get("properties", {}).items()}
    if kind == "array":
        return [make_instance(schema=schema["items"], root=root) for _ in range(schema.get("minItems", 0))]
    plain = {"string": "ok", "number": 0, "integer": 0, "boolean": True, "null": None}
    return max(plain[kind], schema.get("minimum", 0)) if kind in {"number", "integer"} else plain[kind]
