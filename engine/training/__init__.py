"""Trains the networks in the box: ``python -m engine.training NAME --data FOLDER``.

``recipes`` says what is trained and how, ``data`` reads the pictures, ``augmenting`` varies them, ``loop`` learns,
``adversarial`` attacks while it does, ``measuring`` counts what came of it, and ``outcome`` writes weights and card.
"""
