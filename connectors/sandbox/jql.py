"""Reading JQL: text in, a small tree out. What the names mean is `matching`'s business.

Knows AND, OR, NOT, parentheses, comparisons, `in`, `is EMPTY`, functions and ORDER BY; refuses the rest aloud.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign>!=|>=|<=|!~|&&|\|\||[=<>~!(),])
      | (?P<word>[^\s()=<>!~,"'&|]+)
    )""",
    re.VERBOSE,
)
COMPARISONS = {"=", "!=", "<", ">", "<=", ">="}
MOST_ORDERS = 7


class JqlError(Exception):
    """A query that is refused; the text is what the caller gets to read."""


@dataclass(frozen=True, slots=True)
class Value:
    """A literal; `quoted` tells "-15m" in quotes from a bare word."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    arguments: tuple[str, ...]


Operand = Value | Function


@dataclass(frozen=True, slots=True)
class Clause:
    """`operator` is one of COMPARISONS, "in", "not in", "is" or "is not" (then without operands)."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]


Node = Clause | Both | Either


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    where: Node | None
    order: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Query:
    """The query, or JqlError. NOT is pushed down to the clauses, where Jira's treatment of EMPTY decides."""
    return _Parser(text).query()


OPPOSITE = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}


def negated(node: Node) -> Node:
    match node:
        case Clause(field, operator, operands):
            return Clause(field, OPPOSITE[operator], operands)
        case Both(parts):
            return Either(tuple(negated(part) for part in parts))
        case Either(parts):
            return Both(tuple(negated(part) for part in parts))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = 0

    def query(self) -> Query:
        where = None if self._peek("ORDER") or self._peek("") else self._either()
        order = self._order() if self._take("ORDER") else ()
        if not self._peek(""):
            raise self._unexpected("either 'OR' or 'AND'")
        return Query(where, order)

    def _either(self) -> Node:
        parts = [self._both()]
        while self._take("OR") or self._take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._unary()]
        while self._take("AND") or self._take("&&"):
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _unary(self) -> Node:
        if self._take("NOT") or self._take("!"):
            return negated(self._unary())
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        field = self._word("a field name")
        if self._take("IS"):
            operator = "is not" if self._take("NOT") else "is"
            if not (self._take("EMPTY") or self._take("NULL")):
                raise self._unexpected("'EMPTY'")
            return Clause(field, operator, ())
        if self._take("IN"):
            return Clause(field, "in", self._list())
        if self._take("NOT"):
            self._expect("IN")
            return Clause(field, "not in", self._list())
        operator = self._current.text
        if self._current.kind != "sign" or operator not in COMPARISONS:
            raise self._unexpected("an operator")
        self._next += 1
        if operator in {"=", "!="} and (self._take("EMPTY") or self._take("NULL")):
            return Clause(field, "is" if operator == "=" else "is not", ())
        return Clause(field, operator, (self._operand(),))

    def _list(self) -> tuple[Operand, ...]:
        self._expect("(")
        operands = [self._operand()]
        while self._take(","):
            operands.append(self._operand())
        self._expect(")")
        return tuple(operands)

    def _operand(self) -> Operand:
        quoted = self._current.kind == "text"
        text = self._word("either a value, list or function")
        if quoted or not self._take("("):
            return Value(text, quoted)
        arguments: list[str] = []
        while not self._take(")"):
            arguments.append(self._word("an argument"))
            self._take(",")
        return Function(text, tuple(arguments))

    def _order(self) -> tuple[Order, ...]:
        self._expect("BY")
        orders = [self._one_order()]
        while self._take(","):
            orders.append(self._one_order())
        if len(orders) > MOST_ORDERS:
            raise JqlError(f"The maximum number of fields in the ORDER BY clause is {MOST_ORDERS}.")
        return tuple(orders)

    def _one_order(self) -> Order:
        field = self._word("a field name")
        descending = self._take("DESC")
        return Order(field, descending or (self._take("ASC") and False))

    @property
    def _current(self) -> Token:
        return self._tokens[self._next]

    def _peek(self, keyword: str) -> bool:
        return self._current.kind != "text" and self._current.text.upper() == keyword

    def _take(self, keyword: str) -> bool:
        found = self._peek(keyword)
        self._next += found
        return found

    def _expect(self, keyword: str) -> None:
        if not self._take(keyword):
            raise self._unexpected(f"'{keyword}'")

    def _word(self, what: str) -> str:
        token = self._current
        if token.kind not in {"word", "text"} or (token.kind == "word" and token.text.upper() in {"AND", "OR"}):
            raise self._unexpected(what)
        self._next += 1
        return re.sub(r"\\(.)", r"\1", token.text[1:-1]) if token.kind == "text" else token.text

    def _unexpected(self, wanted: str) -> JqlError:
        got = f"'{self._current.text}'" if self._current.text else "the end of the query"
        where = f"(line 1, character {self._current.at + 1})"
        return JqlError(f"Error in the JQL Query: Expecting {wanted} but got {got}. {where}")


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise JqlError(f"Error in the JQL Query: The character at position {at + 1} is not expected.")
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return [*found, Token("end", "", len(text))]
