"""Speed and memory of ServLoop beside the plain formulation of the same question, in the same run."""
