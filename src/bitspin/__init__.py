"""Bitspin: train neural networks inside the memory that stores them."""
