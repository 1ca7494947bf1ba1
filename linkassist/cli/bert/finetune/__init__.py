"""The commands of `linkassist bert finetune`: a module a command."""
