"""Train the classifier of digits.onnx on two thirds of the digits. Needs numpy and onnx; takes a second.

One hidden layer, plain gradient descent with momentum, every random number from one seed. The weights are
trained in double precision and rounded once at the end, so that another machine writes the same network up to
the last bits.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
TRAIN = 1198  # the first two thirds; the last 599 stay unseen
HIDDEN = 64
CLASSES = 10
EPOCHS = 60
BATCH = 32
RATE = 0.1
MOMENTUM = 0.9
DECAY = 1e-3
SEED = 0


def load():
    """Pixels as numbers from 0 to 1, one row for each image, and the labels."""
    data = np.load(HERE / "digits.npz")
    return data["images"].reshape(-1, 64) / 16.0, data["labels"]


def gradients(weights, pixels, labels):
    """The derivative of the cross entropy with respect to each weight."""
    w1, b1, w2, b2 = weights
    hidden = np.maximum(pixels @ w1 + b1, 0)
    scores = hidden @ w2 + b2
    error = np.exp(scores - scores.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    error /= len(labels)
    back = (error @ w2.T) * (hidden > 0)
    return [pixels.T @ back + DECAY * w1, back.sum(axis=0), hidden.T @ error + DECAY * w2, error.sum(axis=0)]


def train(pixels, labels):
    """The two layers: weights and biases."""
    random = np.random.default_rng(SEED)
    weights = [
        random.normal(0, np.sqrt(2 / 64), (64, HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, CLASSES)),
        np.zeros(CLASSES),
    ]
    speeds = [np.zeros_like(weight) for weight in weights]
    for epoch in range(EPOCHS):
        order = random.permutation(len(labels))
        for start in range(0, len(labels), BATCH):
            chosen = order[start : start + BATCH]
            slopes = gradients(weights, pixels[chosen], labels[chosen])
            rate = RATE * (1 - epoch / EPOCHS)
            speeds = [MOMENTUM * speed - rate * slope for speed, slope in zip(speeds, slopes, strict=True)]
            weights = [weight + speed for weight, speed in zip(weights, speeds, strict=True)]
    return weights


def accuracy(weights, pixels, labels):
    """The share of images whose highest score is their label."""
    w1, b1, w2, b2 = weights
    return float(((np.maximum(pixels @ w1 + b1, 0) @ w2 + b2).argmax(axis=1) == labels).mean())


def network(weights):
    """The ONNX file: one grey image of 8 x 8 in, ten probabilities out."""
    names = ["w1", "b1", "w2", "b2"]
    stored = [numpy_helper.from_array(w.astype(np.float32), n) for w, n in zip(weights, names, strict=True)]
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["image"], ["pixels"]),
            helper.make_node("Gemm", ["pixels", "w1", "b1"], ["summed"]),
            helper.make_node("Relu", ["summed"], ["hidden"]),
            helper.make_node("Gemm", ["hidden", "w2", "b2"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        ],
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, CLASSES])],
        stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model.producer_name = "train_digits.py"
    onnx.checker.check_model(model)
    return model


def main():
    """Train, measure on the part that was not used, write digits.onnx."""
    pixels, labels = load()
    weights = train(pixels[:TRAIN], labels[:TRAIN])
    seen = accuracy(weights, pixels[:TRAIN], labels[:TRAIN])
    unseen = accuracy(weights, pixels[TRAIN:], labels[TRAIN:])
    onnx.save(network(weights), HERE / "digits.onnx")
    print(f"digits.onnx: accuracy {seen:.4f} on the {TRAIN} it learned from, {unseen:.4f} on the rest")


if __name__ == "__main__":
    main()
