"""How fast and how lean it is: ``python -m tests.benchmarks`` lists what can be measured.

Benchmarks are no tests: they need a quiet machine, and compare within one run only.
"""
