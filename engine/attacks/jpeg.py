"""A picture through JPEG compression and back."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor


def compressed(picture: Tensor, quality: int) -> Tensor:
    """(C, H, W) of uint8 as it comes back from a JPEG file; three channels are RGB, any others grey one by one."""
    pixels: NDArray[np.uint8] = picture.permute(1, 2, 0).contiguous().numpy()
    if pixels.shape[2] == 3:
        back = _through_jpeg(pixels, quality)
    else:
        back = np.stack([_through_jpeg(grey, quality) for grey in np.moveaxis(pixels, 2, 0)], axis=2)
    return torch.from_numpy(back).permute(2, 0, 1)


def _through_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(file) as image:
        return np.array(image)
