"""The JSON API, one folder a noun: routes and schemas, nothing else."""
