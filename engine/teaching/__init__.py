"""New classes in a minute: folders of pictures, a network as feature transformer, and a logistic regression above it.

``lesson`` says what is to be learnt, ``outcome`` what came of it, both without torch; ``teaching.teach`` does it. The
result is a network of the user's own like any other (``engine.models.own.taught`` puts it together).
"""
