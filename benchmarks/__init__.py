"""Every published figure: README.md says which module makes which."""
