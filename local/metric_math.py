"""CloudWatch's metric math, as far as alarms here use it: formulas over values by the time of their period.

A value is missing where an operand is, as on AWS, except for `FILL`. Pure.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Values: TypeAlias = dict[int, float]
"""By the beginning of a period, in seconds since 1970; periods without data are left out."""

Operand: TypeAlias = "Values | float | list[Values]"

_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}

_JOINED: Mapping[str, Callable[[list[float]], float]] = {"MAX": max, "MIN": min, "SUM": sum}


class FormulaError(ValueError):
    """A formula that is none, or has something in it that is not known here."""


@dataclass(frozen=True)
class Formula:
    """Evaluates one formula on a timeline. `inputs` are the series by the names that it has for them."""

    inputs: Mapping[str, Values]
    timeline: Sequence[int]

    def evaluate(self, text: str) -> Values:
        """The formula's own series. Raises `FormulaError`."""
        try:
            parsed = ast.parse(text, mode="eval")
        except SyntaxError as error:
            raise FormulaError(f"no formula: {text!r}") from error
        return self._series(self._value(parsed.body))

    def _value(self, node: ast.expr) -> Operand:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self.inputs:
                return self.inputs[name]
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
                return self._both(_ARITHMETIC[type(sign)], self._value(left), self._value(right))
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARISONS:
                return self._both(_COMPARISONS[type(sign)], self._value(left), self._value(right))
            case ast.List(elts=several):
                return [self._series(self._value(each)) for each in several]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, [self._value(argument) for argument in arguments])
        raise FormulaError(f"not known here: {ast.unparse(node)}")

    def _call(self, name: str, given: list[Operand]) -> Operand:
        match name, given:
            case "FILL", [dict() as series, float() as missing]:
                return {at: series.get(at, missing) for at in self.timeline}
            case "IF", [condition, yes, no]:
                return self._choose(self._series(condition), self._series(yes), self._series(no))
            case (("MAX" | "MIN" | "SUM"), [list() as several]):
                found = {at: [each[at] for each in several if at in each] for at in self.timeline}
                return {at: _JOINED[name](values) for at, values in found.items() if values}
        raise FormulaError(f"not known here: {name} of {len(given)} arguments")

    def _choose(self, condition: Values, yes: Values, no: Values) -> Values:
        chosen = {at: (yes if condition[at] else no).get(at) for at in self.timeline if at in condition}
        return {at: value for at, value in chosen.items() if value is not None}

    def _both(self, apply: Callable[[float, float], float], left: Operand, right: Operand) -> Values:
        first, second = self._series(left), self._series(right)
        there = [at for at in self.timeline if at in first and at in second]
        divides = apply is operator.truediv
        return {at: float(apply(first[at], second[at])) for at in there if not (divides and second[at] == 0)}

    def _series(self, value: Operand) -> Values:
        if isinstance(value, list):
            raise FormulaError("a list is no series")
        return dict.fromkeys(self.timeline, value) if isinstance(value, float) else value
