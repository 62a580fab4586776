"""What each command of the terminal does; `service.cli` only parses words and turns errors into exit codes."""
