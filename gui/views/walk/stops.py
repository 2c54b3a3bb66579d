"""The stops of a walk through a tiny network: forward, the loss, then backward one factor of the chain rule at a time.

Each stop says in a sentence what happens, gives the rule, and the rule with the numbers put in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.inside import Factors
from engine.inside.gradients import Numbers
from engine.toy import Function, Loss, Toy
from gui.views.walk.words import RULES, Names, bracketed, say, target_name

Part = tuple[str, int, int, int]
"""A part of the drawing: its kind, the layer (0: the inputs), the neuron, and of a weight the neuron it comes from."""

LOSS: Part = ("loss", 0, 0, 0)


def neuron(layer: int, row: int) -> Part:
    """A neuron; of layer 0, an input."""
    return ("neuron", layer, row, 0)


def edge(layer: int, row: int, column: int) -> Part:
    """The weight that a neuron gives to one of the layer before."""
    return ("edge", layer, row, column)


@dataclass(frozen=True)
class Stop:
    """One stop.

    Attributes:
        title: where it is: ``Backward, layer 2 of 2``.
        sentence: what happens, in words.
        rule: the formula, in letters.
        lines: the formula with the numbers, one line a neuron or weight.
        lit: the parts of the drawing that it is about.
        known: of how many layers the values are known.
        has_loss: whether E is known.
        texts: what is written at parts: at neurons the last slope that is known, at weights those of this stop.
    """

    title: str
    sentence: str
    rule: str
    lines: tuple[str, ...]
    lit: frozenset[Part]
    known: int
    has_loss: bool = False
    texts: Mapping[Part, str] = field(default_factory=dict)


def stops_of(toy: Toy, x: Sequence[float], target: Sequence[float]) -> tuple[Stop, ...]:
    """The whole walk, for an input (m,) and a target (n,).

    Raises:
        ToyError: they do not fit the network.
    """
    factors = toy.backward(x, target)
    walk = [_inputs(factors, target)]
    walk += [_forward(toy, found, layer) for layer, found in enumerate(factors, 1)]
    walk.append(_loss(toy, factors[-1], target, toy.error(x, target)))
    for layer in range(len(factors), 0, -1):
        walk += _Back(toy, layer, factors[layer - 1], target).stops()
    return tuple(_remembering(walk))


def _remembering(walk: Sequence[Stop]) -> Iterator[Stop]:
    """What is known of a neuron stays written at it; what is known of all weights would fill the drawing."""
    known: dict[Part, str] = {}
    for stop in walk:
        yield replace(stop, texts={**known, **stop.texts})
        known |= {part: text for part, text in stop.texts.items() if part[0] == "neuron"}


# Forward


def _inputs(factors: Sequence[Factors], target: Sequence[float]) -> Stop:
    names = Names(0, len(factors[0].inputs))
    given = [f"{names.y(place)} = {say(each)}" for place, each in enumerate(factors[0].inputs)]
    wanted = [f"{target_name(place, len(target))} = {say(each)}" for place, each in enumerate(target)]
    return Stop(
        title="Forward, the inputs",
        sentence="The numbers x that go in, and the target t that should come out.",
        rule="x → … → y,   to be compared with t",
        lines=(",   ".join(given), ",   ".join(wanted)),
        lit=frozenset(neuron(0, place) for place in range(len(given))),
        known=0,
    )


def _forward(toy: Toy, found: Factors, layer: int) -> Stop:
    rule = RULES[toy.layers[layer - 1].function]
    rows = range(len(found.pre))
    return Stop(
        title=f"Forward, layer {layer} of {len(toy.layers)}",
        sentence=f"Each neuron weighs what comes in, a, adds its bias, and {rule.does}.",
        rule=f"z = Σ w · a + b,   y = {rule.formula}",
        lines=tuple(_forward_line(found, layer, row, rule.with_numbers) for row in rows),
        lit=frozenset(_weights(found, layer)) | {neuron(layer, row) for row in rows},
        known=layer,
    )


def _forward_line(found: Factors, layer: int, row: int, with_numbers: str) -> str:
    names, z, y = Names(layer, len(found.pre)), found.pre[row], say(found.outputs[row])
    terms = _sum_of_products(found.weight[row], found.inputs)
    function = f"{with_numbers.format(z=say(z))} = {y}" if with_numbers else y
    return f"{names.z(row)} = {terms} + {bracketed(found.bias[row])} = {say(z)},   {names.y(row)} = {function}"


def _loss(toy: Toy, last: Factors, target: Sequence[float], error: float) -> Stop:
    pairs = [(say(y), bracketed(t), say(1 - y)) for y, t in zip(last.outputs, target, strict=True)]
    if toy.loss is Loss.SQUARED:
        rule, terms = "E = ½ Σ (y − t)²", [f"½ · ({y} − {t})²" for y, t, _ in pairs]
        sentence = "The loss E says in one number how far the answer is from the target."
    else:
        sentence = "The loss E says how surprised the network is by the target: not at all if it was sure of it."
        if toy.layers[-1].function is Function.SOFTMAX:
            rule, terms = "E = −Σ t · ln y", [f"{t} · ln {y}" for y, t, _ in pairs]
        else:
            rule = "E = −Σ (t · ln y + (1 − t) · ln(1 − y))"
            terms = [f"{t} · ln {y} + (1 − {t}) · ln {rest}" for y, t, rest in pairs]
    sum_ = " + ".join(terms)
    line = f"E = {sum_ if toy.loss is Loss.SQUARED else f'−({sum_})'} = {say(error)}"
    return Stop("The loss", sentence, rule, (line,), frozenset({LOSS}), len(toy.layers), has_loss=True)


def _weights(found: Factors, layer: int) -> Iterator[Part]:
    rows, columns = found.weight.shape
    return (edge(layer, row, column) for row in range(rows) for column in range(columns))


def _sum_of_products(one: Numbers, other: Numbers) -> str:
    pairs = zip(one, other, strict=True)
    return " + ".join(f"{bracketed(left)} · {bracketed(right)}" for left, right in pairs)


# Backward


class _Back:
    """The stops at one layer on the way back; ∂E/∂y of a hidden one was the last stop at the layer after it."""

    def __init__(self, toy: Toy, layer: int, found: Factors, target: Sequence[float]) -> None:
        self._layer, self._depth, self._found, self._target = layer, len(toy.layers), found, target
        self._loss, self._function = toy.loss, toy.layers[layer - 1].function
        self._names, self._before = Names(layer, len(found.pre)), Names(layer - 1, len(found.inputs))
        self._rows, self._columns = range(len(found.pre)), range(len(found.inputs))
        self._cells = [(row, column) for row in self._rows for column in self._columns]

    def stops(self) -> Iterator[Stop]:
        if self._function is Function.SOFTMAX:
            yield self._of_softmax()
        else:
            if self._layer == self._depth:
                yield self._of_squared() if self._loss is Loss.SQUARED else self._of_cross_entropy()
            yield self._of_function()
            yield self._of_sum()
        yield self._by_weight()
        yield self._of_weight()
        yield self._of_input()

    def _stop(self, sentence: str, rule: str, lines: Sequence[str], texts: Mapping[Part, str]) -> Stop:
        """Lit is what something is written at."""
        title = f"Backward, layer {self._layer} of {self._depth}"
        return Stop(title, sentence, rule, tuple(lines), frozenset(texts), self._depth, has_loss=True, texts=texts)

    def _at_neurons(self, symbol: str, slopes: Numbers) -> dict[Part, str]:
        return {neuron(self._layer, row): f"{symbol} {say(slopes[row])}" for row in self._rows}

    def _at_weights(self, slopes: Numbers) -> dict[Part, str]:
        """The numbers alone: beside a line there is little room, and the rule says what they are."""
        return {edge(self._layer, row, column): say(slopes[row, column]) for row, column in self._cells}

    def _short(self, slopes: Numbers, symbol: str, write: str) -> list[str]:
        """Lines with the output, its rest and the target put in."""
        outputs, lines = self._found.outputs, []
        for row in self._rows:
            name = self._names.z(row) if symbol == "∂E/∂z" else self._names.y(row)
            numbers = write.format(y=say(outputs[row]), rest=say(1 - outputs[row]), t=bracketed(self._target[row]))
            lines.append(f"∂E/∂{name} = {numbers} = {say(slopes[row])}")
        return lines

    def _of_squared(self) -> Stop:
        slopes = self._found.d_outputs
        return self._stop(
            "The way back begins at the output: how the loss changes with the answer.",
            "∂E/∂y = y − t",
            self._short(slopes, "∂E/∂y", "{y} − {t}"),
            self._at_neurons("∂E/∂y", slopes),
        )

    def _of_cross_entropy(self) -> Stop:
        slopes = self._found.d_outputs
        return self._stop(
            "The way back begins at the output: the surer a wrong answer is, the steeper the loss.",
            "∂E/∂y = (y − t) / (y · (1 − y))",
            self._short(slopes, "∂E/∂y", "({y} − {t}) / ({y} · {rest})"),
            self._at_neurons("∂E/∂y", slopes),
        )

    def _of_softmax(self) -> Stop:
        slopes = self._found.d_pre
        return self._stop(
            "Softmax and cross-entropy together leave the simplest slope: what was said less what is true.",
            "∂E/∂z = y − t",
            self._short(slopes, "∂E/∂z", "{y} − {t}"),
            self._at_neurons("∂E/∂z", slopes),
        )

    def _of_function(self) -> Stop:
        found, rule, lines = self._found, RULES[self._function], []
        for row in self._rows:
            y, z = found.outputs[row], found.pre[row]
            numbers = rule.slope_with_numbers.format(y=bracketed(y), rest=say(1 - y), z=say(z))
            result = "" if numbers == "1" else f" = {say(found.d_local[row])}"
            lines.append(f"∂{self._names.y(row)}/∂{self._names.z(row)} = {numbers}{result}")
        return self._stop(rule.slope_says, f"∂y/∂z = {rule.slope}", lines, self._at_neurons("∂y/∂z", found.d_local))

    def _of_sum(self) -> Stop:
        found = self._found
        return self._stop(
            "The chain rule: the two slopes multiplied tell how the loss changes with the sum z.",
            "∂E/∂z = ∂E/∂y · ∂y/∂z",
            [
                f"∂E/∂{self._names.z(row)} = {bracketed(found.d_outputs[row])} · {bracketed(found.d_local[row])}"
                f" = {say(found.d_pre[row])}"
                for row in self._rows
            ],
            self._at_neurons("∂E/∂z", found.d_pre),
        )

    def _by_weight(self) -> Stop:
        inputs = self._found.inputs
        return self._stop(
            "How the sum changes with a weight: by the a that it multiplies, which the forward pass has left here.",
            "∂z/∂w = a,   ∂z/∂b = 1",
            [
                f"∂{self._names.z(row)}/∂{self._weight(row, column)} = {self._before.y(column)} = {say(inputs[column])}"
                for row, column in self._cells
            ],
            {edge(self._layer, row, column): say(inputs[column]) for row, column in self._cells},
        )

    def _of_weight(self) -> Stop:
        found = self._found
        weights = [
            f"∂E/∂{self._weight(row, column)} = {bracketed(found.d_pre[row])} · {bracketed(found.inputs[column])}"
            f" = {say(found.d_weight[row, column])}"
            for row, column in self._cells
        ]
        biases = [f"∂E/∂{self._names.b(row)} = {say(found.d_pre[row])}" for row in self._rows]
        return self._stop(
            "The slope by each weight and bias: a gradient step takes it away, times the rate.",
            "∂E/∂w = ∂E/∂z · a,   ∂E/∂b = ∂E/∂z",
            weights + biases,
            self._at_weights(found.d_weight),
        )

    def _of_input(self) -> Stop:
        found = self._found
        sentence = (
            "Back along the weights to the layer before, summed over all ways; there the same begins anew."
            if self._layer > 1
            else "And back to the inputs. Of a picture these are the pixels: FGSM moves each by ε along this sign."
        )
        texts = {
            neuron(self._layer - 1, column): f"∂E/∂{'y' if self._layer > 1 else 'x'} {say(found.d_inputs[column])}"
            for column in self._columns
        }
        return self._stop(
            sentence,
            "∂z/∂a = w,   ∂E/∂a = Σ ∂E/∂z · w",
            [
                f"∂E/∂{self._before.y(column)} = {_sum_of_products(found.d_pre, found.weight[:, column])}"
                f" = {say(found.d_inputs[column])}"
                for column in self._columns
            ],
            texts | self._at_weights(found.weight),
        )

    def _weight(self, row: int, column: int) -> str:
        return self._names.w(row, column, self._before)
