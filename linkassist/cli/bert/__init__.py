"""The commands of `linkassist bert`: a module a command."""
