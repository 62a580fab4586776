"""The Asana connector: tasks, sub-tasks, stories and references of one workspace."""
