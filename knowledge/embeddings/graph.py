"""The ONNX graph of multilingual-e5-small, built from the weight file: 4-bit as it is, or 8-bit from it.

Inputs `input_ids` and `attention_mask`, int64 of shape (batch, tokens); outputs `pooled`, float32 of shape (batch, 384): the mean
over the tokens, not yet of unit length, and `tokens_in_context`, float32 of shape (batch, tokens, 384): each token in its context, after
layer TOKEN_LAYER, where words and their translations are nearest to each other. What is not asked for is not computed. The packages onnx and protobuf are needed for building only.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from knowledge.embeddings.weights import BLOCK, Weights

MICROSOFT = "com.microsoft"
"""The operator domain of onnxruntime's fused and block-quantised operators."""


class _GraphBuilder:
    """Collects nodes and constants of one graph."""

    def __init__(self, weights: Weights, *, quantised: bool) -> None:
        self.weights = weights
        self.quantised = quantised
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.float32(name))

    def node(self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output

    def linear(self, name: str, source: str, columns: int, rows: int) -> str:
        """source @ W.T without bias."""
        if not self.quantised:
            matrix = self.constant(f"{name}.full", self.weights.dequantised(f"{name}.w", columns).T)
            return self.node("MatMul", [source, matrix], f"{name}.out")
        values, scales = self.weights.quantised(f"{name}.w", columns)
        # MatMulNBits packs neighbours into a byte; the file packs weights j and j + 16.
        packed = values[..., 0::2] | (values[..., 1::2] << 4)
        inputs = [source, self.constant(f"{name}.packed", packed), self.constant(f"{name}.scales", scales.reshape(-1))]
        return self.node(
            "MatMulNBits",
            inputs,
            f"{name}.out",
            MICROSOFT,
            K=columns,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def embedding(self) -> str:
        """Token embeddings plus positions, normalised. The table stays 4-bit: it is most of the model."""
        weights, hidden = self.weights, self.weights.hidden
        values, scales = weights.quantised("emb.word", hidden)
        signed = values.reshape(len(values), hidden).astype(np.int8) - 8
        packed = ((signed[:, 0::2] & 15) | ((signed[:, 1::2] & 15) << 4)).astype(np.uint8)
        table = helper.make_tensor("table", TensorProto.INT4, [len(values), hidden], packed.tobytes(), raw=True)
        self.constants.append(table)
        inputs = ["table", "input_ids", self.constant("table.scales", scales)]
        words = self.node(
            "GatherBlockQuantized", inputs, "words", MICROSOFT, gather_axis=0, quantize_axis=1, block_size=BLOCK
        )
        positions = weights.float32("emb.pos").reshape(-1, hidden) + weights.float32("emb.type").reshape(-1, hidden)[0]
        for name, value in (("zero", 0), ("one", 1), ("two", 2)):
            self.constant(name, np.array([value], np.int64))
        self.node("Shape", ["input_ids"], "shape")
        self.node("Slice", ["shape", "one", "two", "zero"], "tokens")
        self.node("Slice", [self.constant("positions", positions), "zero", "tokens", "zero"], "places")
        self.node("Add", [words, "places"], "embedded")
        inputs = ["embedded", self.vector("emb.ln.w"), self.vector("emb.ln.b")]
        return self.node("LayerNormalization", inputs, "layer.in", axis=-1, epsilon=weights.epsilon)

    def layer(self, index: int, source: str) -> str:
        """One transformer layer."""
        weights, hidden, inner = self.weights, self.weights.hidden, self.weights.intermediate
        prefix = f"l{index}"
        bias = np.concatenate([weights.float32(f"{prefix}.{part}.b") for part in ("q", "k", "v")])
        query, key, value = (self.linear(f"{prefix}.{part}", source, hidden, hidden) for part in ("q", "k", "v"))
        inputs = [query, key, value, self.constant(f"{prefix}.qkv", bias), "mask32"]
        attended = self.node(
            "MultiHeadAttention", inputs, f"{prefix}.attended", MICROSOFT, num_heads=self.weights.heads
        )
        projected = self.linear(f"{prefix}.ao", attended, hidden, hidden)
        middle = self._add_norm(f"{prefix}.middle", source, projected, f"{prefix}.aln", f"{prefix}.ao.b")
        expanded = self.linear(f"{prefix}.fi", middle, hidden, inner)
        inputs = [expanded, self.vector(f"{prefix}.fi.b")]
        activated = self.node("BiasGelu", inputs, f"{prefix}.gelu", MICROSOFT)
        reduced = self.linear(f"{prefix}.fo", activated, inner, hidden)
        return self._add_norm(f"{prefix}.done", middle, reduced, f"{prefix}.oln", f"{prefix}.fo.b")

    def _add_norm(self, output: str, skip: str, source: str, norm: str, bias: str) -> str:
        inputs = [skip, source, self.vector(f"{norm}.w"), self.vector(f"{norm}.b"), self.vector(bias)]
        return self.node("SkipLayerNormalization", inputs, output, MICROSOFT, epsilon=self.weights.epsilon)

    def build(self) -> onnx.ModelProto:
        state = self.embedding()
        self.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
        self.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
        for index in range(self.weights.layers):
            state = self.layer(index, state)
            if index + 1 == TOKEN_LAYER:
                self.node("Identity", [state], "tokens_in_context")
        self.node("Unsqueeze", ["mask", "two"], "mask3")
        self.node("Mul", [state, "mask3"], "masked")
        self.node("ReduceSum", ["masked", "one"], "sum", keepdims=0)
        self.node("ReduceSum", ["mask", "one"], "length", keepdims=1)
        self.node("Div", ["sum", "length"], "pooled")
        graph = helper.make_graph(
            self.nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in INPUTS],
            [
                helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["batch", self.weights.hidden]),
                helper.make_tensor_value_info(
                    "tokens_in_context", TensorProto.FLOAT, ["batch", "tokens", self.weights.hidden]
                ),
            ],
            self.constants,
        )
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)


INPUTS = ("input_ids", "attention_mask")
TOKEN_LAYER = 9


def write_graph(weights: Weights, path: Path) -> None:
    """Write the 4-bit graph: the file's own weights, unchanged."""
    onnx.save(_GraphBuilder(weights, quantised=True).build(), str(path))


def write_int8_graph(weights: Weights, path: Path) -> None:
    """Write the 8-bit graph: twice as fast on passages, cosine about .996 to the 4-bit one."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = path.with_suffix(".float32")
    try:
        onnx.save(_GraphBuilder(weights, quantised=False).build(), str(full))
        quantize_dynamic(
            full,
            path,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )
    finally:
        full.unlink(missing_ok=True)
