"""How a network's answer holds against perturbations of every size."""
