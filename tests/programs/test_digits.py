"""The digits: the data, the network, and that the simulator computes what onnxruntime computes."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from tests.programs.launch import PROGRAMS, execute

onnxruntime = pytest.importorskip("onnxruntime")

DIGITS = PROGRAMS / "digits"
HELD_OUT = 1198
LIMIT_BYTES = 300_000


@pytest.fixture(scope="module")
def unseen() -> tuple[np.ndarray, np.ndarray]:
    data = np.load(DIGITS / "digits.npz")
    return data["images"][HELD_OUT:], data["labels"][HELD_OUT:]


def reference(images: np.ndarray) -> np.ndarray:
    """What onnxruntime says, one image at a time, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        DIGITS / "digits.onnx", options, providers=["CPUExecutionProvider"]
    )
    pixels = (images.astype(np.float32) / 16).reshape(-1, 1, 1, 8, 8)
    return np.concatenate([session.run(None, {"image": image})[0] for image in pixels])


def test_the_data_is_the_whole_set(unseen: tuple[np.ndarray, np.ndarray]):
    data = np.load(DIGITS / "digits.npz")
    assert data["images"].shape == (1797, 8, 8)
    assert data["images"].max() == 16
    assert np.bincount(data["labels"]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert len(unseen[0]) == 599


def test_what_lies_in_the_repository_is_small():
    assert sum(path.stat().st_size for path in DIGITS.glob("*.*")) < LIMIT_BYTES


@pytest.mark.parametrize("host", ["baton", "free"])
def test_each_result_is_onnxruntimes_own(host: str, unseen: tuple[np.ndarray, np.ndarray], tmp_path: Path):
    images, labels = unseen
    saved = tmp_path / "probabilities.npy"
    ended = execute("classify_async.py", "--save", str(saved), options=("--host", host))
    assert ended.code == 0, ended.err
    computed = np.load(saved)
    expected = reference(images)
    assert computed.dtype == np.float32
    assert computed.tobytes() == expected.tobytes()
    assert (expected.argmax(axis=1) == labels).mean() > 0.9


@pytest.mark.parametrize(("images", "every"), [(7, 3), (1, 10)])
def test_any_number_of_images_for_a_callback_will_do(images: int, every: int):
    ended = execute("classify_async.py", "--images", str(images), "--every", str(every))
    assert ended.code == 0, ended.err
    assert f" of {images} images right" in ended.out


@pytest.mark.slow
def test_training_again_gives_the_network_that_lies_there():
    onnx = pytest.importorskip("onnx")
    script = runpy.run_path(str(DIGITS / "train_digits.py"))
    pixels, labels = script["load"]()
    weights = script["train"](pixels[: script["TRAIN"]], labels[: script["TRAIN"]])
    stored = onnx.load(DIGITS / "digits.onnx").graph.initializer
    for weight, kept in zip(weights, stored, strict=True):
        # Another machine's matrix product may differ in the last bits.
        np.testing.assert_allclose(weight, onnx.numpy_helper.to_array(kept), rtol=1e-3, atol=1e-4)
