"""Floor 0: settings from the environment and declarations from YAML; imports nothing of ours."""
