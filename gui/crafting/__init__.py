"""The window in which perturbations, patches and fooling images are crafted, while the bench stays alive."""
