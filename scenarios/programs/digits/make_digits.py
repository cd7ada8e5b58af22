"""Make digits.npz out of scikit-learn's copy of the data. Needs scikit-learn; nothing else here does.

The copy is the test part of the UCI data set; DATA.md says where it comes from and under which licence.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

HERE = Path(__file__).parent


def main():
    """1,797 pictures of 8 x 8 pixels, each 0 to 16, and the digit that each of them shows."""
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    np.savez_compressed(HERE / "digits.npz", images=images, labels=digits.target.astype(np.uint8))
    print(f"digits.npz: {images.shape[0]} images of {images.shape[1]} x {images.shape[2]}")


if __name__ == "__main__":
    main()
