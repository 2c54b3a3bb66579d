"""Networks that the user brings as a file: looked at, tried, and loaded; one module per kind of file.

A file cannot run code by being dropped. Numbers are read as numbers (safetensors, ``weights_only`` pickles, ONNX). The
two kinds whose own loaders can run code, TorchScript and ``torch.export``, are opened only once the user has said that
they made the file (see ``programs``).
"""

from engine.models.own.inspecting import inspect
from engine.models.own.loading import classifier_of, load_own, try_out

__all__ = ["classifier_of", "inspect", "load_own", "try_out"]
