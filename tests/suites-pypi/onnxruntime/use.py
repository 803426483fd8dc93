"""ONNX Runtime: a session of the parent multiplies there, then in a child."""
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper

from field import run_child


def new_session():
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [512, 512]) for name in "abc"]
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "b"], ["c"])],
                              "product", shapes[:2], shapes[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def multiply(session):
    ones = numpy.ones((512, 512), numpy.float32)
    return (session or new_session()).run(None, {"a": ones, "b": ones})[0].sum()


if __name__ == "__main__":
    session = new_session()
    multiply(session)
    sys.exit(run_child(multiply, None if sys.argv[1] == "spawn" else session))
