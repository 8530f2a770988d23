"""The Devo sandbox: answers Devo's Query API and ML Model Manager locally, and refuses the rest."""
