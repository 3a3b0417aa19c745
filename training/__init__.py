"""How the shipped model is made: README.md says in which order the modules are called."""
