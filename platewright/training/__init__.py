"""Teaches the network: samples from drawn scenes, streams of batches, the training loop."""
