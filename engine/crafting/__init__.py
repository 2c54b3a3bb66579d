"""Crafting takes minutes: universal perturbations and patches from a folder of pictures, fooling images from noise.

Each is a generator of ``Grown``, what there is so far; it may be left at any of them and taken up again. Nothing here
loads torch before it is asked to.
"""
